"""Values in another unit are noticed, and the published patients are left alone (fault C2)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hfcore.datasets import load_heart_failure
from hfcore.datasets.heart_failure import HEART_FAILURE_SCHEMA
from hfcore.datasets.unit_slips import OTHER_UNITS, slips_in, unit_slip

# What a hospital's report says instead of our unit: the likely unit's words, and how many of it are one of ours.
MISTAKES = [
    ("serum_creatinine", "µmol/L", 88.4),
    ("platelets", "thousands per µL (10⁹/L)", 1e-3),
    ("platelets", "hundred thousands (lakh) per µL", 1e-5),
    ("platelets", "per litre", 1e6),
    ("ejection_fraction", "a fraction", 1e-2),
    ("age", "months", 12),
    ("serum_sodium", "mg/dL", 2.299),
    ("serum_sodium", "g/L", 2.299e-2),
    ("creatinine_phosphokinase", "mg/L", 1e-3),
]


@pytest.fixture(scope="module")
def patients() -> pd.DataFrame:
    """The 299 published patients."""
    return load_heart_failure()


@pytest.mark.parametrize(("name", "unit", "factor"), MISTAKES)
def test_a_slip_is_noticed_with_its_unit(patients: pd.DataFrame, name: str, unit: str, factor: float) -> None:
    """At least 95 % of the patients' values in another unit are flagged, with that unit and the right value in ours."""
    column = HEART_FAILURE_SCHEMA[name]
    told = [(value, unit_slip(column, round(value * factor, 6))) for value in patients[name].tolist()]
    right = [s for value, s in told if s and s.unit == unit and s.corrected == pytest.approx(value, rel=0.03)]
    assert len(right) >= 0.95 * len(patients)


def test_no_published_patient_is_flagged(patients: pd.DataFrame) -> None:
    """None of the 299 patients' values as they are looks like another unit, one by one and column by column."""
    columns = [c for c in HEART_FAILURE_SCHEMA.features if c.kind != "boolean"]
    flagged = [(c.name, v) for c in columns for v in patients[c.name].tolist() if unit_slip(c, v)]
    assert flagged == []
    assert sum(int(slips_in(c, patients[c.name].to_numpy(dtype=float)).sum()) for c in columns) == 0


def test_a_column_is_judged_as_its_values_are() -> None:
    """A whole column gets the answer that each of its values gets; what is missing is no slip."""
    column = HEART_FAILURE_SCHEMA["platelets"]
    values = np.array([np.nan, 0.04, 2.6, 12.0, 260.0, 1_499.0, 1_500.0, 260_000.0, 2.6e11])
    assert slips_in(column, values).tolist() == [unit_slip(column, v) is not None for v in values.tolist()]


def test_what_is_no_number_is_no_slip() -> None:
    """Yes/no, text, nothing and columns nobody knows are left alone."""
    column = HEART_FAILURE_SCHEMA["ejection_fraction"]
    assert [unit_slip(column, v) for v in (True, "0.4", None, float("nan"))] == [None] * 4
    assert unit_slip(HEART_FAILURE_SCHEMA["time"], 3) is None


def test_a_corrected_value_is_possible() -> None:
    """What is offered instead is itself accepted by the form, at both ends of every range up to a factor of two."""
    for name, units in OTHER_UNITS.items():
        column = HEART_FAILURE_SCHEMA[name]
        for other in units:
            middle = (other.low * other.high) ** 0.5
            slip = unit_slip(column, middle)
            assert slip is not None
            assert column.low <= slip.corrected <= column.high, (name, other.unit)
            assert unit_slip(column, slip.corrected) is None, (name, other.unit)
