"""What became of patients with a similar risk, against counts by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hfcore.reporting.calibration import calibration_bins, wilson_interval
from hfcore.reporting.curves import threshold_counts
from hfcore.reporting.patients_alike import group_of, interpolated, risk_bars, share_below
from hfcore.reporting.report import Curve, ModelReport


@pytest.fixture(scope="module")
def judged() -> tuple[np.ndarray, np.ndarray, ModelReport]:
    """Outcomes, risks, and a report made of them."""
    rng = np.random.default_rng(7)
    risk = rng.beta(1.2, 2.4, 299)
    died = rng.random(299) < risk
    report = ModelReport(
        run_id="r", child_id="c", algorithm="a", steps=(), labels=("0", "1"), positive_label="1", label_column="y",
        features=("x",), excluded_columns=(), uses_follow_up_time=False, rows=299, events=int(died.sum()), validation="v",
        metrics={}, fold_metrics={}, roc=Curve((), ()), precision_recall=Curve((), ()),
        calibration=calibration_bins(died, risk), thresholds=threshold_counts(died, risk), brier=0.1,
    )  # fmt: skip
    return died, risk, report


def test_a_risk_finds_its_calibration_group(judged: tuple[np.ndarray, np.ndarray, ModelReport]) -> None:
    """Every risk gets the group whose mean is next to it, with the share and the Wilson interval of the report."""
    _, _, report = judged
    means = [b.predicted for b in report.calibration]
    for risk in np.linspace(0, 1, 41):
        group = group_of(report, float(risk))
        assert group is not None
        assert group.low <= risk <= group.high
        assert abs(group.found.predicted - risk) == pytest.approx(min(abs(m - risk) for m in means))
        deaths = round(group.found.observed * group.found.rows)
        assert (group.found.low, group.found.high) == pytest.approx(wilson_interval(deaths, group.found.rows))


def test_groups_are_next_to_each_other(judged: tuple[np.ndarray, np.ndarray, ModelReport]) -> None:
    """The groups cover 0 to 1 without gaps."""
    _, _, report = judged
    groups = [group_of(report, b.predicted) for b in report.calibration]
    assert [g.low for g in groups if g] == [0.0, *[g.high for g in groups if g][:-1]]
    assert groups[-1] is not None
    assert groups[-1].high == 1.0


def test_the_place_among_all_is_the_share_below(judged: tuple[np.ndarray, np.ndarray, ModelReport]) -> None:
    """The share with a lower risk is exact at whole percentages and never off by more than the patients in between."""
    _, risk, report = judged
    for cut in np.linspace(0, 1, 101):
        assert share_below(report, float(cut)) == pytest.approx(np.mean(risk < cut))
    for value in (0.003, 0.1234, 0.5678, 0.999):
        inside = np.mean(np.floor(100 * risk) == np.floor(100 * value))
        assert share_below(report, value) == pytest.approx(np.mean(risk < value), abs=inside + 1e-9)


def test_bars_count_everybody_once(judged: tuple[np.ndarray, np.ndarray, ModelReport]) -> None:
    """The bars hold what a histogram holds, for both outcomes, a risk of exactly 1 included."""
    died, risk, report = judged
    bars = risk_bars(report)
    edges = np.linspace(0, 1, 21)
    assert [b.events for b in bars] == np.histogram(risk[died], edges)[0].tolist()
    assert [b.others for b in bars] == np.histogram(risk[~died], edges)[0].tolist()
    sure = replace(report, thresholds=threshold_counts(np.array([1, 0]), np.array([1.0, 0.0])))
    assert (risk_bars(sure)[-1].events, risk_bars(sure)[0].others) == (1, 1)


def test_what_a_report_does_not_hold_is_not_known(judged: tuple[np.ndarray, np.ndarray, ModelReport]) -> None:
    """Without predictions of single patients there is no group, no place and no bar."""
    bare = replace(judged[2], calibration=(), thresholds=())
    assert (group_of(bare, 0.3), share_below(bare, 0.3), risk_bars(bare)) == (None, None, ())


def test_a_curve_is_read_between_its_points() -> None:
    """Between two points a curve is a straight line; beyond its ends it stays where it is; doubled points do no harm."""
    x, y = (0.0, 1.0, 1.0, 3.0), (0.1, 0.3, 0.5, 0.9)
    assert [interpolated(x, y, at) for at in (-1.0, 0.5, 2.0, 9.0)] == pytest.approx([0.1, 0.2, 0.7, 0.9])
