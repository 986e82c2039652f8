"""PyTorch's first tutorial: a network on pictures, a training loop and a test loop."""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class NeuralNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.flatten = nn.Flatten()
        self.linear_relu_stack = nn.Sequential(
            nn.Linear(8 * 8, 32),
            nn.ReLU(),
            nn.Linear(32, 32),
            nn.ReLU(),
            nn.Linear(32, 4),
        )

    def forward(self, x):
        x = self.flatten(x)
        logits = self.linear_relu_stack(x)
        return logits


def pictures(rng, n):
    labels = rng.integers(0, 4, n)
    images = rng.normal(size=(n, 1, 8, 8)) + labels[:, None, None, None]
    return TensorDataset(torch.tensor(images, dtype=torch.float32), torch.tensor(labels))


def train(dataloader, model, loss_fn, optimizer):
    model.train()
    losses = []
    for batch, (X, y) in enumerate(dataloader):
        pred = model(X)
        loss = loss_fn(pred, y)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses


def test(dataloader, model, loss_fn):
    model.eval()
    test_loss, correct = 0, 0
    with torch.no_grad():
        for X, y in dataloader:
            pred = model(X)
            test_loss += loss_fn(pred, y).item()
            correct += (pred.argmax(1) == y).sum().item()
    return test_loss / len(dataloader), correct / len(dataloader.dataset)


def main(prepare=print):
    rng = np.random.default_rng(0)
    train_dataloader = DataLoader(pictures(rng, 128), batch_size=16)
    test_dataloader = DataLoader(pictures(rng, 64), batch_size=16)
    model = NeuralNetwork()
    prepare(model)
    loss_fn = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-2, momentum=0.9)
    losses = []
    for epoch in range(3):
        losses += train(train_dataloader, model, loss_fn, optimizer)
        losses += test(test_dataloader, model, loss_fn)
    return losses


if __name__ == "__main__":
    print(main())
