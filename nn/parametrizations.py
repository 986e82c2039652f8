"""Parametrizations: a parameter that is computed at every use from others, which are learned in its place.

    weight = f(original0, original1, …)

These are PyTorch's torch.nn.utils.parametrize and .parametrizations, with the same names and state_dict keys: the
module's attribute `weight` is now computed, and the learned parameters are `parametrizations.weight.original` (or
original0, original1, …).
"""

from __future__ import annotations

from typing import Any, NoReturn, TypeVar

import numpy as np

from autograd import Tensor, no_grad
from autograd.engine.kinds import copied
from autograd.engine.recording import raw
from autograd.errors import ArgumentError, DTypeError, InPlaceError, ShapeError
from autograd.ops.norms import norm, vector_norm
from autograd.random import generator
from autograd.tensor.view import View
from nn.core.checks import check_size
from nn.core.module import Module
from nn.core.parameter import Buffer, Parameter

M = TypeVar("M", bound=Module)


class ParametrizationList(Module):
    """The originals of one tensor of a module, and the modules, named 0, 1, …, that compute the tensor from them."""

    def __init__(self, originals: list[Any], several: bool, parametrization: Module) -> None:
        for i, original in enumerate(originals):
            vars(self)[f"original{i}" if several else "original"] = original
        vars(self)["0"] = parametrization

    def forward(self) -> Any:
        first, *others = self.steps()
        x = first(*self.originals())
        for step in others:
            x = step(x)
        return x

    def originals(self) -> list[Any]:
        """The tensors that are learned."""
        return [value for name, value in vars(self).items() if name.startswith("original")]

    def steps(self) -> list[Module]:
        """The modules that are applied, in order."""
        return [value for name, value in vars(self).items() if name.isdecimal()]

    def append(self, parametrization: Module) -> None:
        """Apply another module to the result."""
        vars(self)[str(len(self.steps()))] = parametrization

    def assign(self, value: Any) -> None:
        """Set the originals so that the tensor becomes `value`; an error, and no change, if a step has no inverse."""
        value = Tensor(np.asarray(raw(value)))
        with no_grad():
            for step in reversed(self.steps()):
                if not hasattr(step, "right_inverse"):
                    raise ArgumentError(
                        f"{type(step).__name__} has no right_inverse, so its tensor cannot be assigned to."
                    )
                value = step.right_inverse(value)
            values = [np.asarray(raw(v)) for v in (value if isinstance(value, (tuple, list)) else (value,))]
            for original, new in zip(self.originals(), values, strict=True):
                if original.shape != new.shape:
                    raise ShapeError(
                        "a value of the shape of the parameter is expected; "
                        f"its original {original.shape} would get {new.shape}."
                    )
            for original, new in zip(self.originals(), values, strict=True):
                original[...] = new


def register_parametrization(module: M, tensor_name: str, parametrization: Module) -> M:
    """Compute a parameter or buffer of a module by another module from now on; returns the module.

    Args:      parametrization: a module whose forward maps the original to the tensor. If it has a method
               right_inverse(tensor), that gives the original for the present value (or several originals; forward then
               takes as many). Without one, the present value becomes the original.
    Raises:    ArgumentError if there is no such tensor; ShapeError and DTypeError if the result has another shape or
               dtype than the tensor.
    Example:
        >>> import numpy as np, nn
        >>> class Symmetric(nn.Module):
        ...     def forward(self, w):
        ...         return (w + w.T) / 2
        >>> layer = nn.parametrizations.register_parametrization(nn.Linear(3, 3), "weight", Symmetric())
        >>> bool((layer.weight == layer.weight.T).all()), sorted(layer.state_dict())
        (True, ['bias', 'parametrizations.weight.original'])
    """
    if not isinstance(parametrization, Module):
        raise ArgumentError(f"a parametrization is a module; got {parametrization!r}.")
    if is_parametrized(module, tensor_name):
        present = getattr(module, tensor_name)
        _check_same_form(parametrization(present), present, parametrization)
        vars(module)["parametrizations"][tensor_name].append(parametrization)
        return module
    tensor = vars(module).get(tensor_name)
    if not isinstance(tensor, (Parameter, Buffer)):
        raise ArgumentError(
            f"this {type(module).__name__} has no parameter or buffer of its own named {tensor_name!r}."
        )
    originals, several = _originals(tensor, parametrization)
    made = ParametrizationList(originals, several, parametrization).train(module.training)
    with no_grad():
        _check_same_form(made(), tensor, parametrization)
    vars(module).setdefault("parametrizations", {})[tensor_name] = made
    # The property hides this entry. It keeps the tensor's place among the attributes for remove_parametrizations.
    vars(module)[tensor_name] = None
    base, names = getattr(type(module), "_parametrized_from", (type(module), ()))
    _set_class(module, base, (*names, tensor_name))
    return module


