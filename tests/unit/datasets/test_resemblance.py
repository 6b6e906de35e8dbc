"""Which patients are alike, and who is unlike all of them (fault C3)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hfcore.datasets import load_heart_failure
from hfcore.datasets.heart_failure import HEART_FAILURE_SCHEMA, SAMPLE_PATIENT
from hfcore.datasets.resemblance import Resemblance
from hfcore.datasets.schema import Column

COLUMNS = tuple(c for c in HEART_FAILURE_SCHEMA.features if c.known_at_scoring)


@pytest.fixture(scope="module")
def patients() -> pd.DataFrame:
    """The 299 published patients."""
    return load_heart_failure()


@pytest.fixture(scope="module")
def resemblance(patients: pd.DataFrame) -> Resemblance:
    """The published patients, ready to be compared with."""
    return Resemblance(patients, COLUMNS)


def test_a_patient_is_most_like_itself(patients: pd.DataFrame, resemblance: Resemblance) -> None:
    """Each of the table's own patients has itself, or its double, at distance 0."""
    for row in range(0, 299, 10):
        first = resemblance.nearest(patients.iloc[row].to_dict(), 1)[0]
        assert first.distance == pytest.approx(0, abs=1e-9)
        assert patients[[c.name for c in COLUMNS]].iloc[first.row].equals(patients[[c.name for c in COLUMNS]].iloc[row])


def test_distances_are_those_of_the_stated_rule(patients: pd.DataFrame, resemblance: Resemblance) -> None:
    """Five nearest by hand: standard deviations apart, logarithms for CPK, creatinine and platelets, every column alike."""
    frame = patients[[c.name for c in COLUMNS]].astype(float)
    point = pd.Series({c.name: float(SAMPLE_PATIENT[c.name]) for c in COLUMNS})
    for name in frame.columns:
        column = frame[name]
        skewed = ((column - column.mean()) / column.std(ddof=0)).pow(3).mean() > 1 and column.min() > 0
        assert skewed == (name in ("creatinine_phosphokinase", "serum_creatinine", "platelets"))
        if skewed:
            frame[name], point[name] = np.log(column), np.log(point[name])
    distances = np.sqrt((((frame - point) / frame.std(ddof=0)) ** 2).sum(axis=1))
    found = resemblance.nearest(SAMPLE_PATIENT)
    assert [n.row for n in found] == distances.nsmallest(5).index.tolist()
    assert [n.distance for n in found] == pytest.approx(distances.nsmallest(5).tolist())


def test_the_tables_own_patients_are_not_far(patients: pd.DataFrame, resemblance: Resemblance) -> None:
    """By the rule 1 % of the table's patients are far from every other one; none is far from the whole table, none outside."""
    rows = patients.to_dict("records")
    assert sum(resemblance.is_far(row) for row in rows) == 0
    assert [row for row in rows if resemblance.outside(row)] == []
    others = [Resemblance(patients.drop(index=i), COLUMNS).is_far(rows[i]) for i in range(0, 299, 13)]
    assert sum(others) <= 2


def test_a_value_outside_the_range_is_named(resemblance: Resemblance) -> None:
    """Each value beyond the table's is named with the table's range; yes/no never is."""
    found = resemblance.outside({**SAMPLE_PATIENT, "age": 30, "platelets": 900_000, "smoking": 7})
    assert [(o.column.name, o.value, o.low, o.high) for o in found] == [
        ("age", 30, 40, 95),
        ("platelets", 900_000, 25_100, 850_000),
    ]


def test_a_patient_unlike_all_is_far_although_every_value_is_in_range(resemblance: Resemblance) -> None:
    """A combination that nobody has is far from everybody, whatever each value alone looks like."""
    odd = {
        **SAMPLE_PATIENT,
        "age": 41,
        "creatinine_phosphokinase": 7_000,
        "ejection_fraction": 78,
        "platelets": 30_000,
        "serum_creatinine": 8.5,
        "serum_sodium": 115,
    }
    assert resemblance.outside(odd) == ()
    assert resemblance.is_far(odd)
    assert not resemblance.is_far(SAMPLE_PATIENT)


def test_text_and_gaps_are_compared_too() -> None:
    """Different texts are 1 apart, a missing number is taken as the mean, a constant column counts nothing."""
    frame = pd.DataFrame({"ward": ["a", "b", "b"], "x": [0.0, 2.0, np.nan], "same": [5, 5, 5]})
    columns = (Column("ward", "Ward", "category"), Column("x", "X", "number"), Column("same", "Same", "integer"))
    found = Resemblance(frame, columns).nearest({"ward": "b", "x": None, "same": 5}, 3)
    assert {n.row: round(n.distance, 9) for n in found} == {2: 0.0, 1: 1.0, 0: pytest.approx(2**0.5)}


def test_a_long_table_is_sampled(patients: pd.DataFrame) -> None:
    """Above 10,000 rows a sample is compared with, always the same one; ranges are still those of all rows."""
    long = pd.concat([patients] * 40, ignore_index=True)
    long.loc[len(long) - 1, "age"] = 99
    twice = [Resemblance(long, COLUMNS) for _ in range(2)]
    assert twice[0].is_sampled
    assert twice[0].nearest(SAMPLE_PATIENT) == twice[1].nearest(SAMPLE_PATIENT)
    assert twice[0].outside({"age": 99}) == ()
