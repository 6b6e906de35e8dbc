"""fit: a whole run in process, small."""

from __future__ import annotations

import numpy as np
import onnx
import pandas as pd
import pytest

import hfcore.automl
from hfcore.automl import AutoMLSettings
from hfcore.datasets import load_heart_failure
from hfcore.states import RunState


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """The 299 heart failure records."""
    return load_heart_failure()


def test_a_short_run_tells_what_it_does_and_returns_a_model(frame: pd.DataFrame) -> None:
    """Every planned trial is announced, ends, and the best one predicts rows it is given."""
    settings = AutoMLSettings(
        label_column_name="DEATH_EVENT",
        excluded_columns=["time"],
        allowed_models=["LogisticRegression", "KNN"],
        n_cross_validations=3,
    )
    plans, started, children, phases = [], [], [], []
    result = hfcore.automl.fit(
        frame, settings, children.append, on_plan=plans.extend, on_start=started.append, on_phase=phases.append
    )
    assert (
        [p.number for p in plans]
        == [p.number for p in started]
        == [c.number for c in children]
        == [c.number for c in result.children]
    )
    assert {c.state for c in children} == {RunState.COMPLETED}
    ahead = max(c.score for c in children if c.score)
    assert result.best.score == ahead or (result.best.algorithm == "VotingEnsemble" and result.head_start > 0)
    assert "time" not in result.features
    assert result.best.model is not None
    given = onnx.load_model_from_string(result.best.model).graph.input[0]
    assert given.type.tensor_type.shape.dim[1].dim_value == len(result.features) == 11
    assert set(result.folds) == {0, 1, 2}
    proba = result.predict_proba(frame.drop(columns="DEATH_EVENT"))
    assert proba.shape == (299, 2)
    assert np.allclose(proba.sum(axis=1), 1)
    assert len(phases) == 2