def remove_parametrizations(module: M, tensor_name: str, leave_parametrized: bool = True) -> M:
    """Make a computed tensor an ordinary parameter again; returns the module.

    Args:      leave_parametrized: keep the computed value; else restore the original, if there is only one.
    Example:
        >>> import nn
        >>> layer = nn.weight_norm(nn.Linear(3, 2))
        >>> sorted(nn.parametrizations.remove_parametrizations(layer, "weight").state_dict())
        ['bias', 'weight']
    """
    if not is_parametrized(module, tensor_name):
        raise ArgumentError(f"{tensor_name!r} of this {type(module).__name__} is not parametrized.")
    made = vars(module)["parametrizations"][tensor_name]
    originals = made.originals()
    if len(originals) == 1:
        tensor = originals[0]
        if leave_parametrized:
            with no_grad():
                value = made().numpy().copy()
                tensor[...] = value
    elif leave_parametrized:
        with no_grad():
            value = made().numpy()
        learned = isinstance(originals[0], Parameter)
        tensor = (
            Parameter(value, any(p.requires_grad for p in originals), name=tensor_name) if learned else Buffer(value)
        )
    else:
        raise ArgumentError(
            f"{tensor_name!r} comes from {len(originals)} originals; there is no one of its shape to go back to."
        )
    base, names = type(module)._parametrized_from  # type: ignore[attr-defined]
    rest = tuple(name for name in names if name != tensor_name)
    del vars(module)["parametrizations"][tensor_name]
    if not rest:
        del vars(module)["parametrizations"]
    _set_class(module, base, rest)
    vars(module)[tensor_name] = tensor
    return module


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a tensor of the module, or any, is computed by a parametrization."""
    names = getattr(type(module), "_parametrized_from", (None, ()))[1]
    return tensor_name in names if tensor_name is not None else bool(names)


def original_class(module: Module) -> type[Module]:
    """The class of a module, without what parametrizations have added to it."""
    return getattr(type(module), "_parametrized_from", (type(module),))[0]


def _originals(tensor: Any, parametrization: Any) -> tuple[list[Any], bool]:
    """(the tensors to learn in place of one, whether right_inverse gave a tuple); a single one is the tensor itself."""
    if not hasattr(parametrization, "right_inverse"):
        return [tensor], False
    with no_grad():
        found = parametrization.right_inverse(tensor.detach())
    if isinstance(found, (tuple, list)):
        values = [np.array(raw(v), tensor.dtype) for v in found]
        if isinstance(tensor, Buffer):
            return [Buffer(v, tensor.persistent) for v in values], True
        return [Parameter(v, tensor.requires_grad, name=f"original{i}") for i, v in enumerate(values)], True
    tensor.data = np.array(raw(found), tensor.dtype)
    return [tensor], False


def _check_same_form(made: Any, tensor: Any, parametrization: Module) -> None:
    """Refuse a computed tensor of another shape or dtype."""
    who = type(parametrization).__name__
    if made.shape != tensor.shape:
        raise ShapeError(f"{who} must give a tensor of the parameter's shape {tensor.shape}; it gives {made.shape}.")
    if made.dtype != tensor.dtype:
        raise DTypeError(f"{who} must give a tensor of the parameter's dtype {tensor.dtype}; it gives {made.dtype}.")


def _set_class(module: Any, base: type[Module], names: tuple[str, ...]) -> None:
    """Make the module one of `base` in which the tensors of these names are computed."""
    module.__class__ = _parametrized_class(base, names) if names else base


_classes: dict[tuple[type[Module], tuple[str, ...]], type[Module]] = {}


def _parametrized_class(base: type[Module], names: tuple[str, ...]) -> type[Module]:
    """The subclass of `base` with a property for each parametrized tensor.

    There is one for each combination of class and names, so that a module can be pickled.
    """
    made = _classes.get((base, names))
    if made is None:
        body: dict[str, Any] = {name: _computed_property(name) for name in names}
        body |= {"__module__": base.__module__, "__reduce__": _reduce, "_parametrized_from": (base, names)}
        made = _classes.setdefault((base, names), type(f"Parametrized{base.__name__}", (base,), body))
    return made


class ComputedTensor(Tensor):
    """What a parametrization computes: it is made anew at each use, so a write to it would be lost, and is refused."""

    __slots__ = ()

    def _target(self, what: str, instead: str) -> NoReturn:
        raise InPlaceError(
            f"{what} of shape {self.shape} would be lost: a parametrization computes this tensor anew at each use. "
            "Assign to the attribute, module.weight = value, if the parametrization has right_inverse, or write to "
            "what is learned: module.parametrizations['weight'].original."
        )

    @property
    def data(self) -> Any:
        """The raw array; it is not assigned to."""
        return self._array

    @data.setter
    def data(self, value: Any) -> None:
        self._target("t.data = …", "")


ComputedTensor.__name__ = "Tensor"  # what errors call it


def _computed_property(name: str) -> property:
    def get(self: Any) -> Any:
        made = vars(self)["parametrizations"][name]
        computed = made()
        if type(computed) is Tensor or isinstance(computed, View) and not _among(computed.root, made.originals()):
            computed.__class__ = ComputedTensor
        return computed

    def assign(self: Any, value: Any) -> None:
        vars(self)["parametrizations"][name].assign(value)

    return property(get, assign)


def _among(tensor: Any, originals: list[Any]) -> bool:
    return any(tensor is original for original in originals)


def _reduce(self: Any) -> Any:
    return _rebuild, type(self)._parametrized_from, self.__getstate__()


def _rebuild(base: type[Module], names: tuple[str, ...]) -> Module:
    return object.__new__(_parametrized_class(base, names))


# The two parametrizations of the package


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """Learn the length and the direction of the weights separately; returns the module.

        w = g v / |v|

    Shape:     original0 is g, of size 1 on every axis but dim; original1 is v, of the weight's shape
    Args:      name: of the parameter.
               dim: the axis along which each slice has its own length (0: every output unit); None: one for all.
    Source:    Salimans & Kingma 2016, arXiv:1602.07868, eq. 2.
    Example:
        >>> import nn
        >>> layer = nn.weight_norm(nn.Linear(3, 2))
        >>> {name: p.shape for name, p in layer.named_parameters()}
        {'bias': (2,), 'parametrizations.weight.original0': (2, 1), 'parametrizations.weight.original1': (2, 3)}
    """
    return register_parametrization(module, name, WeightNorm(dim))


def spectral_norm(
    module: M,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
    *,
    rng: np.random.Generator | None = None,
) -> M:
    """Divide the weight by its largest singular value, so that the layer lengthens no vector; returns the module.

        w = W / σ,     σ = uᵀ W v

    Shape:     original is W; the buffers _u and _v approximate its first singular vectors
    Args:      n_power_iterations: steps u ← W v / |W v|, v ← Wᵀ u / |Wᵀ u| at every use in training mode; the
               constructor does 15.
               eps: the smallest length that is divided by.
               dim: the axis of the outputs, the others are joined: 0, and 1 for transposed convolutions.
               rng: the generator of the first u and v.
    Gradient:  u and v are treated as constants.
    Source:    Miyato et al. 2018, arXiv:1802.05957, Algorithm 1.
    Example:
        >>> import numpy as np, nn
        >>> layer = nn.spectral_norm(nn.Linear(3, 3), n_power_iterations=50)
        >>> round(float(np.linalg.norm(layer.weight.numpy(), 2)), 4)
        1.0
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ArgumentError(f"this {type(module).__name__} has no parameter or buffer named {name!r}.")
    if dim is None:
        dim = 1 if "ConvTranspose" in type(module).__name__ else 0
    return register_parametrization(module, name, SpectralNorm(weight, n_power_iterations, dim, eps, rng=rng))


