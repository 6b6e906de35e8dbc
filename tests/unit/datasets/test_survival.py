import math
import warnings

import numpy as np
import pytest

from hfcore.datasets.heart_failure import HEART_FAILURE_SCHEMA, load_heart_failure
from hfcore.datasets.survival import kaplan_meier, median_follow_up, survival_by


@pytest.fixture(scope="module")
def records():
    return load_heart_failure()


def reference(days, died):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # lifelines and its plotting imports use outdated names of their own
        from lifelines import KaplanMeierFitter

        return KaplanMeierFitter().fit(days, died)


@pytest.mark.parametrize("who", ["all", "women", "weak hearts", "tied"])
def test_survival_and_band_equal_lifelines(records, who):
    """Survival, its 95 % band, the median and the numbers at risk equal lifelines' to 1e-9."""
    rows = {
        "all": records,
        "women": records[records["sex"] == 0],
        "weak hearts": records[records["ejection_fraction"] < 30],
        "tied": records.assign(time=records["time"] // 60),
    }[who]
    days, died = rows["time"].to_numpy(), rows["DEATH_EVENT"].to_numpy()
    ours, theirs = kaplan_meier(days, died), reference(days, died)
    expected = theirs.survival_function_at_times(ours.times).to_numpy()
    assert np.allclose(ours.survival, expected, atol=1e-9, rtol=0)
    band = theirs.confidence_interval_.loc[list(ours.times)].to_numpy()
    alive = np.array(ours.survival) > 0
    assert np.allclose(np.c_[ours.low, ours.high][alive], band[alive], atol=1e-9, rtol=0)
    assert (math.inf if ours.median is None else ours.median) == theirs.median_survival_time_
    at_risk = theirs.event_table["at_risk"].loc[list(ours.times)]
    assert list(ours.at_risk[1:]) == at_risk.tolist()[1:]


def test_median_follow_up_is_the_reverse_estimate(records):
    """The median follow-up counts deaths as censored and equals lifelines'."""
    days, died = records["time"].to_numpy(), records["DEATH_EVENT"].to_numpy()
    assert median_follow_up(days, died) == reference(days, 1 - died).median_survival_time_


def test_groups_add_up_and_are_named(records):
    """Both groups of a factor or a cut hold everybody, under names with units."""
    women, men = survival_by(records, "sex", HEART_FAILURE_SCHEMA)
    assert (women.name, women.rows, women.deaths, men.name, men.rows, men.deaths) == ("woman", 105, 34, "man", 194, 62)
    low, high = survival_by(records, "ejection_fraction", HEART_FAILURE_SCHEMA, cut=30)
    assert (low.name, high.name) == ("Ejection fraction below 30 %", "Ejection fraction 30 % or more")
    assert low.rows + high.rows == 299
    assert low.survival[-1] < high.survival[-1]
    names = [c.name for c in survival_by(records, "serum_creatinine", HEART_FAILURE_SCHEMA)]
    assert names == ["Serum creatinine below 1.1 mg/dL", "Serum creatinine 1.1 mg/dL or more"]


def test_numbers_at_risk_count_who_is_still_observed(records):
    """The number at risk at a time is the number of patients observed at least that long."""
    curve = kaplan_meier(records["time"], records["DEATH_EVENT"])
    for days in (0, 50, 100, 285, 286):
        assert curve.at_risk_after(days) == int((records["time"] >= days).sum())


def test_rows_without_the_factor_are_left_out(records):
    """A patient whose factor is missing is in neither group."""
    frame = records.astype({"anaemia": "float64"})
    frame.loc[:9, "anaemia"] = np.nan
    assert sum(c.rows for c in survival_by(frame, "anaemia", HEART_FAILURE_SCHEMA)) == 289


def test_nobody_is_no_crash():
    """An empty group has one point: time 0, everybody alive, nobody at risk."""
    curve = kaplan_meier([], [])
    assert (curve.times, curve.survival, curve.at_risk, curve.median) == ((0.0,), (1.0,), (0,), None)
