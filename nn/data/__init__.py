"""Data sets and mini-batches, as in torch.utils.data; like PyTorch, nn has no `nn.DataLoader`."""

from nn.data.datasets import Dataset, Subset, TensorDataset, random_split
from nn.data.loader import DataLoader, minibatches
from nn.pytorch_names import instead

__all__ = ["minibatches", "DataLoader", "Dataset", "TensorDataset", "Subset", "random_split"]

__getattr__ = instead("nn.data")
