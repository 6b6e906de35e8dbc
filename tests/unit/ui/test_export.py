"""Tables that leave the app."""

from __future__ import annotations

from pathlib import Path

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


HOSTILE = ("=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "<script>alert(1)</script>", "a|b")


def test_markdown_shows_cells_literally() -> None:
    """A cell breaks neither the table nor the text, and starts no formula; the note stands under it."""
    text = export.markdown(pd.DataFrame({"x|y": HOSTILE, "n": -1.5}), "a note")
    lines = text.splitlines()
    assert lines[0] == "| x\\|y | n |"
    assert lines[2] == "| '=1+1 | -1.5 |"
    assert "<script>" not in text
    assert len(lines) == 2 + len(HOSTILE) + 2
    assert lines[-1] == "a note"


def test_html_shows_cells_literally() -> None:
    """A page of a table holds no markup from data and no cell that a spreadsheet runs."""
    text = export.html(pd.DataFrame({"<b>": HOSTILE, "n": [-1.0, None] * 4}), "<i>title", "<note>")
    assert "<script>" not in text
    assert "<b>" not in text
    assert "<i>" not in text
    assert "<td>&#x27;=1+1</td><td>-1.0</td>" in text
    assert not [cell for cell in text.split("<td>")[1:] if cell.startswith(("=", "+", "@", "\t", "\r"))]


@pytest.mark.parametrize("room", ["batch_results", "dataset_versions", "model_versions", "resource_table", "similar_patients"])
def test_tables_that_hold_what_users_typed_go_through_the_same_gate(room: str) -> None:
    """Streamlit offers every table it shows as CSV, so what users typed or uploaded is made harmless before it is shown."""
    source = (Path(export.__file__).parent / f"{room}.py").read_text()
    assert source.count("export.neutral_table(") == source.count("st.dataframe(") == 1


def test_moments_stay_moments() -> None:
    """A column of moments is not turned into texts, and a description that looks like a formula is harmless."""
    table = pd.DataFrame({"at": pd.to_datetime(["2026-11-25T22:00Z"]), "description": ["=1+1"]})
    safe = export.neutral_table(table)
    assert safe["at"].dtype == table["at"].dtype
    assert safe["description"].tolist() == ["'=1+1"]
