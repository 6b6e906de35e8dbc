"""Tables of patients: columns found by name, every row checked, and no cell repeated in a sentence."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hfcore.datasets import load_heart_failure
from hfcore.datasets.heart_failure import HEART_FAILURE_SCHEMA
from hfcore.datasets.schema import Column
from hfcore.scoring.patient_table import matched, ready

COLUMNS = tuple(c for c in HEART_FAILURE_SCHEMA.features if c.known_at_scoring)
SAME = {c.name: c.name for c in COLUMNS}


@pytest.fixture
def patients() -> pd.DataFrame:
    """The first thirty published patients."""
    return load_heart_failure().head(30)


def test_the_published_patients_are_ready_as_they_are() -> None:
    """All 299 rows are taken, in order, with numbers as numbers and yes/no as true and false."""
    frame = load_heart_failure()
    made = ready(frame, COLUMNS, SAME)
    assert (len(made.rows), made.places, made.problems, made.total) == (299, list(range(299)), {}, 299)
    for row, (_, published) in zip(made.rows, frame.iterrows(), strict=True):
        assert {name: float(value) for name, value in row.items()} == {name: float(published[name]) for name in row}
    assert {type(made.rows[0][name]) for name in ("sex", "smoking")} == {bool}


def test_columns_are_found_by_what_people_call_them() -> None:
    """Name, title, unit in brackets, case, signs and the hospital's abbreviations lead to the same column."""
    names = ["Age (years)", "ANAEMIA", "CPK", "Diabetes", "LVEF [%]", "Hypertension", "plt", "Serum-Creatinine", "Na", "Gender"]
    found = matched(COLUMNS, [*names, "Smoker?", "other"])
    assert list(found.values()) == [*names, "Smoker?"]
    assert matched(COLUMNS[:1], ["edad"]) == {"age": None}


def test_each_problem_is_named_with_its_row(patients: pd.DataFrame) -> None:
    """Empty, unreadable, out of range, another unit: the row is set aside, with the column and what is expected; others go on."""
    frame = patients.astype(object)
    wrong = {
        (3, "age"): (None, "Age is empty."),
        (5, "age"): ("sixty", "Age cannot be read as a number."),
        (7, "age"): (17, "Age is not between 18 and 122 years."),
        (9, "serum_creatinine"): (124, "Serum creatinine looks like another unit (µmol/L); expected mg/dL."),
        (11, "smoking"): ("sometimes", "Smoking is neither no nor yes."),
        (13, "ejection_fraction"): (np.inf, "Ejection fraction cannot be read as a number."),
    }
    for (row, name), (value, _) in wrong.items():
        frame.loc[row, name] = value
    made = ready(frame, COLUMNS, SAME)
    assert made.problems == {row: sentence for (row, _), (_, sentence) in wrong.items()}
    assert made.places == [i for i in range(30) if i not in made.problems]
    assert len(made.rows) == 24


def test_a_number_without_a_range_may_be_any_number() -> None:
    """Columns of somebody's own table have no clinical range; infinity and words are no numbers."""
    frame = pd.DataFrame({"bmi": [21.5, -3.0, None, "x", np.inf]}, dtype=object)
    made = ready(frame, (Column("bmi", "BMI", "number"),), {"bmi": "bmi"})
    assert [row["bmi"] for row in made.rows] == [21.5, -3.0]
    unread = "BMI cannot be read as a number."
    assert made.problems == {2: "BMI is empty.", 3: unread, 4: unread}


def test_several_problems_of_a_row_stand_together(patients: pd.DataFrame) -> None:
    """A row with three wrong cells has three sentences."""
    frame = patients.assign(age=300.0, sex=7, time=5)
    assert ready(frame, COLUMNS, SAME).problems[0] == (
        "Age looks like another unit (months); expected years. Sex is neither woman nor man."
    )


def test_yes_and_no_are_read_in_every_spelling() -> None:
    """Words, letters, numbers and the column's own choices are understood."""
    sex, smoking = HEART_FAILURE_SCHEMA["sex"], HEART_FAILURE_SCHEMA["smoking"]
    frame = pd.DataFrame({"s": ["Woman", "MALE", "f", "m", "1", "0"], "y": ["yes", "No", "TRUE", "f", "1.0", " y "]})
    made = ready(frame, (sex, smoking), {"sex": "s", "smoking": "y"})
    assert [row["sex"] for row in made.rows] == [False, True, False, True, True, False]
    assert [row["smoking"] for row in made.rows] == [True, False, True, False, True, True]


def test_text_is_taken_as_it_stands() -> None:
    """A known text stays text although it spells a number, an unknown one is set aside, a missing one is sent as null."""
    ward = Column("ward", "Ward", "category", levels=("01", "2"))
    made = ready(pd.DataFrame({"ward": ["01", "3", None, "2"]}), (ward,), {"ward": "ward"})
    assert [row["ward"] for row in made.rows] == ["01", None, "2"]
    assert made.problems == {1: "Ward is none of the values that the model knows."}


def test_whole_numbers_stay_whole() -> None:
    """An integer column takes 130 and 130.0 as 130, and sets 1.5 aside."""
    made = ready(pd.DataFrame({"time": [130, 130.0, 1.5]}), (HEART_FAILURE_SCHEMA["time"],), {"time": "time"})
    assert [(row["time"], type(row["time"])) for row in made.rows] == [(130, int)] * 2
    assert made.problems == {2: "Follow-up time is not a whole number."}
