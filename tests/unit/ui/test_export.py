"""CSV files that leave the app."""

from __future__ import annotations

import pandas as pd
import pytest

from hfcore.ui import export


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(cell: str) -> None:
    """No text of an export starts like a formula."""
    assert export.neutral(cell) == f"'{cell}"


def test_negative_numbers_stay_numbers() -> None:
    """A column of numbers is written as it is, its sign included."""
    assert export.csv(pd.DataFrame({"x": [-1.5, 2.0]})) == "x\n-1.5\n2.0\n"


def test_the_heading_is_neutral_too() -> None:
    """A column whose name is a formula is renamed in the file."""
    assert export.csv(pd.DataFrame({"=A1": ["=B1", "ok"]})).splitlines() == ["'=A1", "'=B1", "ok"]
