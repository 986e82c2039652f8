"""autograd.scipy: functions of matrices, equations, factorisations, convolutions, distributions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from autograd.scipy import linalg, signal, special, stats
from tests.cases.case import Case, constant, normal, uniform

Inputs = Callable[[np.random.Generator], tuple[np.ndarray, ...]]


def positive(n: int, *shapes: tuple[int, ...]) -> Inputs:
    """A matrix with eigenvalues well above 0, and other inputs."""

    def draw(rng: np.random.Generator) -> tuple[np.ndarray, ...]:
        a = rng.normal(size=(n, n))
        return (a @ a.T + n * np.eye(n) + 0.1 * rng.normal(size=(n, n)), *(rng.normal(size=s) for s in shapes))

    return draw


def lu_unpivoted(torch: Any, a: Any) -> Any:
    return torch.linalg.lu(a)[1:]


def with_diagonal(ab: Any, row: int) -> Any:
    """Bands with a large diagonal, which is in this row."""
    return ab + constant(9.0 * (np.arange(ab.shape[0])[:, None] == row))


def of_matrix(name: str, function: Any, inputs: Inputs, torch: Any = None, **options: Any) -> Case:
    return Case(f"linalg.{name}", function, inputs, torch, float32=False, **options)


LINALG = [
    of_matrix("expm", linalg.expm, normal((3, 3)), lambda torch, a: torch.linalg.matrix_exp(a)),
    of_matrix("expm of several", linalg.expm, normal((2, 3, 3)), lambda torch, a: torch.linalg.matrix_exp(a)),
    of_matrix("logm", linalg.logm, positive(3)),
    of_matrix("sqrtm", linalg.sqrtm, positive(3)),
    of_matrix("solve_sylvester", linalg.solve_sylvester,
              lambda rng: (rng.normal(size=(3, 3)) + 3 * np.eye(3), rng.normal(size=(2, 2)) + 3 * np.eye(2),
                           rng.normal(size=(3, 2)))),
    *[of_matrix(f"solve_triangular {trans} {lower} {unit} {shape}",
                lambda a, b, trans=trans, lower=lower, unit=unit: linalg.solve_triangular(a, b, trans, lower, unit),
                positive(3, shape))
      for trans, lower, unit, shape in ((0, False, False, (3,)), (1, True, False, (3, 2)), ("T", False, True, (3, 2)),
                                        ("N", True, True, (3,)))],
    of_matrix("solve_triangular against PyTorch", lambda a, b: linalg.solve_triangular(a, b, lower=True),
              positive(3, (3, 2)), lambda torch, a, b: torch.linalg.solve_triangular(a, b, upper=False)),
    of_matrix("solve_banded (1, 2)", lambda ab, b: linalg.solve_banded((1, 2), with_diagonal(ab, 2), b),
              normal((4, 6), (6,))),
    of_matrix("solve_banded (2, 0) of two", lambda ab, b: linalg.solve_banded((2, 0), with_diagonal(ab, 0), b),
              normal((3, 5), (5, 2))),
    of_matrix("cho_solve upper", lambda a, b: linalg.cho_solve(linalg.cho_factor(a + a.T), b), positive(3, (3,))),
    of_matrix("cho_solve lower", lambda a, b: linalg.cho_solve(linalg.cho_factor(a + a.T, lower=True), b),
              positive(3, (3, 2))),
    *[of_matrix(f"lu {shape}", lambda a: linalg.lu(a)[1:], normal(shape), lu_unpivoted)
      for shape in ((4, 4), (5, 3), (3, 5))],
    of_matrix("lu permute_l", lambda a: linalg.lu(a, permute_l=True), normal((3, 3))),
    of_matrix("polar", linalg.polar, normal((3, 3))),
    of_matrix("polar tall", linalg.polar, normal((4, 2))),
    of_matrix("polar left", lambda a: linalg.polar(a, side="left"), normal((2, 4))),
    of_matrix("polar with equal singular values", linalg.polar,
              lambda rng: (2 * np.linalg.qr(rng.normal(size=(3, 3)))[0],), tolerance=1e-5),
    of_matrix("toeplitz", linalg.toeplitz, normal((4,), (3,))),
    of_matrix("toeplitz symmetric", lambda c: linalg.toeplitz(c), normal((4,))),
    of_matrix("block_diag", linalg.block_diag, normal((2, 3), (1, 2), (2,)),
              lambda torch, *blocks: torch.block_diag(*blocks)),
]  # fmt: skip

SIGNAL = [
    *[Case(f"signal.{name} {mode} {a} {b}", lambda a, b, name=name, mode=mode: getattr(signal, name)(a, b, mode=mode),
           normal(a, b), float32=False)
      for name in ("convolve", "correlate", "fftconvolve")
      for mode in ("full", "valid")
      for a, b in (((6,), (3,)), ((4, 5), (2, 3)))],
    Case("signal.fftconvolve same along an axis", lambda a, b: signal.fftconvolve(a, b, "same", axes=1),
         normal((3, 6), (1, 4)), float32=False),
    *[Case(f"signal.convolve2d {boundary} {mode}",
           lambda a, b, boundary=boundary, mode=mode: signal.convolve2d(a, b, mode, boundary),
           normal((4, 5), (2, 3)), float32=False)
      for boundary in ("fill", "wrap", "symm") for mode in ("full", "same", "valid")],
    Case("signal.convolve2d against PyTorch", lambda a, b: signal.convolve2d(a, b, "valid"), normal((5, 6), (2, 3)),
         lambda T, a, b: T.nn.functional.conv2d(a[None, None], b.flip(0, 1)[None, None])[0, 0], float32=False),
    Case("signal.convolve along axes", lambda a, b: signal.convolve(a, b, axes=([1], [2]), dot_axes=([0], [0])),
         normal((3, 5), (3, 4, 2)), float32=False),
]  # fmt: skip

SPECIAL = [
    Case("special.logsumexp", special.logsumexp, normal((3, 4)), lambda torch, x: torch.logsumexp(x, (0, 1))),
    Case("special.logsumexp b", lambda a, b: special.logsumexp(a, axis=1, b=b, return_sign=True)[0],
         normal((3, 4), (3, 4))),
    Case("special.softmax", lambda x: special.softmax(x, axis=1), normal((3, 4)), lambda torch, x: x.softmax(1)),
    Case("special.log_softmax", lambda x: special.log_softmax(x, axis=0), normal((3, 4)),
         lambda torch, x: x.log_softmax(0)),
    Case("special.polygamma", lambda x: special.polygamma(np.array([0, 1, 2, 5]), x), uniform(0.5, 4, (3, 4)),
         float32=False),
    Case("special.polygamma against PyTorch", lambda x: special.polygamma(2, x), uniform(0.5, 4, (3, 4)),
         lambda torch, x: torch.special.polygamma(2, x), float32=False),
    Case("special.multigammaln", lambda a: special.multigammaln(a, 3), uniform(1.5, 4, (3, 4)),
         lambda torch, a: torch.special.multigammaln(a, 3), float32=False),
]  # fmt: skip

# distribution: where x lies, the shapes, by which shapes all functions are differentiable, those besides by which the
# density is; PyTorch's distribution of (shapes, loc, scale)
CONTINUOUS: dict[str, tuple[tuple[float, float], tuple[float, ...], bool, Any]] = {
    "norm": ((-2, 2), (), True, lambda D, loc, scale: D.Normal(loc, scale)),
    "t": ((-2, 2), (2.5,), False, lambda D, df, loc, scale: D.StudentT(df, loc, scale)),
    "chi2": ((1.5, 6), (3.0,), False, None),
    "gamma": ((1.5, 6), (2.3,), False, None),
    "beta": ((1.05, 1.45), (2.3, 1.4), False, None),
    "expon": ((1.5, 6), (), True, None),
    "laplace": ((1.2, 3), (), True, lambda D, loc, scale: D.Laplace(loc, scale)),
    "logistic": ((-2, 2), (), True, None),
    "cauchy": ((-2, 2), (), True, lambda D, loc, scale: D.Cauchy(loc, scale)),
    "uniform": ((1.05, 1.45), (), True, None),
}
DISCRETE: dict[str, tuple[float, ...]] = {"poisson": (2.5,), "bernoulli": (0.3,), "binom": (0.6,)}
COUNTS = {"poisson": np.array([0, 1, 5]), "bernoulli": np.array([0, 1, 1]), "binom": np.array([0, 3, 7])}
METHODS = ("pdf", "logpdf", "cdf", "logcdf", "sf", "logsf")


def density(name: str, method: str) -> Case:
    """A row of pdf or logpdf, by x, shapes, loc and scale."""
    (low, high), shapes, _, torchs = CONTINUOUS[name]
    function = getattr(getattr(stats, name), method)
    torch = None
    if torchs is not None and method == "logpdf":

        def torch(T: Any, x: Any, *args: Any) -> Any:
            return torchs(T.distributions, *args).log_prob(x)

    return Case(f"stats.{name}.{method}", function,
                lambda rng: (rng.uniform(low, high, (2, 3)), *map(np.array, shapes), np.array(0.95), np.array(0.7)),
                torch, float32=False)  # fmt: skip


def tail(name: str, method: str) -> Case:
    """A row of a distribution function, by x, loc and scale."""
    (low, high), shapes, _, _ = CONTINUOUS[name]
    function = getattr(getattr(stats, name), method)
    return Case(f"stats.{name}.{method}", lambda x, loc, scale: function(x, *shapes, loc=loc, scale=scale),
                lambda rng: (rng.uniform(low, high, (2, 3)), np.array(0.95), np.array(0.7)), float32=False)  # fmt: skip


def mass(name: str, method: str) -> Case:
    """A row of a discrete distribution, by its probability or mean."""
    function = getattr(getattr(stats, name), method)
    given = (8,) if name == "binom" else ()
    return Case(f"stats.{name}.{method}", lambda p: function(constant(COUNTS[name]), *given, p),
                lambda rng: tuple(map(np.array, DISCRETE[name])), float32=False)  # fmt: skip


STATS = [
    *[density(name, method) for name in CONTINUOUS for method in METHODS[:2]],
    *[tail(name, method) for name in CONTINUOUS for method in METHODS[2:]],
    *[mass(name, method) for name in DISCRETE for method in ("pmf", "logpmf", *METHODS[2:])
      if not (name == "bernoulli" and method in ("logcdf", "logsf"))],
    Case("stats.dirichlet.logpdf", lambda alpha: stats.dirichlet.logpdf(constant(np.array([0.2, 0.5, 0.3])), alpha),
         uniform(0.5, 3, (3,)), lambda T, alpha: T.distributions.Dirichlet(alpha).log_prob(
             T.tensor([0.2, 0.5, 0.3], dtype=alpha.dtype)), float32=False),
    Case("stats.dirichlet.pdf", lambda x, alpha: stats.dirichlet.pdf(x[:2], alpha),
         lambda rng: (rng.dirichlet(np.ones(3)), rng.uniform(0.5, 3, 3)), float32=False),
    Case("stats.multivariate_normal.logpdf", lambda x, mean, c: stats.multivariate_normal.logpdf(x, mean, c + c.T),
         lambda rng: (rng.normal(size=(4, 2)), rng.normal(size=2), np.array([[1.0, 0.3], [0.2, 0.8]])),
         lambda T, x, mean, c: T.distributions.MultivariateNormal(mean, c + c.T).log_prob(x), float32=False),
    Case("stats.multivariate_normal.pdf", stats.multivariate_normal.pdf, normal((3,), (3,)), float32=False),
    Case("stats.multivariate_normal.entropy", lambda c: stats.multivariate_normal.entropy(None, c + c.T),
         lambda rng: (np.array([[1.0, 0.3], [0.2, 0.8]]),), float32=False),
]  # fmt: skip

SCIPYS = ("linalg.expm", "linalg.logm", "linalg.sqrtm", "linalg.lu", "linalg.polar")


def on_ndarrays(case: Case) -> Case:
    """The rows whose forward is SciPy's alone run on ndarrays only."""
    reason = "the forward is SciPy's algorithm, which takes ndarrays"
    return replace(case, strict=reason) if case.name.startswith(SCIPYS) else case


CASES = [*map(on_ndarrays, LINALG), *SIGNAL, *SPECIAL, *STATS]
