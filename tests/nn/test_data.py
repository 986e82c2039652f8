"""Mini-batches: every row once, or every class equally often; a new epoch in each loop; equal for equal generators."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autograd
from autograd import Tensor
from autograd.errors import ArgumentError, ShapeError
from nn.data import DataLoader, Dataset, Subset, TensorDataset, minibatches, random_split

IMBALANCED = np.repeat([3, 7, 9], [40, 11, 4])


class Squares:
    """A dataset as PyTorch's users write it."""

    def __len__(self) -> int:
        return 7

    def __getitem__(self, i: int) -> Any:
        if not 0 <= i < 7:
            raise IndexError(i)
        return np.full(2, i, np.float32), i * i


@pytest.mark.parametrize("size", [1, 2, 3, 5, 12, 200])
@pytest.mark.parametrize("shuffle", [True, False])
def test_every_balanced_batch_has_equal_shares(size: int, shuffle: bool, rng: np.random.Generator) -> None:
    rows = np.arange(len(IMBALANCED))
    batches = list(minibatches(rows, IMBALANCED, batch_size=size, balanced=True, shuffle=shuffle, rng=rng))
    for x, y in batches:
        np.testing.assert_array_equal(IMBALANCED[x], y)
        counts = [np.count_nonzero(y == c) for c in (3, 7, 9)]
        assert max(counts) - min(counts) <= 1
    seen = np.bincount(np.concatenate([x for x, _ in batches]), minlength=len(rows))
    assert seen[:40].tolist() == [1] * 40  # rows of the largest class once, of the others equally often, none left out
    assert set(seen[40:51]) == {3, 4}
    assert set(seen[51:]) == {10}
    assert sum(len(x) for x, _ in batches) == 120


def test_balanced_rows_are_drawn_anew(rng: np.random.Generator) -> None:
    rows = np.arange(len(IMBALANCED))
    one, two = (
        np.concatenate([x for x, _ in minibatches(rows, IMBALANCED, batch_size=7, balanced=True, rng=rng)])
        for _ in range(2)
    )
    for first, last in ((0, 40), (40, 51)):  # within each class, too
        assert not np.array_equal(*[rows[(rows >= first) & (rows < last)] for rows in (one, two)])
    assert np.array_equal(np.bincount(one)[:40], np.bincount(two)[:40])


def test_labels_of_any_kind_are_classes() -> None:
    for labels in (np.array(["cat", "dog", "dog"]), np.array([True, False, False]), Tensor([1, 0, 0])):
        (batch,) = minibatches(labels, batch_size=4, balanced=True, shuffle=False)
        values, counts = np.unique(batch[0], return_counts=True)
        assert len(values) == 2
        assert counts.tolist() == [2, 2]
    assert list(minibatches(np.empty(0, int), batch_size=2, balanced=True)) == []


@pytest.mark.parametrize("labels", [np.ones(3), np.eye(3, dtype=int)], ids=["numbers", "one-hot"])
def test_what_names_no_classes_is_refused(labels: np.ndarray) -> None:
    with pytest.raises(ShapeError, match=r"class of each row from the last array.*argmax"):
        minibatches(np.ones(3), labels, batch_size=2, balanced=True)
    with pytest.raises(ShapeError, match="DataLoader"):
        DataLoader(np.ones(3), labels, balanced=True)


def test_a_loader_is_gone_through_again_and_again() -> None:
    x = np.arange(10)
    loader = DataLoader(x, Tensor(x * 2.0), batch_size=4, shuffle=True, rng=np.random.default_rng(0))
    epochs = [[(a.tolist(), b.tolist()) for a, b in loader] for _ in range(2)]
    assert epochs[0] != epochs[1]
    for epoch in epochs:
        assert sorted(i for a, _ in epoch for i in a) == x.tolist()
        assert all(b == [2 * i for i in a] for a, b in epoch)
    same = minibatches(x, batch_size=4, rng=np.random.default_rng(0))
    assert [a for a, _ in epochs[0]] == [a.tolist() for (a,) in same]  # the orders of `minibatches`
    assert repr(loader) == "DataLoader(10 rows, batch_size=4, shuffle=True)"


