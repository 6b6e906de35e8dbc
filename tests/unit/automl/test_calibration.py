"""Platt's calibration: right where it is known what is right, held back where there is little to learn from."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from hfcore.automl.calibration import fit_calibration
from hfcore.automl.graph import INPUT, Graph, run_model
from hfcore.automl.ridge_logistic import softmax

RNG = np.random.default_rng(6)


def scores_and_codes(classes: int, rows: int, slope: float) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """Scores of several classes, and labels dealt by the probabilities of `slope` times the scores."""
    scores = RNG.normal(size=(rows, classes)) * 2
    p = softmax(slope * scores)
    return scores, (p.cumsum(axis=1) < RNG.random((rows, 1))).sum(axis=1)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("prior", [0.5, 30.0])
def test_it_is_the_minimum(classes: int, prior: float) -> None:
    """A general minimiser of the same objective finds the same slope and shifts."""
    scores, codes = scores_and_codes(classes, 200, 0.6)

    def objective(unknown: np.ndarray) -> float:  # type: ignore[type-arg]
        p = softmax(unknown[0] * scores + np.concatenate([[0.0], unknown[1:]]))
        return float(-np.log(p[np.arange(200), codes]).sum() + prior / 2 * (unknown[0] - 1) ** 2)

    reference = minimize(objective, np.r_[1.0, np.zeros(classes - 1)], tol=1e-10).x
    found = fit_calibration(scores, codes, prior)
    assert [found.slope, *found.shifts[1:]] == pytest.approx(reference, abs=1e-4)
    assert found.shifts[0] == 0


def test_many_rows_show_the_true_slope() -> None:
    """Scores twice too large are halved."""
    found = fit_calibration(*scores_and_codes(2, 20_000, 0.5), prior=30.0)
    assert found.slope == pytest.approx(0.5, abs=0.03)


def test_few_rows_change_little() -> None:
    """Twelve rows that a line separates do not blow up the slope."""
    scores = np.column_stack([np.zeros(12), np.linspace(-1, 1, 12)])
    found = fit_calibration(scores, (np.arange(12) > 5).astype(np.intp), prior=30.0)
    assert 1 < found.slope < 1.2
    assert np.isfinite(found.apply(scores)).all()


def test_the_order_of_two_classes_is_kept() -> None:
    """Even scores that are the wrong way round keep a positive slope."""
    scores, codes = scores_and_codes(2, 500, 1.0)
    assert fit_calibration(scores, 1 - codes, prior=1.0).slope == 0.05


def test_the_file_calibrates_alike() -> None:
    """The graph gives what apply gives."""
    scores, codes = scores_and_codes(3, 50, 0.7)
    found = fit_calibration(scores, codes, prior=5.0)
    graph = Graph(3, 3)
    model = graph.to_bytes(found.export(graph, graph.double(INPUT), np.eye(3)))
    rows = scores.astype(np.float32)
    assert np.abs(run_model(model, rows) - found.apply(rows.astype(np.float64))).max() < 1e-12
