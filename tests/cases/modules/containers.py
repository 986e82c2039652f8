"""Containers, Identity, Lambda, Unflatten."""

from __future__ import annotations

from typing import Any

import numpy as np

import nn
from nn import functional as F
from tests.cases.modules.case import ModuleCase, away_from_zero


class ModuleList(nn.ModuleList):
    """A list of modules whose results are added up."""

    def forward(self, x: Any) -> Any:  # type: ignore[override]
        return sum((module(x) for module in self), 0.0)


class ModuleDict(nn.ModuleDict):
    """A dict of modules that calls the one named "second" on the result of "first"."""

    def forward(self, x: Any) -> Any:  # type: ignore[override]
        return self["second"](self["first"](x))


def chain(x: Any, weights: Any) -> Any:
    for weight in weights:
        x = x @ weight
    return x


def affine(x: Any, weights: Any) -> Any:
    return x * weights["scale"] + weights["shift"]


class ParameterList(nn.ParameterList):
    """Weights applied one after the other."""

    def forward(self, x: Any) -> Any:  # type: ignore[override]
        return chain(F.cast_to(x, self[0], "ParameterList"), self)


class ParameterDict(nn.ParameterDict):
    """An affine function."""

    def forward(self, x: Any) -> Any:  # type: ignore[override]
        return affine(F.cast_to(x, self["scale"], "ParameterDict"), self)


def torch_parameters(base: Any, values: Any, function: Any) -> Any:
    class Peer(base):  # type: ignore[misc]
        def __call__(self, x: Any) -> Any:
            return function(x, self)

    return Peer(values)


def linear(in_features: int, out_features: int, rng: np.random.Generator) -> nn.Linear:
    return nn.Linear(in_features, out_features, dtype=np.float64, rng=rng)


def torch_list(torch: Any) -> Any:
    class Peer(torch.nn.ModuleList):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return sum(module(x) for module in self)

    return Peer([torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)])


def torch_dict(torch: Any) -> Any:
    class Peer(torch.nn.ModuleDict):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return self["second"](self["first"](x))

    return Peer({"first": torch.nn.Linear(3, 4), "second": torch.nn.Linear(4, 2)})


def named(rng: np.random.Generator) -> nn.Sequential:
    return nn.Sequential({"hidden": linear(3, 4, rng), "act": nn.Tanh(), "out": nn.Sequential(linear(4, 2, rng))})


def torch_named(torch: Any) -> Any:
    return torch.nn.Sequential(
        torch.nn.modules.container.OrderedDict(
            hidden=torch.nn.Linear(3, 4), act=torch.nn.Tanh(), out=torch.nn.Sequential(torch.nn.Linear(4, 2))
        )
    )


MODULES = [
    ModuleCase(nn.Sequential, named, away_from_zero(4, 3), torch_named, label="named, nested"),
    ModuleCase(nn.ModuleList, lambda rng: ModuleList([linear(3, 2, rng), linear(3, 2, rng)]), away_from_zero(4, 3),
               torch_list),
    ModuleCase(
        nn.ModuleDict, lambda rng: ModuleDict({"first": linear(3, 4, rng), "second": linear(4, 2, rng)}),
        away_from_zero(4, 3), torch_dict
    ),
    ModuleCase(
        nn.ParameterList, lambda rng: ParameterList([rng.normal(size=(3, 4)), rng.normal(size=(4, 2))]),
        away_from_zero(4, 3),
        lambda torch: torch_parameters(torch.nn.ParameterList, [torch.ones(3, 4), torch.ones(4, 2)], chain),
    ),
    ModuleCase(
        nn.ParameterDict, lambda rng: ParameterDict({"shift": rng.normal(size=3), "scale": rng.normal(size=3)}),
        away_from_zero(4, 3), lambda torch: torch_parameters(
            torch.nn.ParameterDict, {"scale": torch.ones(3), "shift": torch.ones(3)}, affine
        ),
    ),
    ModuleCase(nn.Identity, lambda rng: nn.Identity(54, eps=0.1), away_from_zero(4, 3),
               lambda torch: torch.nn.Identity(54, eps=0.1)),
    ModuleCase(nn.Lambda, lambda rng: nn.Lambda(np.sin), away_from_zero(4, 3)),
    *[
        ModuleCase(
            nn.Unflatten, lambda rng, dim=dim, size=size: nn.Unflatten(dim, size), away_from_zero(2, 6, 2),
            lambda torch, dim=dim, size=size: torch.nn.Unflatten(dim, size), label=f"{dim} {size}",
        )
        for dim, size in [(1, (2, 3)), (1, (3, -1)), (-1, (2, 1)), (0, (2,))]
    ],
    ModuleCase(nn.Flatten, lambda rng: nn.Flatten(0, -1), away_from_zero(2, 3), lambda torch: torch.nn.Flatten(0, -1),
               label="all"),
]  # fmt: skip