@pytest.mark.parametrize("drop_last", [True, False])
@pytest.mark.parametrize("balanced", [True, False])
@pytest.mark.parametrize("size", [1, 4, 10, 55, 56, 200])
def test_its_length_is_the_number_of_batches(size: int, balanced: bool, drop_last: bool) -> None:
    loader = DataLoader(IMBALANCED, batch_size=size, balanced=balanced, drop_last=drop_last)
    batches = list(loader)
    assert len(loader) == len(batches)
    assert all(len(y) == size for (y,) in batches[:-1] or batches * drop_last)
    assert len(DataLoader(np.ones(0), batch_size=size)) == 0


def test_two_loops_at_a_time_do_not_disturb_each_other(rng: np.random.Generator) -> None:
    loader = DataLoader(np.arange(6), batch_size=2, shuffle=True, rng=rng)
    pairs = list(zip(loader, loader, strict=True))
    for side in range(2):
        assert sorted(np.concatenate([pair[side][0] for pair in pairs]).tolist()) == list(range(6))


def test_a_dataset_is_read_by_its_items() -> None:
    batches = list(DataLoader(Squares(), batch_size=3))
    assert [y.tolist() for _, y in batches] == [[0, 1, 4], [9, 16, 25], [36]]
    assert batches[0][0].shape == (3, 2)
    assert batches[0][0].dtype == np.float32
    joined = list(DataLoader(Squares(), batch_size=7, collate_fn=lambda items: sum(y for _, y in items)))
    assert joined == [sum(i * i for i in range(7))]
    shuffled = DataLoader(Squares(), batch_size=7, shuffle=True, rng=np.random.default_rng(0))
    assert sorted(next(iter(shuffled))[1].tolist()) == [i * i for i in range(7)]


def test_the_defaults_are_pytorchs() -> None:
    assert [x.tolist() for (x,) in DataLoader(np.arange(3))] == [[0], [1], [2]]


def test_a_state_brings_the_orders_back() -> None:
    loader = DataLoader(np.arange(50), batch_size=50, shuffle=True, rng=np.random.default_rng(0))
    next(iter(loader))
    state = loader.state_dict()
    expected = [x.tolist() for (x,) in loader]
    loader.load_state_dict(state)
    assert [x.tolist() for (x,) in loader] == expected
    autograd.seed(5)
    of_the_package = DataLoader(np.arange(50), batch_size=50, shuffle=True)
    first = next(iter(of_the_package))[0]
    autograd.seed(5)
    np.testing.assert_array_equal(next(iter(of_the_package))[0], first)


def test_refused_at_once() -> None:
    with pytest.raises(ShapeError, match=r"DataLoader needs arrays of one length; got shapes \(3,\), \(4,\)"):
        DataLoader(np.ones(3), np.ones(4))
    with pytest.raises(ArgumentError, match="batch_size must be a positive integer; got 0"):
        DataLoader(np.ones(3), batch_size=0)
    with pytest.raises(ArgumentError, match="at least one array"):
        DataLoader()
    with pytest.raises(ArgumentError, match="give DataLoader arrays, not a dataset"):
        DataLoader(Squares(), balanced=True)
    with pytest.raises(ArgumentError, match="collate_fn joins the items of a dataset"):
        DataLoader(np.ones(3), collate_fn=list)
    with pytest.raises(ArgumentError, match=r"rng must be a np\.random\.Generator"):
        DataLoader(np.ones(3), rng=0)  # type: ignore[arg-type]  # that is the point


