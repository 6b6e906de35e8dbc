import numpy as np
import pandas as pd
import pytest

from hfcore.datasets.guardrails import check_guardrails
from hfcore.datasets.heart_failure import HEART_FAILURE_SCHEMA, load_heart_failure
from hfcore.datasets.ranks import rank_area
from hfcore.datasets.repeats import NearRepeats, near_repeats, repeated_rows
from hfcore.reporting.subgroups import delong


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


def test_the_evidence_has_delongs_interval(records):
    """The AUC of `time` alone comes with the interval that the reports' own DeLong gives, turned around as the AUC is."""
    truth = (records["DEATH_EVENT"] == 1).to_numpy()
    expected = delong(truth, -records["time"].to_numpy(dtype=float))
    area = rank_area(records["time"], truth).turned()
    assert (area.auc, area.low, area.high) == pytest.approx((expected.value, expected.low, expected.high), abs=1e-12)
    assert f"(95 % {area.low:.3f} to {area.high:.3f})" in found(records)["Leakage"].sentence


def test_text_that_gives_the_outcome_away_is_leakage(records):
    """A text column that says how it ended is named; one that says nothing is not, however many values it has."""
    random = np.random.default_rng(1)
    frame = records.assign(
        discharge=np.where(records["DEATH_EVENT"] == 1, "mortuary", "home"), ward=random.integers(0, 60, 299).astype(str)
    )
    sentence = found(frame, schema=None)["Leakage"].sentence
    assert "'discharge' alone ranks the outcomes with an AUC of 1.000" in sentence
    assert "ward" not in sentence


def test_near_duplicates_are_found_and_named(records):
    """Two rows that differ in one cell are counted with the column they differ in; exact copies are not counted here."""
    corrected = records.iloc[[10, 20]].assign(serum_creatinine=[3.3, 3.4])
    frame = pd.concat([records, corrected, records.iloc[[5]]])
    rails = found(frame)
    assert rails["Near-duplicates"].sentence == "2 rows agree with an earlier one in all columns but one: 'serum_creatinine' 2."
    assert rails["Duplicate rows"].sentence.startswith("1 rows")
    assert found(records)["Near-duplicates"].state == "Passed"


@pytest.mark.parametrize("seed", range(5))
def test_repeats_are_those_that_comparing_every_pair_finds(seed):
    """Hashes find exactly the repetitions, plain and but for one cell, that a comparison of all pairs finds, gaps included."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame({f"x{i}": random.normal(size=60).round(1) for i in range(4)})
    frame["word"] = random.choice(["a", "b", None], 60)
    frame.loc[::7, "x0"] = np.nan
    copies = frame.sample(20, random_state=seed)
    copies.iloc[:10, random.integers(0, 5)] = None
    frame = pd.concat([frame, copies], ignore_index=True)
    cells = frame.astype(object).where(frame.notna(), "gap").to_numpy()
    unique = [i for i in range(80) if not any((cells[i] == cells[j]).all() for j in range(i))]
    near = [i for i in unique if any((cells[i] != cells[j]).sum() == 1 for j in unique if j < i)]
    assert repeated_rows(frame) == 80 - len(unique)
    assert near_repeats(frame) == NearRepeats(len(near), near_repeats(frame).columns)


def test_numberings_and_endless_text_are_told(records):
    """A column that counts the rows is alerted; text with a value of its own in each row is said to be left out."""
    notes = records.assign(note=[f"patient {i}" for i in range(299)])
    assert found(notes, schema=None)["High cardinality"].state == "Done"
    rail = found(notes.assign(record=range(5, 304)), schema=None)["High cardinality"]
    assert (rail.state, "'record' numbers the rows." in rail.sentence) == ("Alerted", True)
    assert found(records)["High cardinality"].state == "Passed"


def test_a_long_table_is_judged_by_a_sample_that_is_said(records, monkeypatch):
    """Above the limit the costly checks look at rows drawn at random, and say so; exact copies are counted over all rows."""
    monkeypatch.setattr("hfcore.datasets.guardrails.MOST_JUDGED", 200)
    rails = found(pd.concat([records, records.iloc[:3]]))
    said = {name for name, rail in rails.items() if "Judged by 200 rows drawn at random." in rail.sentence}
    assert said == {"Leakage", "Near-duplicates", "Filled-in values"}
    assert rails["Duplicate rows"].sentence.startswith("3 rows")


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
    assert len(found(records.iloc[:0])) == 10
