"""What docs/parallel.md and the README show: the example, the pages' Python, scikit-learn on a Dask cluster."""

from __future__ import annotations

import json
import re
import warnings
from typing import Any

import numpy as np
import pytest

from benchmarks import parallel as benchmark
from nn.estimator import NetClassifier
from tests import ROOT
from tests.nn.parallel.mpi import needs_mpiexec, run

pytest.importorskip("sklearn")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", (ROOT / "docs" / "parallel.md").read_text(), re.MULTILINE | re.DOTALL)


@needs_mpiexec
def test_the_digits_on_two_ranks() -> None:
    done = run(2, "examples/digits_parallel.py", "--epochs", "6", timeout=90)
    assert done.returncode == 0, done.stderr
    first, accuracy, speed = done.stdout.splitlines()
    assert first.startswith("2 ranks")
    assert float(re.findall(r"accuracy ([\d.]+)%", accuracy)[0]) > 92
    assert re.fullmatch(r"an epoch takes [\d.]+ s, on one process [\d.]+ s: [\d.]+ times as fast", speed)
    assert done.stderr.count("epoch 6/6: train ") == 1  # the line is rank 0's
    assert "on rank" not in done.stderr


@needs_mpiexec
def test_the_page_runs_on_two_ranks(tmp_path: Any) -> None:
    script = tmp_path / "page.py"
    script.write_text("\n".join(BLOCKS))
    done = run(2, str(script))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("2 ranks: 0.")


@needs_mpiexec
def test_the_benchmark_runs() -> None:
    done = run(2, "-m", "benchmarks.parallel", "--worker", "--slices", "1", "--seconds", "0.01", timeout=90)
    assert done.returncode == 0, done.stderr
    text = benchmark.table(json.loads(done.stdout))
    assert "| mlp_large_step, B = 128 | 128 | 2.68 |" in text
    assert "| 1,024 |" in benchmark.model_table(json.loads(done.stdout))


@pytest.mark.filterwarnings("ignore")  # Dask's own
def test_a_grid_search_on_a_dask_cluster_equals_one_process() -> None:
    distributed = pytest.importorskip("distributed")
    from joblib import parallel_config
    from sklearn.model_selection import GridSearchCV

    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2))
    y = (x[:, 0] * x[:, 1] > 0).astype(int)

    def search() -> Any:
        net = NetClassifier((4,), epochs=3, random_state=0)
        return GridSearchCV(net, {"lr": [0.001, 0.1]}, cv=2)

    expected = search().fit(x, y)
    with (
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None) as cluster,
        distributed.Client(cluster),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        with parallel_config(backend="dask"):
            found = search().fit(x, y)
    np.testing.assert_allclose(found.cv_results_["mean_test_score"], expected.cv_results_["mean_test_score"])
    assert found.best_params_ == expected.best_params_
