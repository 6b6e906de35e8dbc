"""What the worker adds to each report: importance, dependence, and what the model costs."""

from __future__ import annotations

import numpy as np
import pytest

from hfcore.automl.graph import run_model
from hfcore.automl.outcome import load_outcome
from hfcore.datasets import load_heart_failure
from hfcore.reporting.report import ModelReport
from tests.finished import FinishedRun


@pytest.fixture
def report(finished_run: FinishedRun) -> ModelReport:
    """The report of the finished run's best child run."""
    return finished_run.open().report(finished_run.run_id)


def test_every_child_run_is_explained(finished_run: FinishedRun) -> None:
    """Each report, an ensemble's too, tells the importance of every variable with its interval, and how the risk goes with it."""
    ws = finished_run.open()
    for child in ws.children(finished_run.run_id):
        told = ws.report(finished_run.run_id, child.id)
        assert {i.feature for i in told.importance} == {d.feature for d in told.dependence} == set(told.features)
        for i in told.importance:
            assert i.loss.low is not None
            assert i.loss.high is not None
            assert i.loss.low <= i.loss.value <= i.loss.high
        assert all(0 <= risk <= 1 for d in told.dependence for risk in (*d.mean, *np.ravel(d.lines)))


def test_what_is_known_to_matter_is_found(report: ModelReport) -> None:
    """Ejection fraction and serum creatinine lead (Chicco and Jurman 2020), and neither may be 0; risk falls with the first."""
    leading = report.importance[:3]
    assert {"ejection_fraction", "serum_creatinine"} < {i.feature for i in leading}
    assert all(i.loss.low is not None and i.loss.low > 0 for i in leading if i.feature != "age")
    curve = next(d for d in report.dependence if d.feature == "ejection_fraction")
    assert curve.mean[0] > curve.mean[-1] + 0.1


def test_the_curves_are_those_of_the_file_that_is_served(finished_run: FinishedRun, report: ModelReport) -> None:
    """Each mean is what the exported model says of the same number of patients, each given that value."""
    path = next(finished_run.home.glob(f"runs/*/children/{report.child_id.rpartition('_')[2]}.*.onnx"))
    model = path.read_bytes()
    assert report.model_bytes == len(model)
    rows = load_heart_failure()[list(report.features)].to_numpy(np.float32)
    sex = report.features.index("sex")
    curve = report.dependence[sex]
    assert curve.rows > 100
    for value, mean in zip(curve.grid, curve.mean, strict=True):
        asked = rows.copy()
        asked[:, sex] = value
        assert run_model(model, asked)[:, 1].mean() == pytest.approx(mean, abs=0.06)  # all patients there, a part here


def test_what_a_model_costs_is_measured(finished_run: FinishedRun, report: ModelReport) -> None:
    """The report tells how long the child run took and how long one row takes."""
    child = next(c for c in finished_run.open().children(finished_run.run_id) if c.id == report.child_id)
    assert report.fit_seconds == child.seconds
    assert report.row_ms is not None
    assert report.row_ms > 0


def test_the_material_is_kept_for_a_worker_that_takes_over(finished_run: FinishedRun) -> None:
    """Each child run's file holds what its fold models said with a column shuffled: columns, repeats, rows, classes."""
    for path in finished_run.home.glob("runs/*/children/*.npz"):
        shuffled = load_outcome(path).shuffled
        assert shuffled is not None
        assert shuffled.shape == (11, 4, 299, 2)
