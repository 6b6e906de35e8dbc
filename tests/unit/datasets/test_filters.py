"""Filters of rows, and how they are written in an address."""

import numpy as np
import pandas as pd
import pytest

from hfcore.datasets.filters import Filter, passing, read
from hfcore.datasets.heart_failure import HEART_FAILURE_SCHEMA, load_heart_failure
from hfcore.datasets.schema import Column, Schema

ODD = "a:b..c|d %&=/ü"
SCHEMA = Schema((Column("x", "x", "number"), Column("flag", "flag", "boolean"), Column(ODD, ODD, "category", levels=(ODD, "b"))))


@pytest.mark.parametrize(
    "wanted",
    [
        Filter("x", low=-1.5, high=1e-7),
        Filter("x", low=262358.03),
        Filter("x", high=0.0),
        Filter("flag", ("1",)),
        Filter(ODD, (ODD, "b")),
    ],
)
def test_a_filter_is_read_as_it_was_written(wanted):
    """Whatever names and values hold, the text in the address gives the same filter back."""
    assert read(wanted.written(), SCHEMA) == wanted


UNFIT = ("", "x", "x:", "x:..", "x:a..b", "x:nan..1", "x:1..inf", "flag:2", "flag:", "height:1..2", ":1..2")


@pytest.mark.parametrize("text", UNFIT)
def test_what_does_not_fit_is_no_filter(text):
    """Another table's column, no bounds, words instead of numbers: no filter, and no crash."""
    assert read(text, SCHEMA) is None


def test_rows_pass_when_every_filter_lets_them():
    """Both bounds are included, and filters add up."""
    records = load_heart_failure()
    rows = passing(records, (Filter("age", low=60, high=70), Filter("sex", ("0",)), Filter("ejection_fraction", high=38)))
    expected = records["age"].between(60, 70) & (records["sex"] == 0) & (records["ejection_fraction"] <= 38)
    assert np.array_equal(rows, expected)
    assert passing(records, ()).all()
    assert all(read(f"{c.name}:0..1", HEART_FAILURE_SCHEMA) for c in HEART_FAILURE_SCHEMA if c.kind == "number")


def test_missing_values_do_not_pass():
    """A row without a value is in no selection by that column, whatever its type."""
    frame = pd.DataFrame({"x": [1.0, None, 3.0], ODD: ["b", None, ODD], "flag": [True, False, True]})
    assert passing(frame, [Filter("x", low=0)]).tolist() == [True, False, True]
    assert passing(frame, [Filter(ODD, ("b", ODD))]).tolist() == [True, False, True]
    assert passing(frame, [Filter("flag", ("0",))]).tolist() == [False, True, False]
