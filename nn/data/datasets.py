"""Data sets: anything with a length and items, arrays of one length, and parts of a data set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from autograd.errors import ArgumentError, ShapeError
from autograd.random import generator
from nn.layers.inputs import as_values


class Dataset:
    """The base class of data sets as PyTorch's users write them: define `__len__` and `__getitem__(index)`.

    `DataLoader` takes anything that has these two, whether it derives from this class or not.

    Example:
        >>> from nn.data import DataLoader, Dataset
        >>> class Squares(Dataset):
        ...     def __len__(self):
        ...         return 4
        ...     def __getitem__(self, index):
        ...         return index, index**2
        >>> [y.tolist() for x, y in DataLoader(Squares(), batch_size=2)]
        [[0, 1], [4, 9]]
    """

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} needs __getitem__(self, index), which returns one item.")

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} needs __len__(self), the number of its items.")


class TensorDataset(Dataset):
    """Arrays of one length as a data set: item i is the tuple of their rows i.

    Args:      tensors: Tensors or arrays.
    Raises:    ShapeError if they are not of one length.
    Example:
        >>> import numpy as np
        >>> from nn.data import TensorDataset
        >>> data = TensorDataset(np.eye(3), np.array([5, 6, 7]))
        >>> len(data), data[1]
        (3, (array([0., 1., 0.]), np.int64(6)))
    """

    def __init__(self, *tensors: Any) -> None:
        self.tensors = tuple([as_values(t) for t in tensors])
        if not tensors or any(t.ndim == 0 for t in self.tensors) or len({len(t) for t in self.tensors}) > 1:
            shapes = ", ".join(str(t.shape) for t in self.tensors) or "none"
            raise ShapeError(f"TensorDataset needs arrays of one length; got {shapes}.")

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        return tuple([t[index] for t in self.tensors])

    def __len__(self) -> int:
        return len(self.tensors[0])


class Subset(Dataset):
    """Some items of a data set, by their numbers.

    Args:      indices: numbers of items, from 0 on; any may occur several times.
    Example:
        >>> import numpy as np
        >>> from nn.data import Subset
        >>> Subset("abcdef", [4, 0])[0]
        'e'
    """

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset, self.indices = dataset, indices

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return Subset(self.dataset, self.indices[index])
        return self.dataset[int(self.indices[index])]

    def __len__(self) -> int:
        return len(self.indices)


def random_split(
    dataset: Any, lengths: Sequence[float], generator: Any = None, *, rng: np.random.Generator | None = None
) -> list[Subset]:
    """Parts of a data set that have no item in common, drawn at random.

    Args:      lengths: the sizes of the parts, whose sum is the data set's; or shares whose sum is 1: sizes are rounded
               down, and the items left over go to the parts in turn, as in PyTorch.
               rng: the generator of the order; `generator` is PyTorch's name for it.
    Raises:    ArgumentError if the lengths are not such.
    Example:
        >>> import numpy as np
        >>> from nn.data import TensorDataset, random_split
        >>> train, test = random_split(TensorDataset(np.arange(10)), [0.8, 0.2], rng=np.random.default_rng(0))
        >>> len(train), len(test)
        (8, 2)
    """
    if generator is not None and rng is not None:
        raise ArgumentError("random_split: give rng or generator, which are two names of one thing.")
    sizes = _sizes(list(lengths), len(dataset))
    order = _generator(generator if rng is None else rng).permutation(len(dataset))
    ends = np.cumsum(sizes)
    return [Subset(dataset, order[end - size : end].tolist()) for size, end in zip(sizes, ends, strict=True)]


_generator = generator


def _sizes(lengths: list[float], total: int) -> list[int]:
    if lengths and all(0 <= n <= 1 for n in lengths) and abs(sum(lengths) - 1) < 1e-6:
        sizes = [int(np.floor(total * share)) for share in lengths]
        for i in range(total - sum(sizes)):
            sizes[i % len(sizes)] += 1
        return sizes
    if any(n != int(n) or n < 0 for n in lengths) or sum(lengths) != total:
        raise ArgumentError(
            f"random_split takes sizes whose sum is the length {total} of the data set, or shares whose sum is 1; got "
            f"{lengths}, whose sum is {sum(lengths)}."
        )
    return [int(n) for n in lengths]


def columns_of(dataset: Any) -> tuple[Any, ...] | None:
    """The arrays of a TensorDataset, or of a Subset of one, for batches by one index; None for any other data set."""
    if type(dataset) is TensorDataset:
        return dataset.tensors
    if type(dataset) is Subset:
        columns = columns_of(dataset.dataset)
        return None if columns is None else tuple([a[np.asarray(dataset.indices, np.intp)] for a in columns])
    return None
