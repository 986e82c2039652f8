"""What to write for names of torch.nn, torch.nn.utils and torch.utils.data that are not here."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

_LAZY = "the layer itself, with its number of inputs; a model's shapes are in nn.summary(model, input_shape)"
_SAMPLER = "nn.data.minibatches, or index the arrays by an order of your own: x[order]"

# package -> PyTorch's name -> what to write
INSTEAD: dict[str, dict[str, str]] = {
    "nn": {
        "DataParallel": "nn.parallel.DataParallel, one process a part (docs/parallel.md)",
        "AdaptiveLogSoftmaxWithLoss": "nn.CrossEntropyLoss() over all classes",
        "UpsamplingNearest2d": "nn.Upsample(scale_factor=…, mode='nearest')",
        "UpsamplingBilinear2d": "nn.Upsample(scale_factor=…, mode='bilinear', align_corners=True)",
        "Container": "nn.Module",
        "NLLLoss2d": "nn.NLLLoss()",
        "RNNBase": "nn.RNN, nn.LSTM or nn.GRU",
        "RNNCellBase": "nn.RNNCell, nn.LSTMCell or nn.GRUCell",
        "DataLoader": "nn.data.DataLoader(data, batch_size=…)",
    },
    "nn.functional": {
        "gumbel_softmax": "F.softmax((logits + rng.gumbel(size=logits.shape)) / tau, dim)",
        "upsample": "F.interpolate(input, size, scale_factor, mode)",
        "upsample_nearest": "F.interpolate(input, scale_factor=…, mode='nearest')",
        "upsample_bilinear": "F.interpolate(input, scale_factor=…, mode='bilinear', align_corners=True)",
        "pdist": "F.pairwise_distance(x[i], x[j]) with i, j = np.triu_indices(len(x), 1)",
        **{f"{name}_": f"x = F.{name}(x)" for name in (
            "relu", "elu", "celu", "selu", "leaky_relu", "hardtanh", "threshold", "rrelu",
        )},
    },
    "nn.init": {
        name: f"nn.init.{name}_(tensor)"
        for name in ("uniform", "normal", "constant", "eye", "dirac", "xavier_uniform", "xavier_normal",
                     "kaiming_uniform", "kaiming_normal", "orthogonal", "sparse")
    },
    "nn.utils": {
        "weight_norm": "nn.utils.parametrizations.weight_norm(module)",
        "spectral_norm": "nn.utils.parametrizations.spectral_norm(module)",
        "remove_weight_norm": "nn.utils.parametrize.remove_parametrizations(module, 'weight')",
        "remove_spectral_norm": "nn.utils.parametrize.remove_parametrizations(module, 'weight')",
        "clip_grad_norm": "nn.utils.clip_grad_norm_(parameters, max_norm)",
        "stateless": "nn.functional_call(model, params, x)",
        "skip_init": "the layer itself: model = nn.Linear(…)",
    },
    "nn.data": {
        "WeightedRandomSampler": "x[rng.choice(len(x), n, p=weights)], or DataLoader(…, balanced=True)",
        "RandomSampler": "DataLoader(data, shuffle=True)",
        "SequentialSampler": "DataLoader(data), which goes through the data in order",
        "SubsetRandomSampler": "DataLoader(nn.data.Subset(data, indices), shuffle=True)",
        "BatchSampler": _SAMPLER,
        "Sampler": _SAMPLER,
        "ConcatDataset": "nn.data.TensorDataset(np.concatenate([x, x2]), …), or a Dataset of your own",
        "ChainDataset": "itertools.chain(batches, more)",
        "IterableDataset": "any iterable of batches: nn.fit and a loop take it as it is",
        "StackDataset": "nn.data.TensorDataset(x, y)",
        "DistributedSampler": "DataLoader(…, comm=nn.parallel.world()) (docs/parallel.md)",
        "default_collate": "np.stack(items)",
        "get_worker_info": "nothing: batches are made in this process",
    },
}  # fmt: skip
INSTEAD["nn"] |= {f"Lazy{name}": _LAZY for name in (
    "Linear", "Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d",
    "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d",
)}  # fmt: skip


def instead(package: str) -> Callable[[str], NoReturn]:
    """The __getattr__ of a package: a name that it has not is an AttributeError that says what to write."""
    known = INSTEAD[package]

    def absent(name: str) -> NoReturn:
        text = f": write {known[name]}." if name in known else ""
        raise AttributeError(f"module {package!r} has no attribute {name!r}{text}")

    return absent
