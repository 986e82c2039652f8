"""Activations, as layers; ReLU, Sigmoid and Tanh are in basic.py."""

from __future__ import annotations

import numpy as np

import nn
from tests.cases.activation import off_the_kinks
from tests.cases.modules.case import ModuleCase


def plain(name: str, *options: float, **keywords: str) -> ModuleCase:
    """A row for a module without parameters that has PyTorch's name and options."""
    return ModuleCase(
        getattr(nn, name), lambda rng: getattr(nn, name)(*options, **keywords), off_the_kinks(4, 3),
        lambda torch: getattr(torch.nn, name)(*options, **keywords),
        label=" ".join(map(str, [*options, *keywords.values()])),
    )  # fmt: skip


def prelu(rng: np.random.Generator, num_parameters: int) -> nn.PReLU:
    """With slopes below 0 and above 1 among them, and not all the same."""
    layer = nn.PReLU(num_parameters, dtype=np.float64)
    nn.init.uniform_(layer.weight, -0.5, 1.5, rng=rng)
    return layer


def over_axis(name: str, dim: int) -> ModuleCase:
    return ModuleCase(
        getattr(nn, name), lambda rng: getattr(nn, name)(dim), off_the_kinks(2, 4, 2),
        lambda torch: getattr(torch.nn, name)(dim),
        label=f"dim={dim}",
    )  # fmt: skip


MODULES = [
    ModuleCase(nn.Step, lambda rng: nn.Step(), off_the_kinks(4, 3), order=1),
    *[plain(name) for name in ("LeakyReLU", "ReLU6", "Hardtanh", "Hardswish", "Softshrink", "Hardshrink")],
    # PyTorch's gradient has a 1/6 of single precision; as a function the two are compared to six digits
    ModuleCase(nn.Hardsigmoid, lambda rng: nn.Hardsigmoid(), off_the_kinks(4, 3)),
    plain("LeakyReLU", 0.3),
    plain("Hardtanh", -2.0, 0.5),
    plain("Threshold", 0.5, 20.0),
    plain("Softshrink", 1.5),
    plain("Hardshrink", 1.5),
    ModuleCase(nn.PReLU, lambda rng: prelu(rng, 1), off_the_kinks(4, 3), lambda torch: torch.nn.PReLU()),
    ModuleCase(
        nn.PReLU, lambda rng: prelu(rng, 3), off_the_kinks(4, 3), lambda torch: torch.nn.PReLU(3), label="by feature",
    ),
    ModuleCase(
        nn.PReLU, lambda rng: prelu(rng, 3), off_the_kinks(2, 3, 2, 2), lambda torch: torch.nn.PReLU(3),
        label="by channel",
    ),
    ModuleCase(nn.RReLU, lambda rng: nn.RReLU(rng=rng), off_the_kinks(4, 3), order=0, label="in training"),
    ModuleCase(
        nn.RReLU, lambda rng: nn.RReLU().eval(), off_the_kinks(4, 3), lambda torch: torch.nn.RReLU(), label="in use",
    ),
    ModuleCase(
        nn.RReLU, lambda rng: nn.RReLU(0.1, 0.2).eval(), off_the_kinks(4, 3), lambda torch: torch.nn.RReLU(0.1, 0.2),
        "0.1 0.2",
    ),
    *[
        plain(name)
        for name in (
            "LogSigmoid", "Tanhshrink", "Softsign", "Softplus", "ELU", "CELU", "SELU", "GELU", "SiLU", "Mish",
        )
    ],
    plain("Softplus", 2.0, 3.0),
    plain("ELU", 0.5),
    plain("CELU", 2.0),
    plain("GELU", approximate="tanh"),
    *[over_axis(name, dim) for name in ("Softmax", "LogSoftmax", "Softmin", "GLU") for dim in (-1, 1)],
    ModuleCase(
        nn.Softmax, lambda rng: nn.Softmax(), off_the_kinks(4, 3), lambda torch: torch.nn.Softmax(1),
        label="of a matrix",
    ),
    ModuleCase(nn.Softmax2d, lambda rng: nn.Softmax2d(), off_the_kinks(2, 3, 2, 2), lambda torch: torch.nn.Softmax2d()),
    ModuleCase(nn.Maxout, lambda rng: nn.Maxout(3), off_the_kinks(4, 6)),
    ModuleCase(nn.Maxout, lambda rng: nn.Maxout(2, dim=1), off_the_kinks(2, 4, 2, 2), label="of channels"),
]  # fmt: skip
