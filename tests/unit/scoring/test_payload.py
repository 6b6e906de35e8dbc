"""Rows become typed JSON, whatever the caller has them in."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hfcore.errors import ScoringFailed
from hfcore.scoring.payload import typed_rows


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("60", 60),
        ("1.40", 1.4),
        (" -3e2 ", -300.0),
        ("false", False),
        ("True", True),
        ("text", "text"),
        ("nan", "nan"),
        ("1e999", "1e999"),
        ("1_000", "1_000"),
        (7, 7),
        (0.5, 0.5),
        (True, True),
        (None, None),
        (float("nan"), None),
        (float("inf"), None),
        (pd.NA, None),
        (pd.NaT, None),
        (np.int64(3), 3),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
    ],
)
def test_each_value_gets_its_json_type(value: Any, expected: Any) -> None:
    """Texts that spell numbers or yes/no become such, numpy's numbers become Python's, what is missing becomes null."""
    ((found,),) = typed_rows([[value]])
    assert found == expected
    assert type(found) is type(expected)


def test_every_kind_of_table_gives_the_same_rows() -> None:
    """Records, one record, a DataFrame, lists and an array are all read."""
    records = [{"age": 60, "sex": 1}, {"age": 70, "sex": 0}]
    frame = pd.DataFrame(records)
    assert typed_rows(records) == typed_rows(frame) == typed_rows(tuple(records)) == records
    assert typed_rows(records[0]) == records[:1]
    assert typed_rows(frame.to_numpy()) == typed_rows([[60, 1], (70, 0)]) == [[60, 1], [70, 0]]


def test_only_the_follow_up_time_is_left_out() -> None:
    """A model without follow-up time is not sent it; every other unknown column goes to the endpoint to be judged."""
    row = {"age": 60, "time": 3, "colour": 1}
    assert typed_rows([row], ("age",)) == [{"age": 60, "colour": 1}]
    assert typed_rows([row], ("age", "time")) == typed_rows([row]) == [row]


@pytest.mark.parametrize("rows", [["text"], [7], [{"age": Decimal(60)}], [[{"a": 1}]], [{"age": b"60"}]])
def test_what_json_cannot_carry_is_named_and_not_repeated(rows: Any) -> None:
    """A row or value of another kind is refused by row and field, without its content."""
    with pytest.raises(ScoringFailed, match="Row 1") as caught:
        typed_rows(rows)
    assert "60" not in str(caught.value)


def test_the_client_needs_no_pandas() -> None:
    """Importing the client and typing records loads neither pandas nor numpy."""
    code = (
        "import sys; from hfcore.scoring.client import ScoringClient; from hfcore.scoring.payload import typed_rows;"
        "typed_rows([{'age': '60'}]); print([m for m in ('pandas', 'numpy', 'streamlit') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


@pytest.mark.parametrize("code", ["01", "007", "-01", "+00.5"])
def test_a_text_that_begins_with_nought_stays_as_it_is(code: str) -> None:
    """A code such as 01 is not made a number, so that a text column still finds it; a number column reads it all the same."""
    assert typed_rows([{"ward": code}]) == [{"ward": code}]
    assert typed_rows([{"x": "0.5", "y": "0", "z": "10"}]) == [{"x": 0.5, "y": 0, "z": 10}]
