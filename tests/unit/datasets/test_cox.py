"""The Cox model and the log-rank test, held against lifelines; the published findings."""

import warnings

import numpy as np
import pytest

from hfcore.datasets.cox import NotEstimable, concordance, fit, proportionality
from hfcore.datasets.cox_model import cox_model, round_step
from hfcore.datasets.follow_up import FollowUp, follow_up
from hfcore.datasets.heart_failure import HEART_FAILURE_SCHEMA, load_heart_failure
from hfcore.datasets.log_rank import log_rank
from hfcore.datasets.schema import Column, Schema
from hfcore.datasets.survival import survival_difference
from hfcore.datasets.validation import infer_schema

KNOWN = [c.name for c in HEART_FAILURE_SCHEMA.features if c.known_at_scoring]
TIMES = FollowUp("time", "DEATH_EVENT")


@pytest.fixture(scope="module")
def records():
    return load_heart_failure()


@pytest.fixture(scope="module")
def lifelines():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # lifelines and its plotting imports use outdated names of their own
        import lifelines
        import lifelines.statistics

        yield lifelines


@pytest.fixture(params=["as recorded", "tied"])
def both(request, records, lifelines):
    """Our fit and lifelines' on the records, and on whole fortnights, where most deaths share their time with others."""
    frame = records if request.param == "as recorded" else records.assign(time=records["time"] // 14 + 1)
    theirs = lifelines.CoxPHFitter().fit(frame, "time", "DEATH_EVENT", fit_options={"precision": 1e-12})
    return frame, fit(frame["time"], frame["DEATH_EVENT"], frame[KNOWN]), theirs


def test_coefficients_equal_lifelines(both):
    """Coefficients, standard errors and likelihood equal lifelines' to 1e-6, ties included."""
    _, ours, theirs = both
    assert np.allclose(ours.coefficients, theirs.params_[KNOWN], rtol=1e-6, atol=0)
    assert np.allclose(ours.errors, theirs.standard_errors_[KNOWN], rtol=1e-6, atol=0)
    assert ours.log_likelihood == pytest.approx(theirs.log_likelihood_, rel=1e-9)


def test_concordance_equals_lifelines(both):
    """Harrell's concordance equals lifelines', with tied times and tied risks."""
    frame, ours, theirs = both
    risks = frame[KNOWN].to_numpy() @ ours.coefficients
    assert concordance(frame["time"], frame["DEATH_EVENT"], risks) == pytest.approx(theirs.concordance_index_, abs=1e-12)


def test_proportionality_equals_lifelines(both, lifelines):
    """The check of the Schoenfeld residuals equals lifelines' on the scale of the share that has died, to 1e-6."""
    frame, ours, theirs = both
    found = lifelines.statistics.proportional_hazard_test(theirs, frame, time_transform="km")
    expected = dict(zip(list(theirs.params_.index), found.p_value, strict=True))
    assert np.allclose(proportionality(ours), [expected[name] for name in KNOWN], atol=1e-6, rtol=0)


def test_log_rank_equals_lifelines(records, lifelines):
    """Between two and between several groups, the log-rank p value equals lifelines' to 1e-9."""
    for groups in (records["high_blood_pressure"], records["ejection_fraction"] // 20, records["age"] // 10):
        found = lifelines.statistics.multivariate_logrank_test(records["time"], groups, records["DEATH_EVENT"])
        assert log_rank(records["time"], records["DEATH_EVENT"], groups) == pytest.approx(found.p_value, rel=1e-9)


def test_log_rank_needs_two_groups_and_a_death(records):
    """One group, or nobody dead, gives no p value."""
    assert log_rank(records["time"], records["DEATH_EVENT"], np.zeros(299)) is None
    assert log_rank(records["time"], np.zeros(299), records["sex"]) is None


def test_a_factor_is_compared_in_its_groups(records):
    """A number is cut where one says, a yes/no by its values; the published p of high blood pressure is below 0.05."""
    assert survival_difference(records, "ejection_fraction", HEART_FAILURE_SCHEMA, cut=30) < 0.001
    assert survival_difference(records, "high_blood_pressure", HEART_FAILURE_SCHEMA) == pytest.approx(0.0358, abs=5e-4)
    assert survival_difference(records, "sex", HEART_FAILURE_SCHEMA) > 0.5


def test_published_findings_are_reproduced(records):
    """Age, creatinine and ejection fraction go with death in the published direction and size (Ahmad et al. 2017)."""
    model = cox_model(records, KNOWN, HEART_FAILURE_SCHEMA, TIMES)
    terms = {t.column: t for t in model.terms}
    assert [t.column for t in model.terms[:3]] == ["age", "ejection_fraction", "serum_creatinine"]
    assert all(terms[name].p < 0.001 for name in ("age", "ejection_fraction", "serum_creatinine"))
    assert terms["age"].ratio ** (1 / terms["age"].step) == pytest.approx(1.05, abs=0.01)
    assert terms["ejection_fraction"].ratio ** (1 / terms["ejection_fraction"].step) == pytest.approx(0.95, abs=0.01)
    assert terms["serum_creatinine"].ratio == pytest.approx(1.38, abs=0.05)
    assert terms["anaemia"].ratio > 1 > terms["serum_sodium"].ratio
    assert (model.rows, model.deaths) == (299, 96)
    assert 0.74 <= model.concordance <= 0.77
    assert terms["ejection_fraction"].changes_p < 0.05


def test_steps_are_round(records):
    """The step of a hazard ratio is the 1, 2 or 5 times a power of ten nearest to the standard deviation."""
    assert [round_step(s) for s in (11.9, 0.03, 4.4, 97_804, 1.0)] == [10, 0.02, 5, 100_000, 1]
    contrasts = {t.column: t.contrast for t in cox_model(records, KNOWN, HEART_FAILURE_SCHEMA, TIMES).terms}
    assert contrasts["age"] == "per 10 years"
    assert contrasts["platelets"] == "per 100,000 per µL"
    assert contrasts["sex"] == "man against woman"


def test_what_cannot_be_fitted_is_said(records):
    """Gaps, constants, names and too many columns are left out by name; hopeless data raise, they do not answer."""
    frame = records.assign(one=1.0, gaps=np.where(records.index % 2, 1.0, np.nan), who=[f"p{i}" for i in range(299)])
    frame["part"] = np.where(records.index % 3, "north", "south")
    frame.loc[0, "age"] = np.nan
    model = cox_model(frame, ["age", "one", "gaps", "who", "part"], infer_schema(frame), TIMES)
    assert {name for name, _ in model.left_out} == {"one", "gaps", "who"}
    assert {t.contrast for t in model.terms} == {"per 10 years", "south against north"}
    assert (model.rows, model.of_rows) == (298, 299)
    for hopeless in (records.assign(DEATH_EVENT=0), records.assign(age=records["sex"]), records.assign(age=-records["time"])):
        with pytest.raises(NotEstimable):
            cox_model(hopeless, ["age", "sex"], HEART_FAILURE_SCHEMA, TIMES)


def test_a_long_table_is_drawn_from(records):
    """Above 10,000 patients a random 10,000, always the same, make the model."""
    import pandas as pd

    frame = pd.concat([records] * 40, ignore_index=True)
    model = cox_model(frame, ["age", "sex"], HEART_FAILURE_SCHEMA, TIMES)
    assert (model.rows, model.of_rows) == (10_000, 11_960)
    assert model == cox_model(frame, ["age", "sex"], HEART_FAILURE_SCHEMA, TIMES)


def test_survival_needs_a_time_and_an_event():
    """Only a table with a follow-up time and a yes/no event has survival."""
    assert follow_up(HEART_FAILURE_SCHEMA) == TIMES
    weight, died = Column("weight", "weight", "number"), Column("died", "died", "boolean", is_label=True)
    months = Column("months", "Months", "number", group="follow-up")
    assert follow_up(Schema((weight, died))) is None
    assert follow_up(Schema((weight, months))) is None
    assert follow_up(Schema((weight, months, died))) == FollowUp("months", "died")
