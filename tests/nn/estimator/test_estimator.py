"""Networks as scikit-learn estimators: scikit-learn's own checks, and its tools used with them."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.decomposition import PCA
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, cross_val_score, learning_curve, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import autograd
import nn
import optim
from autograd.errors import ArgumentError, ShapeError
from nn.estimator import NetClassifier, NetRegressor

X, Y = load_iris(return_X_y=True)
X = StandardScaler().fit_transform(X)


def quick(**options: Any) -> NetClassifier:
    return NetClassifier(**{"hidden_layer_sizes": (8,), "epochs": 20, "batch_size": 30, "random_state": 0, **options})


@parametrize_with_checks([NetClassifier(), NetRegressor()])
def test_scikit_learns_checks(estimator: Any, check: Any) -> None:
    global_state = np.random.get_state()  # noqa: NPY002  one check itself draws from it; that ours do not is seen in the other tests
    check(estimator)
    np.random.set_state(global_state)  # noqa: NPY002


def test_it_works_in_scikit_learns_tools() -> None:
    x, y = load_iris(return_X_y=True)
    piped = make_pipeline(StandardScaler(), PCA(whiten=True), quick())
    assert cross_val_score(piped, x, y, cv=3).mean() > 0.85
    search = GridSearchCV(
        piped, {"netclassifier__hidden_layer_sizes": [(), (8,)], "netclassifier__lr": [1e-5, 0.02]}, cv=3
    ).fit(x, y)
    assert search.best_params_["netclassifier__lr"] == 0.02
    assert search.best_score_ > 0.85
    for incremental in (False, True):
        sizes, _, test = learning_curve(
            quick(),
            X,
            Y,
            cv=3,
            train_sizes=[0.3, 1.0],
            shuffle=True,
            random_state=0,
            exploit_incremental_learning=incremental,
        )
        assert test.shape == (2, 3)
        assert sizes.tolist() == [30, 100]


def test_probabilities_and_calibration() -> None:
    x, y = load_breast_cancer(return_X_y=True)
    x, x_test, y, y_test = train_test_split(StandardScaler().fit_transform(x), y, random_state=0)
    net = quick(lr=0.05).fit(x, y)  # trained for so long that its probabilities are too extreme
    proba = net.predict_proba(x_test)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    np.testing.assert_allclose(np.exp(net.predict_log_proba(x_test)), proba)
    np.testing.assert_array_equal(net.classes_[proba.argmax(axis=1)], net.predict(x_test))
    calibrated = CalibratedClassifierCV(quick(lr=0.05), cv=3).fit(x, y)
    assert log_loss(y_test, calibrated.predict_proba(x_test)) < 0.15


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_computes_in_the_dtype_of_the_data(dtype: Any) -> None:
    net = quick().fit(X.astype(dtype), Y)
    assert {p.dtype for p in net.model_.parameters()} == {np.dtype(dtype)}
    assert net.predict_proba(X.astype(dtype)).dtype == dtype
    assert net.predict_proba(X).dtype == dtype  # also if the data are not what it was trained on
    assert NetRegressor(epochs=1).fit(X.astype(dtype), X.astype(dtype)).predict(X).dtype == dtype


def test_labels_of_text() -> None:
    names = np.array(["setosa", "versicolor", "virginica"])
    net = quick().fit(X, names[Y])
    assert net.classes_.tolist() == sorted(names)
    assert net.score(X, names[Y]) > 0.9


def test_weights_count_also_in_batches_and_validation() -> None:
    weight = np.where(Y == 1, 5.0, np.where(Y == 2, 1.0, 0.0))
    net = quick(epochs=60).fit(X, Y, sample_weight=weight)
    assert not np.isin(net.predict(X), 0).any()  # rows of weight 0 are left out
    others = quick(epochs=60).fit(X, Y, sample_weight=np.where(Y == 2, 5.0, np.where(Y == 1, 1.0, 0.0)))
    assert net.predict_proba(X[Y > 0])[:, 1].mean() > others.predict_proba(X[Y > 0])[:, 1].mean() + 0.05
    stopped = quick(early_stopping=True, patience=2, epochs=200, lr=0.1).fit(X, Y, sample_weight=weight + 0.1)
    assert stopped.n_iter_ < 200
    with pytest.raises(
        ValueError, match=r"0 for every row|at least one non-zero"
    ):  # scikit-learn says it itself since 1.8
        quick().fit(X, Y, sample_weight=np.zeros(len(X)))


def test_a_weighted_full_batch_step_is_that_of_the_repeated_rows() -> None:
    counts = np.random.default_rng(0).integers(0, 4, len(X))
    whole = {"epochs": 20, "batch_size": 1000}
    weighted = quick(**whole).fit(X, Y, sample_weight=counts)
    repeated = quick(**whole).fit(X.repeat(counts, axis=0), Y.repeat(counts))
    np.testing.assert_allclose(weighted.predict_proba(X), repeated.predict_proba(X), rtol=1e-9)


def test_the_same_seed_gives_the_same_network() -> None:
    one, two = quick().fit(X, Y), clone(quick()).fit(X, Y)
    np.testing.assert_array_equal(one.predict_proba(X), two.predict_proba(X))
    assert not np.array_equal(one.predict_proba(X), quick(random_state=1).fit(X, Y).predict_proba(X))
    np.testing.assert_array_equal(
        one.predict_proba(X), quick(random_state=np.random.default_rng(0)).fit(X, Y).predict_proba(X)
    )
    assert np.array_equal(*[quick(random_state=np.random.RandomState(7)).fit(X, Y).predict_proba(X) for _ in range(2)])
    probabilities = []
    for _ in range(2):
        autograd.seed(4)
        probabilities.append(quick(random_state=None).fit(X, Y).predict_proba(X))
    np.testing.assert_array_equal(*probabilities)


def test_partial_fit_and_warm_start_go_on() -> None:
    apart = quick(epochs=1).fit(X, Y)
    for _ in range(2):
        apart.partial_fit(X, Y)
    warm = quick(epochs=1, warm_start=True)
    for _ in range(3):
        warm.fit(X, Y)
    at_once = quick(epochs=3).fit(X, Y)
    for net in (apart, warm):
        np.testing.assert_array_equal(net.predict_proba(X), at_once.predict_proba(X))
        assert net.n_iter_ == 3
    cold = quick(epochs=1)
    assert cold.fit(X, Y).fit(X, Y).n_iter_ == 1


def test_partial_fit_learns_classes_that_come_later() -> None:
    net = quick(lr=0.05)
    for _ in range(20):
        for c in range(3):
            net.partial_fit(X[c::3], Y[c::3], classes=[0, 1, 2])
    assert net.score(X, Y) > 0.9
    with pytest.raises(ArgumentError, match=r"classes that are not among those known, \[0 1 2\]: \[7\]"):
        net.partial_fit(X, Y + 7 * (Y == 2) - 2 * (Y == 2))
    with pytest.raises(ArgumentError, match="the same in every call"):
        net.partial_fit(X, Y, classes=[0, 1])


def test_early_stopping_keeps_the_best_weights() -> None:
    net = quick(epochs=300, lr=0.1, early_stopping=True, validation_fraction=0.2, patience=5).fit(X, Y)
    assert net.history_.stopped == "early stopping"
    assert net.n_iter_ == net.history_.best_epoch + 5
    with pytest.raises(ArgumentError, match=r"validation_fraction must be between 0 and 1; got 1\.5"):
        quick(early_stopping=True, validation_fraction=1.5).fit(X, Y)


def test_several_targets() -> None:
    x, y = load_diabetes(return_X_y=True)
    targets = np.column_stack([y, -2 * y])
    net = TransformedTargetRegressor(NetRegressor((), epochs=300, random_state=0), transformer=StandardScaler()).fit(
        x, targets
    )
    assert net.predict(x).shape == (442, 2)
    assert net.score(x, targets) > 0.45
    alone = NetRegressor((), epochs=1).fit(x, y)
    assert alone.predict(x).shape == (442,)
    assert NetRegressor((), epochs=1).fit(x, y[:, None]).predict(x).shape == (442, 1)
    with pytest.raises(ShapeError, match="y must have 1 numbers a row, as before; got 2"):
        alone.partial_fit(x, targets)


def test_weight_decay_is_ridge_regression() -> None:
    from sklearn.linear_model import Ridge

    x, y = load_diabetes(return_X_y=True)
    x, y = x / x.std(axis=0), (y - y.mean()) / y.std()

    def momentum(params: Any) -> Any:
        return optim.SGD(params, lr=0.1, momentum=0.9, weight_decay=0.1)

    net = NetRegressor((), optimizer=momentum, epochs=300, batch_size=442, random_state=0).fit(x, y)
    np.testing.assert_allclose(net.predict(x), Ridge(alpha=442 * 0.1 / 2).fit(x, y).predict(x), atol=1e-5)


@pytest.mark.parametrize(
    "loss", ["squared_error", "absolute_error", "huber", lambda output, y: (output - y) ** 4, nn.MSELoss()]
)
def test_losses(loss: Any) -> None:
    x = np.random.default_rng(0).normal(size=(200, 1))
    net = NetRegressor((16,), loss=loss, lr=0.03, epochs=60, batch_size=50, random_state=0).fit(x, np.sin(x[:, 0]))
    assert net.score(x, np.sin(x[:, 0])) > 0.9
    if isinstance(loss, nn.MSELoss):
        with pytest.raises(ArgumentError, match=r"one value a row.*reduction='none'"):
            net.fit(x, x[:, 0], sample_weight=np.ones(200))
    else:
        net.fit(x, x[:, 0], sample_weight=np.ones(200))


def test_modules_activations_and_optimizers_of_ones_own() -> None:
    def narrow(inputs: int, outputs: int, rng: Any) -> nn.Module:
        return nn.Sequential(
            nn.Linear(inputs, 4, rng=rng), nn.BatchNorm1d(4), nn.Dropout(0.1, rng=rng), nn.Linear(4, outputs, rng=rng)
        )

    net = quick(module=narrow, lr=0.05).fit(X, Y)
    assert net.score(X, Y) > 0.85
    assert not net.model_.training
    assert net.model_[0].weight.dtype == np.float64
    given = nn.Linear(4, 3, rng=np.random.default_rng(0))
    before = given.state_dict()
    assert (
        quick(module=given, optimizer=optim.SGD, lr=0.1, weight_decay=1e-4).fit(X, Y).model_.weight.dtype == np.float32
    )
    np.testing.assert_array_equal(given.weight.numpy(), before["weight"])
    weighted = quick(optimizer="AdamW", weight_decay=0.5, activation=nn.Tanh).fit(X, Y)
    assert weighted.optimizer_.param_groups[0]["weight_decay"] == 0.5
    assert isinstance(weighted.model_[1], nn.Tanh)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"optimizer": "adamm"}, r"optimizer must be one of .*adam.*; got 'adamm'"),
        ({"activation": "rely"}, r"activation must be one of relu, .*; got 'rely'"),
        ({"hidden_layer_sizes": (8, 0)}, "a size in hidden_layer_sizes must be a positive integer; got 0"),
        ({"epochs": 0}, "epochs must be a positive integer; got 0"),
        ({"batch_size": 0}, "batch_size must be a positive integer; got 0"),
        ({"module": lambda inputs, outputs, rng: 3}, r"must return a nn\.Module; got a int"),
        ({"module": 3}, r"module must be a nn\.Module, or a function .*; got 3"),
        ({"loss": "hinge"}, r"loss must be None, .* or a function\(output, target\); got 'hinge'"),
    ],
)
def test_bad_parameters_are_refused_in_fit(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        quick(**options).fit(X, Y)
    with pytest.raises(ArgumentError, match="loss must be one of squared_error"):
        NetRegressor(loss="mse").fit(X, Y)


def test_progress_if_it_is_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    quick(epochs=1).fit(X, Y)
    assert capsys.readouterr() == ("", "")
    quick(epochs=1, verbose=True).fit(X, Y)
    assert "NetClassifier: epoch 1/1: train" in capsys.readouterr().err


def test_nn_is_imported_without_scikit_learn() -> None:
    code = (
        "import sys, nn; assert not {'sklearn', 'tqdm', 'matplotlib', 'pandas', 'optim'} & set(sys.modules), 'too much'"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    code = "import sys; sys.modules['sklearn'] = None; import nn.estimator"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'chainrule[train]'" in done.stderr


@pytest.mark.parametrize("options", [{}, {"early_stopping": True}, {"clip_norm": 0.5, "warm_start": True}])
def test_captured_is_the_same_network(options: dict[str, Any]) -> None:
    x = np.random.default_rng(0).normal(size=(90, 4))
    y, weight = x[:, 0] * x[:, 1] > 0, np.random.default_rng(1).random(90)
    for kind, target in ((NetClassifier, y), (NetRegressor, x[:, :2] ** 2)):
        found = []
        for capture in (False, True):
            net = kind((8,), epochs=4, batch_size=32, random_state=0, capture=capture, **options)
            for _ in range(2):
                net.fit(x, target, sample_weight=weight)
            found.append([p.numpy().tobytes() for p in net.model_.parameters()])
        assert found[0] == found[1]