def test_arrays_that_are_not_unpacked_are_named() -> None:
    x, y = np.zeros((4, 3)), np.arange(4)
    for data in ((x, y), list(zip(x, y, strict=True))):
        with pytest.raises(
            ShapeError, match=r"DataLoader takes arrays, DataLoader\(x, y, …\), not a list or tuple of them"
        ):
            DataLoader(data, batch_size=2)


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (([(1.0, 0), (2.0, 1)],), {}, r"not a list or tuple of them: .* zip\(\*pairs\)"),
        (([(np.ones(2), 0), (np.zeros(2), 1)],), {}, "would be rows of one array"),
        ((np.ones((64, 2)), 64), {}, "write batch_size=64"),
        ((np.ones(8), np.ones(8), 4), {}, "write batch_size=4"),
        ((Squares(), 2), {}, "write batch_size=2"),
        ((np.ones(8),), {"num_workers": 4}, "num_workers=4; 0 is all there is"),
        ((np.ones(8),), {"generator": 4}, "it is called rng here"),
        ((np.ones(8),), {"sampler": [1]}, "balanced=True"),
        ((np.ones(8),), {"shuffle": "False"}, "shuffle must be True or False; got 'False'"),
        ((np.ones(8),), {"drop_last": 1}, "drop_last must be True or False; got 1"),
    ],
)
def test_pytorchs_habits_are_named(data: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises((ArgumentError, ShapeError), match=message):
        DataLoader(*data, **options)


def test_pytorchs_options_that_mean_nothing_are_taken() -> None:
    loader = DataLoader(np.ones(8), batch_size=4, num_workers=0, pin_memory=True, timeout=0, sampler=None)
    assert len(loader) == 2
    with pytest.raises(TypeError, match="unexpected keyword argument 'workers'"):
        DataLoader(np.ones(8), workers=2)


def test_a_dataset_without_its_two_methods_says_which_it_needs() -> None:
    class Empty(Dataset):
        pass

    with pytest.raises(NotImplementedError, match=r"Empty needs __len__"):
        len(Empty())
    with pytest.raises(NotImplementedError, match=r"Empty needs __getitem__"):
        Empty()[0]


@pytest.mark.parametrize("collate", [None, lambda items: [np.stack(part) for part in zip(*items, strict=True)]])
def test_a_tensor_dataset_gives_the_batches_of_its_arrays(collate: Any) -> None:
    x, y = Tensor(np.arange(14.0).reshape(7, 2)), np.arange(7)
    options = {"batch_size": 3, "shuffle": True}
    expected = list(DataLoader(x, y, rng=np.random.default_rng(0), **options))
    loader = DataLoader(TensorDataset(x, y), rng=np.random.default_rng(0), collate_fn=collate, **options)
    for ours, theirs in zip(loader, expected, strict=True):
        for a, b in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(np.asarray(getattr(a, "data", a)), np.asarray(getattr(b, "data", b)))
    assert len(loader.dataset) == 7
    assert isinstance(loader.dataset, TensorDataset)
    assert DataLoader(x, y).dataset[2][1] == 2
    with pytest.raises(ShapeError, match="arrays of one length"):
        TensorDataset(x, np.arange(6))


def test_subsets_and_splits() -> None:
    data = TensorDataset(np.arange(11), np.arange(11) * 2)
    parts = random_split(data, [0.5, 0.25, 0.25], rng=np.random.default_rng(0))
    assert [len(p) for p in parts] == [6, 3, 2]
    assert sorted(i for p in parts for i in p.indices) == list(range(11))
    batches = list(DataLoader(parts[0], batch_size=4))
    assert [len(b[0]) for b in batches] == [4, 2]
    np.testing.assert_array_equal(np.concatenate([b[0] for b in batches]), parts[0].indices)
    assert [y for _, y in (parts[1][i] for i in range(3))] == [2 * i for i in parts[1].indices]
    assert [len(p) for p in random_split(Squares(), [4, 3], np.random.default_rng(0))] == [4, 3]
    assert [item[1] for item in (Subset(Squares(), [5, 1])[:2][i] for i in range(2))] == [25, 1]
    nested = Subset(Subset(data, [3, 4, 5]), [2, 0])
    assert next(iter(DataLoader(nested, batch_size=2)))[0].tolist() == [5, 3]
    for lengths in ([4, 4], [0.5, 0.4], [-1, 12], [5.5, 5.5]):
        with pytest.raises(ArgumentError, match="random_split takes sizes whose sum is"):
            random_split(data, lengths)


def test_sizes_of_splits_as_in_pytorch() -> None:
    torch = pytest.importorskip("torch")
    for shares in ([0.5, 0.25, 0.25], [0.3, 0.3, 0.4], [1 / 3, 1 / 3, 1 / 3], [0.9, 0.1]):
        for n in (10, 11, 100):
            theirs = [len(p) for p in torch.utils.data.random_split(range(n), shares)]
            assert [len(p) for p in random_split(range(n), shares)] == theirs


def test_items_that_are_dicts_or_text() -> None:
    items = [{"x": np.full(2, i), "name": f"n{i}"} for i in range(4)]

    class Items(Dataset):
        def __len__(self) -> int:
            return 4

        def __getitem__(self, index: int) -> Any:
            return items[index]

    first = next(iter(DataLoader(Items(), batch_size=3)))
    assert first["x"].tolist() == [[0, 0], [1, 1], [2, 2]]
    assert first["name"] == ["n0", "n1", "n2"]
