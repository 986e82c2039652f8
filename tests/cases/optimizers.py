"""A row for every optimizer and each of its options: see tests/optim."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import optim


@dataclass(frozen=True)
class OptimizerCase:
    """An optimizer with options.

    peer        whether PyTorch's optimizer of the same name takes these options, too
    tolerance   by how many units in the last place of 1 ten steps may differ; a step that divides by a small number
                makes rounding errors larger
    least       the smallest difference that is always allowed
    shapes      of three parameters that it updates
    """

    cls: type
    options: dict[str, Any] = field(default_factory=dict)
    peer: bool = True
    tolerance: float = 8
    least: float = 0
    shapes: tuple[tuple[int, ...], ...] = ((4, 3), (5,), ())

    @property
    def name(self) -> str:
        return " ".join([self.cls.__name__, *(f"{key}={value}" for key, value in self.options.items())])


def muon(**options: Any) -> OptimizerCase:
    """Matrices with more rows than columns, with fewer, and of one element."""
    return OptimizerCase(optim.Muon, options, tolerance=100, shapes=((4, 3), (2, 5), (1, 1)))


OPTIMIZERS = [
    OptimizerCase(optim.SGD),
    OptimizerCase(optim.SGD, {"momentum": 0.9}),
    OptimizerCase(optim.SGD, {"momentum": 0.9, "dampening": 0.3}),
    OptimizerCase(optim.SGD, {"momentum": 0.9, "nesterov": True}),
    OptimizerCase(optim.SGD, {"weight_decay": 0.1}),
    OptimizerCase(optim.SGD, {"momentum": 0.5, "weight_decay": 0.1, "maximize": True}),
    OptimizerCase(optim.SGD, {"momentum": 0.9, "formulation": "sutskever"}, peer=False),
    OptimizerCase(optim.SGD, {"momentum": 0.9, "nesterov": True, "formulation": "sutskever"}, peer=False),
    OptimizerCase(optim.Adagrad),
    OptimizerCase(optim.Adagrad, {"lr_decay": 0.1, "initial_accumulator_value": 0.5, "eps": 1e-3}),
    OptimizerCase(optim.Adagrad, {"weight_decay": 0.1, "maximize": True}),
    OptimizerCase(optim.RMSprop),
    OptimizerCase(optim.RMSprop, {"alpha": 0.9, "eps": 1e-3}),
    OptimizerCase(optim.RMSprop, {"centered": True}),
    OptimizerCase(optim.RMSprop, {"momentum": 0.8}),
    OptimizerCase(optim.RMSprop, {"centered": True, "momentum": 0.8, "weight_decay": 0.1, "maximize": True}),
    OptimizerCase(optim.Adadelta),
    OptimizerCase(optim.Adadelta, {"rho": 0.8, "eps": 1e-3, "weight_decay": 0.1, "maximize": True}),
    OptimizerCase(optim.Adam),
    OptimizerCase(optim.Adam, {"betas": (0.8, 0.95), "eps": 1e-3}),
    OptimizerCase(optim.Adam, {"amsgrad": True}),
    OptimizerCase(optim.Adam, {"weight_decay": 0.1, "maximize": True}),
    OptimizerCase(optim.Adam, {"weight_decay": 0.3, "decoupled_weight_decay": True}),
    OptimizerCase(optim.Adam, {"bias_correction": False}, peer=False),
    OptimizerCase(optim.AdamW),
    OptimizerCase(optim.AdamW, {"weight_decay": 0.3, "amsgrad": True}),
    OptimizerCase(optim.AdamW, {"weight_decay": 0.3, "maximize": True}),
    OptimizerCase(optim.Adamax),
    OptimizerCase(optim.Adamax, {"betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1, "maximize": True}),
    OptimizerCase(optim.NAdam, least=1e-7),  # PyTorch keeps its mu_product in float32
    OptimizerCase(optim.NAdam, {"momentum_decay": 0.1, "betas": (0.8, 0.95)}, least=1e-7),
    OptimizerCase(optim.NAdam, {"weight_decay": 0.1, "maximize": True}, least=1e-7),
    OptimizerCase(optim.NAdam, {"weight_decay": 0.3, "decoupled_weight_decay": True}, least=1e-7),
    OptimizerCase(optim.RAdam),
    OptimizerCase(optim.RAdam, {"betas": (0.5, 0.95), "weight_decay": 0.1, "maximize": True}),
    OptimizerCase(optim.RAdam, {"betas": (0.9, 0.9), "weight_decay": 0.3, "decoupled_weight_decay": True}),
    OptimizerCase(optim.Lion, peer=False),
    OptimizerCase(optim.Lion, {"weight_decay": 0.3, "maximize": True}, peer=False),
    OptimizerCase(optim.ASGD, least=1e-7),  # PyTorch keeps its eta and mu in float32
    OptimizerCase(optim.ASGD, {"lambd": 0.5, "alpha": 0.9, "t0": 3}, least=1e-7),
    OptimizerCase(optim.ASGD, {"t0": -2, "weight_decay": 0.1, "maximize": True}, least=1e-7),
    OptimizerCase(optim.Rprop),
    OptimizerCase(optim.Rprop, {"etas": (0.3, 1.7), "step_sizes": (1e-3, 0.1)}),
    OptimizerCase(optim.Rprop, {"maximize": True}),
    OptimizerCase(optim.Adafactor),
    OptimizerCase(optim.Adafactor, {"beta2_decay": -0.3, "eps": (0.5, 2.0)}),
    OptimizerCase(optim.Adafactor, {"d": 1.01, "weight_decay": 0.3, "maximize": True}),
    OptimizerCase(optim.Adafactor, {"eps": (1e-3, 1e-3)}, shapes=((2, 4, 3), (1, 5), (2, 1, 2, 3))),
    muon(),
    muon(nesterov=False, momentum=0.5, weight_decay=0.3),
    muon(adjust_lr_fn="match_rms_adamw", ns_steps=2, eps=0.5),
    muon(adjust_lr_fn="original", ns_coefficients=(2.0, -1.5, 0.5), weight_decay=0.0),
    OptimizerCase(optim.LBFGS, {"max_iter": 4}, tolerance=200),
    OptimizerCase(optim.LBFGS, {"max_iter": 4, "history_size": 2, "line_search_fn": "strong_wolfe"}, tolerance=200),
]


@dataclass(frozen=True)
class ConvergenceCase:
    """An optimizer that solves the three problems of tests/optim/test_convergence.py in 300 steps at these rates.

    decay   whether the rate falls to 0; without that, a rule whose steps are as long as the rate, like Lion's,
            gets no nearer than that
    """

    cls: type
    options: dict[str, Any]
    parabola: float
    rosenbrock: float
    logistic: float
    decay: bool = False

    @property
    def name(self) -> str:
        return OptimizerCase(self.cls, self.options).name


CONVERGENCE = [
    ConvergenceCase(optim.SGD, {}, 0.1, 0.001, 10),
    ConvergenceCase(optim.SGD, {"momentum": 0.9}, 0.03, 0.002, 1),
    ConvergenceCase(optim.SGD, {"momentum": 0.9, "nesterov": True}, 0.05, 0.001, 1),
    ConvergenceCase(optim.SGD, {"momentum": 0.9, "formulation": "sutskever"}, 0.03, 0.002, 1),
    ConvergenceCase(optim.Adagrad, {}, 2, 0.2, 5),
    ConvergenceCase(optim.RMSprop, {}, 0.1, 0.02, 0.1),
    ConvergenceCase(optim.RMSprop, {"centered": True, "momentum": 0.5}, 0.05, 0.01, 0.1),
    ConvergenceCase(optim.Adadelta, {}, 10, 0.5, 20),
    ConvergenceCase(optim.Adam, {}, 0.2, 0.3, 0.5),
    ConvergenceCase(optim.Adam, {"amsgrad": True}, 0.2, 0.3, 0.5),
    ConvergenceCase(optim.Adam, {"bias_correction": False}, 0.1, 0.2, 0.5),
    ConvergenceCase(optim.AdamW, {"weight_decay": 1e-4}, 0.5, 0.3, 1),
    ConvergenceCase(optim.Adamax, {}, 0.3, 0.01, 1),
    ConvergenceCase(optim.NAdam, {}, 0.2, 0.05, 0.5),
    ConvergenceCase(optim.RAdam, {}, 0.3, 0.0005, 2),
    ConvergenceCase(optim.Lion, {}, 0.1, 0.03, 0.2, decay=True),
    ConvergenceCase(optim.ASGD, {"lambd": 0}, 0.1, 0.001, 10),
    ConvergenceCase(optim.Rprop, {}, 0.1, 0.01, 0.1),
    ConvergenceCase(optim.Adafactor, {}, 0.1, 0.03, 0.2, decay=True),
    ConvergenceCase(optim.LBFGS, {}, 1, 0.5, 1),
    ConvergenceCase(optim.LBFGS, {"line_search_fn": "strong_wolfe"}, 1, 1, 1),
]
