"""The comparison of both outcomes, column by column, and Table 1 made of it."""

import numpy as np
import pandas as pd
import pytest

from hfcore.datasets.comparison import compare
from hfcore.datasets.heart_failure import HEART_FAILURE_SCHEMA, load_heart_failure
from hfcore.datasets.profile import profile_table
from hfcore.datasets.table_one import headings, table_one, to_pandas
from hfcore.datasets.validation import infer_schema


@pytest.fixture(scope="module")
def records():
    return load_heart_failure()


@pytest.fixture(scope="module")
def compared(records):
    return {c.column: c for c in compare(records, HEART_FAILURE_SCHEMA, "DEATH_EVENT")}


def test_each_column_has_the_test_of_its_kind(compared):
    """Numbers are ranked, yes/no is counted, and the outcome is not compared with itself."""
    assert compared["serum_creatinine"].test == "Mann-Whitney test"
    assert compared["anaemia"].test == "chi-square test"
    assert "DEATH_EVENT" not in compared


def test_published_differences_are_found(compared):
    """Creatinine, ejection fraction, age and sodium differ by outcome after correction, smoking and diabetes do not."""
    found = {name for name, c in compared.items() if c.q < 0.05}
    assert found == {"serum_creatinine", "ejection_fraction", "age", "serum_sodium", "time"}


def test_missing_values_and_names_are_left_out():
    """Rows without a value are not counted, and a column of names is not tested but says why."""
    frame = pd.DataFrame({"x": [1.0, 2, np.nan, 4] * 60, "id": [f"p{i}" for i in range(240)], "y": [0, 1, 0, 1] * 60})
    found = {c.column: c for c in compare(frame, infer_schema(frame), "y")}
    assert found["id"].p is None
    assert found["id"].test == "more than 100 different values"
    assert found["id"].q is None
    assert found["x"].p < 0.001


def test_without_two_outcomes_there_is_nothing_to_compare(records):
    """A table without a label, or with one outcome only, gives no comparison."""
    assert compare(records, HEART_FAILURE_SCHEMA, None) == ()
    assert compare(records[records["DEATH_EVENT"] == 1], HEART_FAILURE_SCHEMA, "DEATH_EVENT") == ()


def test_table_one_says_what_pandas_says(records, compared):
    """Every cell of Table 1 is the median with quartiles or the count with share that pandas gives."""
    profile = profile_table(records, HEART_FAILURE_SCHEMA)
    rows = to_pandas(table_one(profile, compared.values())).set_index("Variable")
    died = records[records["DEATH_EVENT"] == 1]
    assert list(rows.columns) == ["All patients (n = 299)", "survived (n = 203)", "died (n = 96)", "Missing", "p", "q", "Test"]
    median, low, high = died["ejection_fraction"].quantile([0.5, 0.25, 0.75])
    assert rows.loc["Ejection fraction, %", "died (n = 96)"] == f"{median:g} [{low:g}, {high:g}]"
    assert rows.loc["Sex: man", "died (n = 96)"] == f"{died['sex'].sum()} ({100 * died['sex'].mean():.0f} %)"
    assert rows.loc["Age, years", "p"] == compared["age"].p
    assert len(rows) == 12


def test_text_gets_a_line_per_value():
    """A column of text has one line with its test and one line per value underneath, missing cells not counted."""
    frame = pd.DataFrame({"town": ["a", "b", "a", None] * 10, "y": [0, 1, 1, 0] * 10})
    profile = profile_table(frame, label="y")
    rows = to_pandas(table_one(profile, compare(frame, infer_schema(frame), "y")))
    assert rows["Variable"].tolist() == ["town", "    a", "    b"]
    assert rows["Missing"].tolist() == [10, pd.NA, pd.NA]
    named = headings(profile)
    assert rows[named["no"]].tolist() == ["", "10 (100 %)", "0 (0 %)"]
    assert rows[named["all"]].tolist() == ["", "20 (67 %)", "10 (33 %)"]


def test_without_a_label_there_is_one_column_of_patients():
    """A table without an outcome is described as a whole."""
    frame = pd.DataFrame({"x": np.arange(50.0) - 25, "town": ["a", "b"] * 25})
    rows = to_pandas(table_one(profile_table(frame), ()))
    assert rows["All patients (n = 50)"].tolist() == ["−0.5 [−12.75, 11.75]", "", "25 (50 %)", "25 (50 %)"]
