"""The metrics: equal to Azure's own package, and what must hold for any predictions."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hfcore.automl.metrics import METRICS, classification_metrics, mean_over_folds
from hfcore.errors import InvalidInput

CASES = json.loads((Path(__file__).parent / "azure_metrics.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=[c["name"] for c in CASES])
def test_every_metric_equals_azures(case: dict[str, Any]) -> None:
    """Each metric is within 1e-9 of the value that azureml-metrics 0.0.91 gives, undefined where that is undefined."""
    found = classification_metrics(case["y_true"], case["y_proba"], case["labels"], case.get("sample_weight"))
    assert set(found) == set(case["expected"])
    for name, value in case["expected"].items():
        expected = math.nan if value is None else value
        assert found[name] == pytest.approx(expected, abs=1e-9, nan_ok=True), name


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), classes=st.integers(2, 4))
def test_metrics_do_not_depend_on_row_order_or_label_names(seed: int, classes: int) -> None:
    """Shuffled rows and renamed labels give the same metrics."""
    rng = np.random.default_rng(seed)
    codes, proba = rng.integers(classes, size=40), rng.dirichlet(np.ones(classes), size=40).round(2)
    order, names = rng.permutation(40), [f"label {i}" for i in range(classes)]
    plain = classification_metrics(codes, proba, list(range(classes)))
    renamed = classification_metrics(np.array(names)[codes][order], proba[order], names)
    assert plain == pytest.approx(renamed, abs=1e-12, nan_ok=True)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), classes=st.integers(2, 4))
def test_metrics_stay_in_their_ranges(seed: int, classes: int) -> None:
    """Every metric but log loss lies in [0, 1], Matthews' correlation in [-1, 1], log loss is not negative."""
    rng = np.random.default_rng(seed)
    codes, proba = rng.integers(classes, size=25), rng.dirichlet(np.full(classes, 0.3), size=25)
    found = classification_metrics(codes, proba, list(range(classes)))
    assert found.pop("log_loss") >= 0
    assert -1 <= found.pop("matthews_correlation") <= 1
    assert all(0 <= value <= 1 for value in found.values() if not math.isnan(value))


def test_auc_weighted_is_the_prevalence_weighted_one_vs_rest_auc() -> None:
    """With two labels that is the ordinary AUC of the second label's probability."""
    found = classification_metrics([0, 0, 1, 1, 1], [0.1, 0.6, 0.6, 0.7, 0.2], [0, 1])
    assert found["AUC_weighted"] == pytest.approx((1 + 1 + 1 + 0.5 + 1) / 6)


def test_a_float32_probability_of_one_gives_a_finite_log_loss() -> None:
    """A certain and wrong forecast costs much, not infinitely much."""
    found = classification_metrics([0, 1], np.array([[0, 1], [0, 1]], dtype=np.float32), [0, 1])
    assert 10 < found["log_loss"] < 40


def test_undefined_folds_are_left_out_of_the_mean() -> None:
    """The mean over folds is taken over the folds in which the metric is defined, as Azure does."""
    one_class = classification_metrics([0, 0], [[0.9, 0.1], [0.8, 0.2]], [0, 1])
    both = classification_metrics([0, 1], [[0.9, 0.1], [0.8, 0.2]], [0, 1])
    means = mean_over_folds([one_class, both])
    assert math.isnan(one_class["AUC_weighted"])
    assert means["AUC_weighted"] == both["AUC_weighted"] == 1
    assert math.isnan(mean_over_folds([one_class])["AUC_weighted"])
    assert list(means) == list(METRICS)


@pytest.mark.parametrize(
    ("y_true", "y_proba", "word"),
    [
        ([0, 2], [[0.5, 0.5], [0.5, 0.5]], "labels"),
        ([0, 1], [[0.5, 0.5]], "shape"),
        ([0], [[math.nan, 0.5]], "not a number"),
        ([], [], "row"),
    ],
)
def test_input_that_cannot_be_scored_is_refused(y_true: list[int], y_proba: list[list[float]], word: str) -> None:
    """An unknown label, a wrong shape, a value that is not a number and no rows are said, not scored."""
    with pytest.raises(InvalidInput, match=word):
        classification_metrics(y_true, y_proba, [0, 1])
