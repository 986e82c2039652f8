"""scipy.fft: Fourier transforms, and the cosine and sine transforms of every type; the rest is scipy.fft's own.

The matrix of a cosine or sine transform without a norm is symmetric (types 1 and 4, up to the ends) or the transpose of
another type's (2 and 3), up to the ends, whose factors are written out. Norms and orthogonalization are factors
besides. SciPy's own functions take no notice of `orthogonalize` for complex numbers; these do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.fft as sp

from autograd.engine.kinds import like
from autograd.engine.recording import raw
from autograd.engine.registry import define
from autograd.errors import ArgumentError
from autograd.ops.arguments import as_operand
from autograd.ops.fft import fitted
from autograd.shapes import conj, normalize_axes

__all__ = [
    "dct", "dctn", "dst", "dstn", "fft", "fft2", "fftn", "fftshift", "hfft", "hfft2", "hfftn", "idct", "idctn", "idst",
    "idstn", "ifft", "ifft2", "ifftn", "ifftshift", "ihfft", "ihfft2", "ihfftn", "irfft", "irfft2", "irfftn", "rfft",
    "rfft2", "rfftn",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    return getattr(sp, name)


_LEFT = "x is kept also if overwrite_x permits otherwise, and workers is one."


def _refuse_plan(name: str, plan: Any) -> None:
    if plan is not None:
        raise ArgumentError(f"{name}: no library of SciPy's makes a plan; got plan={plan!r}. Leave it out.")


def _of_numpy(name: str, several: bool = False) -> Callable[..., Any]:
    """NumPy's transform with SciPy's arguments."""
    numpys = getattr(np.fft, name)
    default = (-2, -1) if name.endswith("2") else None

    def one(
        x: Any, n: Any = None, axis: int = -1, norm: Any = None, overwrite_x: bool = False, workers: Any = None, *,
        plan: None = None,
    ) -> Any:  # fmt: skip
        _refuse_plan(name, plan)
        return numpys(as_operand(x), n, axis, norm)

    def many(
        x: Any, s: Any = None, axes: Any = default, norm: Any = None, overwrite_x: bool = False, workers: Any = None,
        *, plan: None = None,
    ) -> Any:  # fmt: skip
        _refuse_plan(name, plan)
        return numpys(as_operand(x), s, axes, norm)

    function = many if several else one
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"np.fft.{name}, with SciPy's arguments; {_LEFT}"
    return function


fft, ifft, rfft, irfft, hfft, ihfft = [_of_numpy(n) for n in ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")]
fft2, ifft2, rfft2, irfft2 = [_of_numpy(name, True) for name in ("fft2", "ifft2", "rfft2", "irfft2")]
fftn, ifftn, rfftn, irfftn = [_of_numpy(name, True) for name in ("fftn", "ifftn", "rfftn", "irfftn")]
_OPPOSITE = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}


def _opposite(name: str, norm: Any) -> Any:
    if norm not in _OPPOSITE:
        raise ArgumentError(f"{name}: norm is None, 'backward', 'ortho' or 'forward'; got {norm!r}.")
    return _OPPOSITE[norm]


def _hermitian(name: str) -> Callable[..., Any]:
    """Transforms over several axes of signals, or to spectra, whose negative half are the conjugates of the other."""
    default = (-2, -1) if name.endswith("2") else None

    def many(
        x: Any, s: Any = None, axes: Any = default, norm: Any = None, overwrite_x: bool = False, workers: Any = None,
        *, plan: None = None,
    ) -> Any:  # fmt: skip
        _refuse_plan(name, plan)
        x, other = as_operand(x), _opposite(name, norm)
        return conj(np.fft.rfftn(x, s, axes, other)) if name[0] == "i" else np.fft.irfftn(conj(x), s, axes, other)

    many.__name__ = many.__qualname__ = name
    many.__doc__ = f"scipy.fft.{name}; {_LEFT}"
    return many


hfft2, ihfft2, hfftn, ihfftn = [_hermitian(name) for name in ("hfft2", "ihfft2", "hfftn", "ihfftn")]
fftshift, ifftshift = np.fft.fftshift, np.fft.ifftshift

# Cosine and sine transforms along the last axis

Ends = dict[int, float]  # place along the axis -> factor
_INVERSE = {1: 1, 2: 3, 3: 2, 4: 4}


def _scaled(x: Any, ends: Ends) -> Any:
    """x with factors at places of the last axis."""
    if not ends:
        return x
    factors = np.ones(x.shape[-1], np.finfo(x.dtype).dtype)
    for place, factor in ends.items():
        factors[place] = factor
    return x * like(factors, raw(x))


# (name, type) -> (factors of g, the type of the transform, factors of its result)
_TRANSPOSED: dict[tuple[str, int], tuple[Ends, int, Ends]] = {
    ("dct", 1): ({0: 2, -1: 2}, 1, {0: 0.5, -1: 0.5}),
    ("dct", 2): ({0: 2}, 3, {}),
    ("dct", 3): ({}, 2, {0: 0.5}),
    ("dct", 4): ({}, 4, {}),
    ("dst", 1): ({}, 1, {}),
    ("dst", 2): ({-1: 2}, 3, {}),
    ("dst", 3): ({}, 2, {-1: 0.5}),
    ("dst", 4): ({}, 4, {}),
}
# what an orthogonal matrix needs besides the norm: (factors of x, factors of the result)
_ORTHOGONAL: dict[tuple[str, int], tuple[Ends, Ends]] = {
    ("dct", 1): ({0: 2**0.5, -1: 2**0.5}, {0: 0.5**0.5, -1: 0.5**0.5}),
    ("dct", 2): ({}, {0: 0.5**0.5}),
    ("dct", 3): ({0: 2**0.5}, {}),
    ("dst", 2): ({}, {-1: 0.5**0.5}),
    ("dst", 3): ({-1: 2**0.5}, {}),
}


def _transform(x: Any, name: str, type: int) -> Any:
    return getattr(sp, name)(x, type, norm="backward", orthogonalize=False)


def _transposed(g: Any, out: Any, x: Any, name: str, type: int) -> Any:
    before, other, after = _TRANSPOSED[name, type]
    return _scaled(_trigonometric(_scaled(g, before), name=name, type=other), after)


_trigonometric = define(
    _transform,
    _transposed,
    keeps="",
    name="fft.dct",
    jvp="linear",
    batch="free",
    label=lambda name="dct", **_: f"{name}ᵀ(g)",
)


def _transformed(
    name: str, x: Any, type: int, n: int | None, axis: int, norm: Any, orthogonalize: bool | None, inverse: bool
) -> Any:
    x = as_operand(x)
    if type not in _INVERSE:
        raise ArgumentError(f"{name} has the types 1, 2, 3 and 4; got {type!r}.")
    if norm not in (None, "backward", "ortho", "forward"):
        raise ArgumentError(f"{name}: norm is None, 'backward', 'ortho' or 'forward'; got {norm!r}.")
    (place,) = normalize_axes(axis, x.ndim)
    x = x if x.dtype.kind in "fc" else x.astype(float)
    x = np.moveaxis(x, place, -1)
    if n is not None:
        x = fitted(x, (n,), (-1,))
    kind = (name, _INVERSE[type] if inverse else type)
    size = 2 * (x.shape[-1] + {("dct", 1): -1, ("dst", 1): 1}.get(kind, 0))
    orthogonal = norm == "ortho" if orthogonalize is None else orthogonalize
    before, after = _ORTHOGONAL.get(kind, ({}, {})) if orthogonal else ({}, {})
    found = _scaled(_trigonometric(_scaled(x, before), name=name, type=kind[1]), after)
    if norm == "ortho":
        found = found * size**-0.5
    elif inverse != (norm == "forward"):
        found = found / size
    return np.moveaxis(found, -1, place)


def dct(
    x: Any, type: int = 2, n: int | None = None, axis: int = -1, norm: Any = None, overwrite_x: bool = False,
    workers: Any = None, orthogonalize: bool | None = None,
) -> Any:  # fmt: skip
    """The cosine transform of types 1 to 4."""
    return _transformed("dct", x, type, n, axis, norm, orthogonalize, inverse=False)


def idct(
    x: Any, type: int = 2, n: int | None = None, axis: int = -1, norm: Any = None, overwrite_x: bool = False,
    workers: Any = None, orthogonalize: bool | None = None,
) -> Any:  # fmt: skip
    """The inverse of `dct` of the same type."""
    return _transformed("dct", x, type, n, axis, norm, orthogonalize, inverse=True)


def dst(
    x: Any, type: int = 2, n: int | None = None, axis: int = -1, norm: Any = None, overwrite_x: bool = False,
    workers: Any = None, orthogonalize: bool | None = None,
) -> Any:  # fmt: skip
    """The sine transform of types 1 to 4."""
    return _transformed("dst", x, type, n, axis, norm, orthogonalize, inverse=False)


def idst(
    x: Any, type: int = 2, n: int | None = None, axis: int = -1, norm: Any = None, overwrite_x: bool = False,
    workers: Any = None, orthogonalize: bool | None = None,
) -> Any:  # fmt: skip
    """The inverse of `dst` of the same type."""
    return _transformed("dst", x, type, n, axis, norm, orthogonalize, inverse=True)


def _over_axes(name: str) -> Callable[..., Any]:
    """The transform over several axes, one after the other."""
    one, inverse = name.removeprefix("i")[:3], name[0] == "i"

    def many(
        x: Any, type: int = 2, s: Any = None, axes: Any = None, norm: Any = None, overwrite_x: bool = False,
        workers: Any = None, orthogonalize: bool | None = None,
    ) -> Any:  # fmt: skip
        x = as_operand(x)
        lengths = None if s is None else tuple(np.atleast_1d(s).tolist())
        if axes is None:
            axes = range(-x.ndim, 0) if lengths is None else range(-len(lengths), 0)
        places = [axis for i in np.atleast_1d(axes).tolist() for axis in normalize_axes(i, x.ndim)]
        if len(set(places)) < len(places) or lengths is not None and len(lengths) != len(places):
            raise ArgumentError(f"{name} needs different axes, and a length for each; got s={s!r} and axes={axes!r}.")
        for place, n in zip(places, lengths or [-1] * len(places), strict=True):
            x = _transformed(one, x, type, None if n == -1 else n, place, norm, orthogonalize, inverse)
        return x

    many.__name__ = many.__qualname__ = name
    many.__doc__ = f"`{one}` over several axes." if not inverse else f"The inverse of `{one}n` of the same type."
    return many


dctn, idctn, dstn, idstn = [_over_axes(name) for name in ("dctn", "idctn", "dstn", "idstn")]
