"""The exported file predicts what the fitted pipeline predicts, on every row, for every pipeline of the portfolio."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from hfcore.automl.graph import run_model
from hfcore.automl.outcome import TrialPlan
from hfcore.automl.pipeline import fit_pipeline
from hfcore.automl.portfolio import plan_trials
from hfcore.automl.settings import AutoMLSettings
from hfcore.automl.table import TrainingTable
from tests.unit.automl.runs import first_of_each_family

PORTFOLIO = [p for p in plan_trials(AutoMLSettings(label_column_name="y"), 299) if not p.is_ensemble]
FAMILIES = first_of_each_family()


@pytest.mark.parametrize("plan", PORTFOLIO, ids=[f"{p.number} {p.family}" for p in PORTFOLIO])
def test_every_pipeline_predicts_the_same_from_its_file(plan: TrialPlan, table: TrainingTable) -> None:
    """On all 299 rows no probability differs by more than 1e-6."""
    pipeline = fit_pipeline(plan, table.values, table.codes, 2, seed=5, impute=True)
    exported = run_model(pipeline.to_onnx(), table.values)
    assert exported.shape == (299, 2)
    assert np.abs(exported - pipeline.predict(table.values)).max() <= 1e-6


@pytest.mark.parametrize("plan", FAMILIES, ids=[p.family for p in FAMILIES])
def test_every_family_takes_three_classes_and_missing_cells(plan: TrialPlan, three_classes: TrainingTable) -> None:
    """With three classes and gaps the file still agrees on every row, also on rows far outside the training range."""
    t = three_classes
    pipeline = fit_pipeline(plan, t.values, t.codes, 3, seed=5, impute=True)
    rows = np.vstack([t.values, t.values * 10, -t.values, np.full((1, 5), np.nan, dtype=np.float32)])
    expected = pipeline.predict(rows)
    assert np.abs(run_model(pipeline.to_onnx(), rows) - expected).max() <= 1e-6
    assert np.isfinite(expected).all()
    assert np.allclose(expected.sum(axis=1), 1)
    assert (expected[:120].argmax(axis=1) == t.codes).mean() > 0.45


@pytest.mark.parametrize("plan", FAMILIES, ids=[p.family for p in FAMILIES])
def test_the_file_has_one_input_and_one_output(plan: TrialPlan, table: TrainingTable) -> None:
    """`features` is float32 [N, k] and `probabilities` is [N, classes]; nothing else goes in or out."""
    model = onnx.load_model_from_string(fit_pipeline(plan, table.values, table.codes, 2, seed=5, impute=True).to_onnx())
    onnx.checker.check_model(model, full_check=True)
    given, made = list(model.graph.input), list(model.graph.output)
    assert [v.name for v in given] == ["features"]
    assert [v.name for v in made] == ["probabilities"]
    assert given[0].type.tensor_type.elem_type == onnx.TensorProto.FLOAT
    assert given[0].type.tensor_type.shape.dim[1].dim_value == 12
    assert made[0].type.tensor_type.shape.dim[1].dim_value == 2


def test_values_on_a_split_go_the_same_way(table: TrainingTable) -> None:
    """Rows made of the trees' own thresholds, and their neighbours in single precision, are predicted alike."""
    rng = np.random.default_rng(0)
    picked = rng.integers(299, size=(200, 12))
    a, b = table.values[picked, np.arange(12)], table.values[np.roll(picked, 1), np.arange(12)]
    middle = ((a.astype(np.float64) + b) / 2).astype(np.float32)
    rows = np.vstack([middle, np.nextafter(middle, np.float32(np.inf)), np.nextafter(middle, np.float32(-np.inf))])
    for plan in (p for p in FAMILIES if p.family not in ("LogisticRegression", "SGD", "SVM", "KNN")):
        pipeline = fit_pipeline(plan, table.values, table.codes, 2, seed=5, impute=True)
        assert np.abs(run_model(pipeline.to_onnx(), rows) - pipeline.predict(rows)).max() <= 1e-6, plan.algorithm
