"""Mini-batches: `minibatches` for one pass over arrays, `DataLoader` for any number of epochs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from autograd.engine.recording import raw
from autograd.errors import ArgumentError, ShapeError
from autograd.options import check_flag
from autograd.pytree import tree_map
from autograd.random import check_generator_state, generator
from nn import functional as F
from nn.core.checks import check_size
from nn.data.datasets import TensorDataset, columns_of
from nn.parallel.communicator import as_communicator
from nn.parallel.faults import on_all_ranks


def minibatches(
    *arrays: Any,
    batch_size: int,
    shuffle: bool = True,
    balanced: bool = False,
    drop_last: bool = False,
    rng: np.random.Generator | None = None,
) -> Iterator[tuple[Any, ...]]:
    """Batches of rows, the same rows of each array.

    Args:      arrays: of one length; Tensors or plain arrays.
               shuffle: draw a new order for this pass.
               balanced: give every batch the same number of rows of each class, up to one (the classes are the values
               of the last array). No row is left out. Rows of smaller classes are repeated until every class has as
               many as the largest: the pass has classes · (rows of the largest) rows.
               drop_last: leave out a last batch that is smaller than the others.
               rng: the generator of the order.
    Returns:   an iterator over tuples with one item for each array.
    Example:
        >>> import numpy as np
        >>> from nn.data import minibatches
        >>> for x, y in minibatches(np.zeros((5, 2)), np.arange(5), batch_size=2, shuffle=False):
        ...     print(x.shape, y)
        (2, 2) [0 1]
        (2, 2) [2 3]
        (1, 2) [4]
        >>> rare = np.array([0, 0, 0, 0, 1, 0])
        >>> [y.tolist() for (y,) in minibatches(rare, batch_size=4, balanced=True, shuffle=False)]
        [[0, 1, 0, 1], [0, 1, 0, 1], [0, 1]]
    """
    for name, value in (("shuffle", shuffle), ("balanced", balanced), ("drop_last", drop_last)):
        check_flag(f"minibatches: {name}", value)
    size = check_size("batch_size", batch_size)
    columns = as_columns(arrays, "minibatches")
    n = len(columns[0])
    classes = rows_of_classes(columns[-1], "minibatches") if balanced else None
    order = _order_of_rows(n, shuffle, classes, generator(rng))
    rows = n if order is None else len(order)
    end = rows - rows % size if drop_last else rows

    def batches() -> Iterator[tuple[Any, ...]]:
        for start in range(0, end, size):
            chosen = slice(start, min(start + size, end)) if order is None else order[start : start + size]
            yield tuple([a[chosen] for a in columns])

    return batches()


class DataLoader:
    """Mini-batches that can be iterated over repeatedly: each `for` is one epoch, in a new order if shuffled.

    Its `len` is the number of batches; `dataset` is what it reads, arrays as a TensorDataset. `state_dict` holds
    the state of its generator, so that a resumed training gets the same orders as one that was not stopped.

    Args:      data: arrays of one length; or one dataset with `len(dataset)` and `dataset[i]`, whose items (arrays,
               numbers, or tuples of them) are stacked.
               batch_size, shuffle, drop_last: as in PyTorch; the default is batches of 1 in the order of the rows.
               balanced: equal shares of the classes, which are the values of the last array: see `minibatches`.
               Of a TensorDataset, or a Subset of one, the arrays are read as a whole.
               collate_fn: makes a batch of a list of a dataset's items, instead of stacking.
               rng: the generator of the orders; None means the package's generator (autograd.seed).
               comm: the ranks of a parallel program, `nn.parallel.world()`: each gets its part of every batch, of equal
               size up to one row, perhaps of none. `batch_size` is that of the whole batch, so batches, orders and
               steps are those of a single process. Rank 0 draws the orders; all ranks have to start each epoch.
               pytorchs: pin_memory, persistent_workers, prefetch_factor, pin_memory_device, timeout, worker_init_fn and
               multiprocessing_context of PyTorch, which mean nothing without workers, and num_workers=0.
    Example:
        >>> import numpy as np
        >>> from nn.data import DataLoader
        >>> rng = np.random.default_rng(0)
        >>> loader = DataLoader(np.arange(10.0), np.arange(10), batch_size=4, shuffle=True, rng=rng)
        >>> len(loader)
        3
        >>> [y.tolist() for x, y in loader]
        [[4, 6, 2, 7], [3, 5, 9, 0], [8, 1]]
        >>> [y.tolist() for x, y in loader]
        [[2, 9, 3, 6], [0, 4, 8, 7], [5, 1]]
    """

    def __init__(
        self,
        *data: Any,
        batch_size: int = 1,
        shuffle: bool = False,
        balanced: bool = False,
        drop_last: bool = False,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        rng: np.random.Generator | None = None,
        comm: Any = None,
        **pytorchs: Any,
    ) -> None:
        _check_pytorchs(pytorchs)
        _check_data(data)
        self.comm = as_communicator(comm)
        for name, value in (("shuffle", shuffle), ("balanced", balanced), ("drop_last", drop_last)):
            check_flag(name, value)
        self.batch_size = check_size("batch_size", batch_size)
        self.shuffle, self.drop_last, self.collate_fn = shuffle, drop_last, collate_fn
        self.rng = generator(rng) if rng is not None else None
        given: Any = data[0] if len(data) == 1 and is_dataset(data[0]) else None
        columns = data if given is None else columns_of(given) if collate_fn is None else None
        if columns is None:
            if balanced:
                raise ArgumentError(
                    "balanced=True reads the classes from the last array; give DataLoader arrays, not a dataset."
                )
            self.columns = None
            self.dataset: Any = given
        else:
            if collate_fn is not None:
                raise ArgumentError(
                    "collate_fn joins the items of a dataset; arrays are cut into batches as they are. "
                    "As items: nn.data.TensorDataset(x, y)."
                )
            self.columns = as_columns(tuple(columns), "DataLoader")
            self.dataset = TensorDataset(*self.columns) if given is None else given
        self._classes: list[np.ndarray] | None = None
        if balanced and self.columns is not None:
            self._classes = rows_of_classes(self.columns[-1], "DataLoader")
        self._refuse_different_data()

    @property
    def balanced(self) -> bool:
        """Whether every batch holds equal shares of the classes."""
        return self._classes is not None

    def __len__(self) -> int:
        rows = self._rows_per_epoch()
        return rows // self.batch_size if self.drop_last else -(-rows // self.batch_size)

    def __iter__(self) -> Iterator[Any]:
        order = self._order()
        size = self.batch_size
        rows = self._rows_per_epoch()

        def batches(number: int) -> Iterator[Any]:
            for start in range(0, number * size, size):
                part = self._part(start, min(start + size, rows))
                yield self._batch(part if order is None else order[part])

        return batches(len(self))

    def _order(self) -> np.ndarray | None:
        """The order of the rows of an epoch, drawn by rank 0; None for all rows as they are."""
        n = self._length()
        if not self.comm.together or not (self.shuffle or self.balanced):
            return _order_of_rows(n, self.shuffle, self._classes, generator(self.rng))
        order = _order_of_rows(n, self.shuffle, self._classes, generator(self.rng)) if self.comm.is_main else None
        if order is None:
            order = np.empty(self._rows_per_epoch(), np.intp)
        return self.comm.broadcast_(order, "the order of an epoch")

    def _part(self, start: int, end: int) -> slice:
        """The rows of this rank in the batch of rows start … end."""
        rank, ranks = (self.comm.rank, self.comm.size) if self.comm.together else (0, 1)
        return slice(start + (end - start) * rank // ranks, start + (end - start) * (rank + 1) // ranks)

    def _batch(self, rows: Any) -> Any:
        if self.columns is not None:
            return tuple([a[rows] for a in self.columns])
        numbers = range(self._length())[rows] if isinstance(rows, slice) else rows.tolist()
        if not numbers:  # the part of a rank: as an item would be, without rows
            return tree_map(lambda a: a[:0], self._collate([0]))
        return self._collate(numbers)

    def _collate(self, numbers: Any) -> Any:
        items = [self.dataset[i] for i in numbers]
        return self.collate_fn(items) if self.collate_fn is not None else stack_items(items)

    def smaller_last_batch(self) -> Any:
        """The first rows, as many as the last batch has; None if all batches are of one size.

        `nn.fit` tries it before the first step. With `comm` it is this rank's part.
        """
        rows = 0 if self.drop_last else self._rows_per_epoch() % self.batch_size
        return self._batch(self._part(0, rows)) if rows else None

    def _refuse_different_data(self) -> None:
        """Raise on all ranks if they have not the same number of rows, of the same shapes and dtypes."""
        if not self.comm.together:
            return
        arrays = [(a.shape, str(a.dtype)) for a in self.columns] if self.columns is not None else self._length()
        seen = self.comm.gather((arrays, self.batch_size), "the construction of a DataLoader")
        if any(theirs != seen[0] for theirs in seen):
            lines = [f"  rank {rank}: {has}, batch_size={size}" for rank, (has, size) in enumerate(seen)]
            raise on_all_ranks(
                ShapeError("the ranks give DataLoader different data; each takes all rows:\n" + "\n".join(lines))
            )

    def _length(self) -> int:
        """How many rows or items the data have."""
        return len(self.columns[0] if self.columns is not None else self.dataset)

    def _rows_per_epoch(self) -> int:
        return self._length() if self._classes is None else len(self._classes) * max(map(len, self._classes), default=0)

    def state_dict(self) -> dict[str, Any]:
        """The state of the generator of the orders."""
        return {"rng": generator(self.rng).bit_generator.state}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Set the generator of the orders to a saved state.

        Raises:    ArgumentError for anything else than the state of a generator of its kind; then nothing is changed.
        """
        self.check_state_dict(state_dict)
        generator(self.rng).bit_generator.state = state_dict["rng"]

    def check_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Raise the ArgumentError that `load_state_dict` would raise, and change nothing."""
        if not isinstance(state_dict, Mapping) or "rng" not in state_dict:
            raise ArgumentError(
                f"the state of a DataLoader is {{'rng': the state of a generator}}; got {state_dict!r:.60}."
            )
        check_generator_state(generator(self.rng), state_dict["rng"])

    def __repr__(self) -> str:
        options = [f"batch_size={self.batch_size}"]
        options += [f"{name}=True" for name in ("shuffle", "balanced", "drop_last") if getattr(self, name)]
        return f"DataLoader({self._length()} rows, {', '.join(options)})"


# PyTorch's options about worker processes and devices, of which there are none here
_MEANS_NOTHING = {
    "pin_memory", "persistent_workers", "prefetch_factor", "pin_memory_device", "timeout", "worker_init_fn",
    "multiprocessing_context",
}  # fmt: skip
_INSTEAD = {
    "num_workers": "0 is all there is: the arrays are in memory. Leave it out",
    "generator": "it is called rng here, a np.random.Generator",
    "sampler": "give the rows in the order you want, balanced=True for equal shares of the classes, or comm= for ranks",
    "batch_sampler": "give a list of batches wherever a loader is taken",
}


def _check_pytorchs(options: dict[str, Any]) -> None:
    for name, value in options.items():
        if name in _MEANS_NOTHING or (name == "num_workers" and value == 0) or (name in _INSTEAD and value is None):
            continue
        if name not in _INSTEAD:
            raise TypeError(f"DataLoader() got an unexpected keyword argument {name!r}")
        raise ArgumentError(f"DataLoader got {name}={value!r:.40}; {_INSTEAD[name]}.")


def _check_data(data: tuple[Any, ...]) -> None:
    """Refuse two calls that PyTorch understands in another way: a batch size by position, and a list of pairs."""
    if len(data) > 1 and isinstance(data[-1], (int, np.integer)):
        raise ArgumentError(f"DataLoader takes arrays by position; write batch_size={data[-1]!r}.")
    first = data[0] if data else None
    if isinstance(first, list) and first and all(isinstance(item, tuple) for item in first):
        raise ShapeError(
            "DataLoader takes arrays, DataLoader(x, y, …), not a list or tuple of them: tuples (x, y) would be rows "
            "of one array. Turn a list of (x, y) pairs into arrays by [np.stack(part) for part in zip(*pairs)]; "
            "if each tuple is a row, write np.array(rows)."
        )


def as_columns(arrays: tuple[Any, ...], who: str) -> list[Any]:
    """The arrays, checked: at least one, all of one length."""
    if not arrays:
        raise ArgumentError(f"{who} needs at least one array.")
    try:
        columns = [F.as_values(a) for a in arrays]
    except ValueError as error:  # from NumPy, if the parts of a tuple have different shapes
        raise ShapeError(
            f"{who} takes arrays, {who}(x, y, …), not a list or tuple of them ({error}). Unpack a tuple of arrays "
            "by *, and turn a list of (x, y) pairs into arrays by [np.stack(part) for part in zip(*pairs)]."
        ) from None
    if any(a.ndim == 0 for a in columns) or len({len(a) for a in columns}) != 1:
        raise ShapeError(f"{who} needs arrays of one length; got shapes {', '.join(str(a.shape) for a in columns)}.")
    return columns


def rows_of_classes(labels: Any, who: str) -> list[np.ndarray]:
    """The numbers of the rows of each class, in the order of the class values."""
    labels = np.asarray(raw(labels))
    if labels.ndim != 1 or labels.dtype.kind == "f":
        raise ShapeError(
            f"{who}(balanced=True) reads the class of each row from the last array, one label a row; "
            f"got shape {labels.shape} of {labels.dtype}. "
            "Give the labels last; a one-hot array as y.argmax(axis=1)."
        )
    _, numbers = np.unique(labels, return_inverse=True)
    order = np.argsort(numbers, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1) if len(labels) else []


def is_dataset(thing: Any) -> bool:
    """Whether it has items and a length, as a PyTorch dataset, and is neither an array nor a list."""
    array = hasattr(thing, "__array__") or hasattr(thing, "__array_function__") or isinstance(thing, (list, tuple))
    return not array and hasattr(thing, "__getitem__") and hasattr(thing, "__len__")


def stack_items(items: list[Any]) -> Any:
    """A batch of items: arrays or numbers are stacked, tuples and dicts part by part; text becomes a list."""
    if isinstance(items[0], str):
        return items
    if isinstance(items[0], Mapping):
        return {key: stack_items([item[key] for item in items]) for key in items[0]}
    if isinstance(items[0], (tuple, list)):
        return tuple([stack_items(list(parts)) for parts in zip(*items, strict=True)])
    return np.stack([F.as_values(item) for item in items])


def _order_of_rows(
    n: int, shuffle: bool, classes: list[np.ndarray] | None, rng: np.random.Generator
) -> np.ndarray | None:
    """The numbers of the rows of a pass, in order; None for all rows as they are."""
    if classes is None:
        return rng.permutation(n) if shuffle else None
    if not classes:
        return np.empty(0, np.intp)
    most = max(map(len, classes))
    # (round, class): each round has one row of each class, so every part of the pass is balanced
    streams = np.empty((most, len(classes)), np.intp)
    places = rng.permutation(len(classes)) if shuffle else np.arange(len(classes))
    for place, rows in zip(places, classes, strict=True):
        rounds = -(-most // len(rows))
        again = [rng.permutation(rows) for _ in range(rounds)] if shuffle else [rows] * rounds
        streams[:, place] = np.concatenate(again)[:most]  # every row equally often, up to one
    return streams.reshape(-1)
