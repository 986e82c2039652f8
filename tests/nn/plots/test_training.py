"""The contents of pictures of a training: schedules, learning curves, confusion matrix and ROC curves."""

from __future__ import annotations

import numpy as np
import pytest

import nn
import optim
from autograd.errors import ArgumentError, ShapeError
from nn import plots
from tests.nn.plots.plotting import labels, line, schedule

matplotlib = pytest.importorskip("matplotlib")
pytestmark = pytest.mark.usefixtures("figures")


# schedules


def test_learning_rates_are_those_of_the_schedule_which_stays_where_it_is() -> None:
    made = schedule(step_size=2, gamma=0.5)
    (p,) = made.optimizer.param_groups[0]["params"]
    (p * 3).sum().backward()
    before = made.state_dict()
    ax = plots.learning_rates(made, steps=5)
    drawn = line(ax, "StepLR")
    np.testing.assert_array_equal(drawn.get_xdata(), range(6))
    np.testing.assert_array_equal(drawn.get_ydata(), [0.5, 0.5, 0.25, 0.25, 0.125, 0.125])
    assert made.state_dict() == before
    assert p.numpy() == 1
    assert p.grad.numpy() == 3
    assert made.optimizer.param_groups[0]["lr"] == 0.5
    made.optimizer.step()
    made.step()
    made.step()
    np.testing.assert_array_equal(line(plots.learning_rates(made, steps=2), "StepLR").get_ydata(), [0.25, 0.25, 0.125])


def test_learning_rates_of_several_and_of_a_group() -> None:
    optimizer = optim.SGD([{"params": [nn.Parameter([1.0])]}, {"params": [nn.Parameter([1.0])], "lr": 4.0}], lr=1.0)
    parts = [
        optim.lr_scheduler.ConstantLR(optimizer, 0.5, total_iters=9),
        optim.lr_scheduler.ExponentialLR(optimizer, 0.5),
    ]
    ax = plots.learning_rates(
        {"both": optim.lr_scheduler.SequentialLR(optimizer, parts, milestones=[2])}, steps=4, group=1
    )
    assert labels(ax) == ["both"]
    np.testing.assert_array_equal(line(ax, "both").get_ydata(), [2, 2, 4, 2, 1])
    assert plots.learning_rates({"a": schedule(step_size=1), "b": schedule(step_size=2)}, ax=ax) is ax


def test_learning_rates_say_what_they_need() -> None:
    with pytest.raises(ArgumentError, match="a dict of them"):
        plots.learning_rates({})
    with pytest.raises(ArgumentError, match="'SGD' is a SGD"):
        plots.learning_rates(schedule(step_size=1).optimizer)
    with pytest.raises(ArgumentError, match=r"waits for a metric.*learning_curves"):
        plots.learning_rates(optim.lr_scheduler.ReduceLROnPlateau(schedule(step_size=1).optimizer))
    for group in (1, -1, True):
        with pytest.raises(ArgumentError, match="one of the optimizer's 1 groups"):
            plots.learning_rates(schedule(step_size=1), group=group)


# learning curves


def test_learning_curves_of_one_training() -> None:
    columns = {"train_loss": [3.0, 2.0, 1.0], "validation_loss": [3.0, 2.0, 2.5]}
    for history in (columns, nn.History({"epoch": [1, 2, 3], **columns})):
        ax = plots.learning_curves(history)
        assert labels(ax) == ["training", "validation", "best epoch: 2"]
        assert line(ax, "validation").get_ydata().tolist() == [3.0, 2.0, 2.5]
        assert line(ax, "training").get_xdata().tolist() == [1, 2, 3]
    assert plots.learning_curves({"loss": [1.0, 2.0]}, log=True).get_yscale() == "log"


def test_learning_curves_of_several() -> None:
    runs = {
        name: {"train_loss": [3.0, 2.0, last], "validation_loss": [3.0, 2.0, 2.5]}
        for name, last in (("small", 1.0), ("large", 0.5))
    }
    ax = plots.learning_curves(runs)
    assert labels(ax) == ["small", "large", "validation", "training"]
    assert line(ax, "large").get_ydata().tolist() == [3.0, 2.0, 2.5]
    assert [x.get_ydata().tolist() for x in ax.get_lines() if x.get_label() == "_"] == [
        [3.0, 2.0, 1.0],
        [3.0, 2.0, 0.5],
    ]
    with pytest.raises(ArgumentError, match="'small' has no 'accuracy'"):
        plots.learning_curves(runs, "accuracy")
    with pytest.raises(ArgumentError, match="one value an epoch; got 2 of train_loss, 1 of lr"):
        plots.learning_curves({"train_loss": [1.0, 2.0], "lr": [0.1]})
    with pytest.raises(ArgumentError, match="takes a History"):
        plots.learning_curves({})


# metrics


def test_the_confusion_matrix_counts() -> None:
    pytest.importorskip("sklearn")
    target, scores = [0, 0, 1, 2], np.array([[2.0, 1, 0], [0, 1, 0], [0, 1, 0], [0, 1, 3]])
    ax = plots.confusion_matrix(target, scores)
    assert ax.images[0].get_array().tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 1]]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted class", "true class")
    ax = plots.confusion_matrix(target, scores.argmax(axis=1), classes=["cat", "dog", "hen"], normalize="true")
    assert [text.get_text() for text in ax.get_xticklabels()] == ["cat", "dog", "hen"]
    assert ax.texts[0].get_text() == "50%"
    with pytest.raises(ArgumentError, match="needs 3 names"):
        plots.confusion_matrix(target, scores, classes=["cat"])
    with pytest.raises(ArgumentError, match="normalize must be"):
        plots.confusion_matrix(target, scores, normalize="row")
    with pytest.raises(ShapeError, match="each of the 3 targets"):
        plots.confusion_matrix([0, 1, 2], scores)


def test_no_grid_crosses_out_the_confusion_matrix() -> None:
    pytest.importorskip("sklearn")
    with matplotlib.rc_context():
        plots.set_style()
        ax = plots.confusion_matrix([0, 1], [0, 1])
    assert not any(line.get_visible() for line in [*ax.get_xgridlines(), *ax.get_ygridlines()])


def test_roc_curves_have_scikit_learns_areas(rng: np.random.Generator) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    y = rng.integers(0, 2, 80)
    score = y + rng.normal(size=80)
    ax = plots.roc_curve(y, score[:, None])
    assert labels(ax) == [f"area {metrics.roc_auc_score(y, score):.3f}", "by chance, area 0.5"]
    x_of, y_of = ax.get_lines()[0].get_data()
    assert np.trapezoid(y_of, x_of) == pytest.approx(metrics.roc_auc_score(y, score))
    y = rng.integers(0, 3, 90)
    logits = 3 * rng.normal(size=(90, 3)) + 2 * np.eye(3)[y]
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    areas = [f"{name}, area {metrics.roc_auc_score(y == i, shares[:, i]):.3f}" for i, name in enumerate("abc")]
    for scores in (logits, shares):
        assert labels(plots.roc_curve(y, scores, classes=list("abc")))[:3] == areas
    assert len(labels(plots.roc_curve(np.where(y == 2, 0, y), shares))) == 3  # no curve for a class without rows
    with pytest.raises(ArgumentError, match="rows of both classes"):
        plots.roc_curve([1, 1], [0.1, 0.2])
    with pytest.raises(ShapeError, match="each of the 90 targets"):
        plots.roc_curve(y, [0.1])
