"""What somebody says of the columns of an uploaded table becomes a table and a schema, or a sentence."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hfcore.datasets import load_heart_failure
from hfcore.datasets.draft import LEFT_OUT, Choice, likely_label, made, out_of_range, possible_labels, proposed, two_outcomes
from hfcore.datasets.heart_failure import HEART_FAILURE_SCHEMA
from hfcore.datasets.validation import check_schema
from hfcore.errors import InvalidDataset


@pytest.fixture
def clinic() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "sex": [1, 2, 2, 1],
            "outcome": ["yes", "no", "no", "yes"],
            "beds": [1.0, np.nan, 3.0, 4.0],
            "code": [10, 20, 30, 40],
            "weight": [70.5, 80.0, 61.5, 90.0],
        }
    )


def choose(frame: pd.DataFrame, **kinds: str) -> list[Choice]:
    return [Choice(c.name, kinds.get(c.name, c.kind), c.unit) for c in proposed(frame)]


def test_the_records_are_recognised_as_they_are() -> None:
    """The heart failure records come out of a draft with units, ranges, outcome and follow-up time as they are described."""
    frame = load_heart_failure()
    table, schema = made(frame, proposed(frame), likely_label(frame))
    assert schema == HEART_FAILURE_SCHEMA
    pd.testing.assert_frame_equal(table, frame)


def test_any_two_values_can_be_yes_and_no(clinic: pd.DataFrame) -> None:
    """Two words or two numbers become 0 and 1, a word for no first, and the schema says what they stand for."""
    table, schema = made(clinic, choose(clinic, sex="boolean", outcome="boolean"), "outcome")
    assert table["outcome"].tolist() == [1, 0, 0, 1]
    assert table["sex"].tolist() == [0, 1, 1, 0]
    assert (schema["outcome"].choices, schema["sex"].choices) == (("no", "yes"), ("1", "2"))
    assert schema.label is not None
    assert schema.label.name == "outcome"
    check_schema(table, schema)


def test_kinds_can_be_changed_and_columns_left_out(clinic: pd.DataFrame) -> None:
    """Numbers can become text, whole numbers with gaps stay whole, and a column that is left out is gone."""
    table, schema = made(clinic, choose(clinic, code="category", beds="integer", weight=LEFT_OUT), None)
    assert table["code"].tolist() == ["10", "20", "30", "40"]
    assert schema.names == ("sex", "outcome", "beds", "code")
    assert schema["code"].levels == ("10", "20", "30", "40")
    check_schema(table, schema)


def test_what_cannot_be_is_said_for_all_columns_at_once(clinic: pd.DataFrame) -> None:
    """Text as a number, four values as yes/no and decimals as whole numbers are each named, without quoting a value."""
    with pytest.raises(InvalidDataset) as caught:
        made(clinic, choose(clinic, outcome="number", code="boolean", weight="integer"), None)
    assert set(caught.value.fields) == {"outcome", "code", "weight"}
    assert "4 of its cells are not numbers, the first in row 1" in caught.value.fields["outcome"]


def test_a_column_without_a_value_is_left_out_unless_somebody_wants_it(clinic: pd.DataFrame) -> None:
    """An empty column, which no registry takes, is proposed to be left out; everything else is proposed to be kept."""
    frame = clinic.assign(nothing=np.nan)
    assert [c.name for c in proposed(frame) if c.kind == LEFT_OUT] == ["nothing"]
    assert "nothing" not in made(frame, proposed(frame), None)[1].names


def test_labels_are_columns_of_few_values_without_gaps(clinic: pd.DataFrame) -> None:
    """What may be predicted has 2 to 20 values and no gap; yes/no columns are offered first."""
    frame = clinic.assign(same=1)
    assert possible_labels(frame) == ("sex", "outcome", "code", "weight")
    assert likely_label(frame) is None


def test_the_event_is_what_does_not_say_no_else_the_rarer_word() -> None:
    """Numbers have no words; of two words one is proposed as the event, and more than two have none."""
    words = ["benign"] * 3 + ["malignant"] * 5
    frame = pd.DataFrame({"found": words, "relapse": ["none"] * 2 + ["yes"] * 6, "code": [0, 1] * 4, "grade": list("abcabcab")})
    assert two_outcomes(frame, "found") == ("malignant", "benign")
    assert two_outcomes(frame, "relapse") == ("none", "yes")
    assert two_outcomes(frame, "code") is None
    assert two_outcomes(frame, "grade") is None


def test_the_label_is_one_where_it_names_the_event() -> None:
    """A label of two words becomes 0 and 1 with its words kept, whichever of them counts; other columns stay text."""
    frame = pd.DataFrame({"found": ["benign", "malignant"] * 2, "sex": ["f", "m", "m", "f"]})
    for event, expected in (("malignant", [0, 1, 0, 1]), ("benign", [1, 0, 1, 0])):
        table, schema = made(frame, proposed(frame), "found", event)
        assert table["found"].tolist() == expected
        assert schema.label is not None
        assert schema.label.choices is not None
        assert schema.label.choices[1] == event
        assert table["sex"].tolist() == frame["sex"].tolist()


def test_another_unit_gives_up_the_known_range() -> None:
    """Creatinine in another unit is not compared with the range in mg/dL."""
    frame = load_heart_failure().assign(serum_creatinine=lambda f: f["serum_creatinine"] * 88.4)
    label = likely_label(frame)
    assert [o.column.name for o in out_of_range(*made(frame, proposed(frame), label))] == ["serum_creatinine"]
    others = [Choice(c.name, c.kind, "umol/L" if c.name == "serum_creatinine" else c.unit) for c in proposed(frame)]
    assert out_of_range(*made(frame, others, label)) == ()


def test_values_out_of_range_come_with_their_rows() -> None:
    """An age of 300 and a negative sodium are counted with the rows they stand in."""
    frame = load_heart_failure()
    frame.loc[[3, 7], "age"] = [300.0, 0.0]
    (found,) = out_of_range(*made(frame, proposed(frame), "DEATH_EVENT"))
    assert (found.column.name, found.count, found.present, found.rows) == ("age", 2, 299, (4, 8))
