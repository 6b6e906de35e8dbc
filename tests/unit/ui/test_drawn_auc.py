"""The AUC that is written on drawings about one outcome."""

from __future__ import annotations

import pytest
from sklearn.metrics import roc_auc_score

from hfcore.datasets.schema import Schema
from hfcore.ui import outcome
from hfcore.ui.figures import groups, roc
from hfcore.ui.palette import palette
from hfcore.ui.words import metric
from tests.unit.reporting.test_build import material, report


def labels_on(figure: object) -> list[str]:
    """The words on a drawing."""
    return [str(note.text) for note in figure.layout.annotations]  # type: ignore[attr-defined]


def test_of_several_outcomes_the_curve_tells_its_own_area() -> None:
    """The report's AUC is over all three classes; the curve is about one of them, and its label must be too."""
    built = report(labels=("low", "mid", "high"), positive="high")
    codes, proba, _ = material(3)
    words = outcome.of(Schema(()), "grade", "high")
    own = metric(roc_auc_score(codes == 2, proba[:, 2]))
    assert f"grade = high against the rest: AUC {own}" in labels_on(roc.build(built, words, palette(False)))
    assert own != metric(built.metrics["AUC_weighted"])
    assert f"dotted: all patients, {own}" in labels_on(groups.build(built, words, palette(False)))


@pytest.mark.parametrize("late", [(), ("time",)])
def test_of_two_outcomes_it_tells_the_mean_over_the_folds(late: tuple[str, ...]) -> None:
    """As the leaderboard does, and with the warning where follow-up time is a feature."""
    built = report(features=("age", *late))
    told = labels_on(roc.build(built, outcome.of(Schema(())), palette(False)))
    assert f"the model: AUC {metric(built.metrics['AUC_weighted'])}{', with follow-up time' if late else ''}" in told


def test_the_area_under_a_roc_curve_is_the_auc() -> None:
    """Trapezoids count ties as half, as the rank statistic does."""
    codes, proba, _ = material()
    assert report().roc.area == pytest.approx(roc_auc_score(codes, proba[:, 1]), abs=1e-9)