class WeightNorm(Module):
    """w = g v / |v|: see `weight_norm`."""

    def __init__(self, dim: int | None = 0) -> None:
        if dim is not None and (isinstance(dim, bool) or not isinstance(dim, (int, np.integer)) or dim < 0):
            raise ArgumentError(f"dim must be an axis number of 0 or more, or None for one length of all; got {dim!r}.")
        self.dim = dim

    def forward(self, g: Any, v: Any) -> Any:
        return v * (g / self._length(v))

    def right_inverse(self, weight: Any) -> tuple[Any, Any]:
        """(g, v) of a weight."""
        if self.dim is not None and self.dim >= weight.ndim:
            raise ArgumentError(f"dim must be an axis of the weight {weight.shape}; got {self.dim}.")
        return self._length(weight), weight

    def _length(self, v: Any) -> Any:
        if self.dim is None:
            return vector_norm(v)
        axes = tuple(i for i in range(v.ndim) if i != self.dim)
        return vector_norm(v, axis=axes, keepdims=True) if axes else np.abs(v)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class SpectralNorm(Module):
    """w = W / σ: see `spectral_norm`."""

    def __init__(
        self,
        weight: Any,
        n_power_iterations: int = 1,
        dim: int = 0,
        eps: float = 1e-12,
        *,
        rng: np.random.Generator | None = None,
    ) -> None:
        if not -weight.ndim <= dim < weight.ndim:
            raise ArgumentError(f"dim must be an axis of the weight {weight.shape}; got {dim}.")
        self.n_power_iterations = check_size("n_power_iterations", n_power_iterations)
        self.dim = dim % weight.ndim
        self.eps = eps
        if weight.ndim > 1:
            matrix = self._matrix(weight.numpy())
            draw = generator(rng)
            self._u, self._v = (Buffer(self._unit(draw.normal(size=n)), dtype=matrix.dtype) for n in matrix.shape)
            self._iterate(matrix, 15)

    def forward(self, weight: Any) -> Any:
        if weight.ndim == 1:  # the only singular value of a vector is its length
            return weight / np.maximum(vector_norm(weight), self.eps)
        matrix = self._matrix(weight)
        if self.training:
            self._iterate(raw(matrix), self.n_power_iterations)
        u, v = copied(self._u.numpy()), copied(self._v.numpy())  # copies, because later uses write to the buffers
        return weight / np.dot(u, np.matmul(matrix, v))

    def right_inverse(self, weight: Any) -> Any:
        """The weight itself: forward divides it by its new σ."""
        return weight

    def _matrix(self, weight: Any) -> Any:
        """(…, dim, …) -> (outputs, all other axes)"""
        return np.reshape(np.moveaxis(weight, self.dim, 0), (weight.shape[self.dim], -1))

    def _iterate(self, matrix: Any, times: int) -> None:
        u, v = self._u.numpy(), self._v.numpy()
        for _ in range(times):
            u = self._unit(np.matmul(matrix, v))
            v = self._unit(np.matmul(u, matrix))
        with no_grad():
            self._u[...] = u
            self._v[...] = v

    def _unit(self, x: Any) -> Any:
        return x / np.maximum(norm(x), self.eps)

    def extra_repr(self) -> str:
        return f"n_power_iterations={self.n_power_iterations}, dim={self.dim}, eps={self.eps}"
