import numpy as np
import pandas as pd
import pytest

from hfcore.datasets.guardrails import check_guardrails
from hfcore.datasets.heart_failure import HEART_FAILURE_SCHEMA, load_heart_failure


@pytest.fixture
def records():
    return load_heart_failure()


def found(frame, excluded=(), label="DEATH_EVENT", schema=HEART_FAILURE_SCHEMA):
    return {g.name: g for g in check_guardrails(frame, label, schema, excluded)}


def test_the_records_have_three_alerts(records):
    """On the shipped table leakage, events per variable and filled-in values are alerted, all else passes."""
    states = {name: g.state for name, g in found(records).items()}
    assert {n for n, s in states.items() if s == "Alerted"} == {"Leakage", "Events per variable", "Filled-in values"}
    assert {n for n, s in states.items() if s == "Passed"} == set(states) - {"Leakage", "Events per variable", "Filled-in values"}


def test_each_alert_says_what_to_do(records):
    """An alert comes with advice, a pass with none."""
    assert all(bool(g.what_to_do) == (g.state == "Alerted") for g in found(records).values())


def test_leakage_shows_its_evidence(records):
    """The notice about `time` carries the AUC that `time` reaches alone, computed from the rows."""
    from sklearn.metrics import roc_auc_score

    auc = 1 - roc_auc_score(records["DEATH_EVENT"], records["time"])
    assert 0.83 < auc < 0.84
    assert f"AUC of {auc:.3f}" in found(records)["Leakage"].sentence
    shuffled = records.assign(time=np.random.default_rng(1).permutation(records["time"]))
    assert f"AUC of {auc:.3f}" not in found(shuffled)["Leakage"].sentence


def test_leaving_time_out_is_recorded_as_done(records):
    """With `time` left out the leakage check is done and the events are divided by one variable fewer."""
    rails = found(records, excluded=["time"])
    assert rails["Leakage"].state == "Done"
    assert "96 events for 11 variables: 8.7" in rails["Events per variable"].sentence


def test_a_copy_of_the_label_is_leakage(records):
    """Any column that nearly gives the outcome away is alerted, whatever its name."""
    rails = found(records.assign(discharged=1 - records["DEATH_EVENT"]), schema=None)
    assert "'discharged' alone ranks the outcomes with an AUC of 1.000" in rails["Leakage"].sentence


def test_missing_values_are_counted_by_column(records):
    """Missing cells are named with their column and count."""
    records.loc[:4, "platelets"] = np.nan
    rail = found(records)["Missing values"]
    assert rail.state == "Alerted"
    assert "'platelets' 5" in rail.sentence


def test_constant_and_repeated_are_alerted(records):
    """A constant column and a repeated row are alerted."""
    frame = pd.concat([records.assign(smoking=0), records.assign(smoking=0).iloc[[0]]])
    rails = found(frame)
    assert "'smoking'" in rails["Constant columns"].sentence
    assert rails["Duplicate rows"].sentence.startswith("1 rows")


def test_values_out_of_range_are_alerted_with_the_range(records):
    """Creatinine in another unit is counted against the accepted range."""
    records.loc[:2, "serum_creatinine"] = [88.4, 97.2, 106.1]
    rail = found(records)["Accepted ranges"]
    assert rail.state == "Alerted"
    assert rail.sentence == "'serum_creatinine' 3 outside 0.1 to 40 mg/dL."


def test_rare_outcomes_are_alerted(records):
    """An outcome with fewer than one row in five is an alert."""
    few = pd.concat([records[records["DEATH_EVENT"] == 0], records[records["DEATH_EVENT"] == 1].iloc[:20]])
    assert found(few)["Class balance"].state == "Alerted"


def test_enough_events_pass(records):
    """With two variables the records have 48 events for each, which passes."""
    others = [c for c in records.columns if c not in ("ejection_fraction", "serum_creatinine", "DEATH_EVENT")]
    assert found(records, excluded=others)["Events per variable"].state == "Passed"


def test_no_rows_are_no_crash(records):
    """A filter that leaves nobody still gives every check."""
    assert len(found(records.iloc[:0])) == 8
