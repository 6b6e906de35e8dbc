"""Values that were probably typed in another unit: which unit it looks like, and what the value is in ours.

A range is taken for a slip only where the value itself is next to impossible: none of the 299 published patients lies in one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hfcore.datasets.schema import Column

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

DIGITS = 4  # what is left of a converted value


@dataclass(frozen=True)
class OtherUnit:
    """A unit that people mistake for the column's own; values from `low` to `high` look like it, `factor` converts them.

    `source` says where the factor comes from.
    """

    unit: str
    low: float
    high: float
    factor: float
    source: str


@dataclass(frozen=True)
class Slip:
    """A value that looks like another unit: which one, and the value in the column's own unit."""

    column: str
    unit: str
    corrected: float


_CREATININE = "88.4 µmol/L are 1 mg/dL: molar mass of creatinine 113.12 g/mol"
_SODIUM = "2.299 mg/dL are 1 mEq/L: molar mass of sodium 22.99 g/mol"
_SCALE = "a power of ten"

OTHER_UNITS: dict[str, tuple[OtherUnit, ...]] = {
    "age": (OtherUnit("months", 216, 1464, 1 / 12, "12 months are a year"),),
    "creatinine_phosphokinase": (OtherUnit("mg/L", 0.001, 9.99, 1_000, _SCALE),),
    "ejection_fraction": (OtherUnit("a fraction", 0.05, 1, 100, _SCALE),),
    "platelets": (
        OtherUnit("hundred thousands (lakh) per µL", 0.05, 12, 100_000, _SCALE),
        OtherUnit("thousands per µL (10⁹/L)", 12.01, 1_499, 1_000, _SCALE),
        OtherUnit("per litre", 1e10, 3e12, 1e-6, _SCALE),
    ),
    "serum_creatinine": (OtherUnit("µmol/L", 25, 3_500, 1 / 88.4, _CREATININE),),
    "serum_sodium": (
        OtherUnit("mg/dL", 207, 460, 1 / 2.299, _SODIUM),
        OtherUnit("g/L", 2.07, 4.6, 1_000 / 22.99, _SODIUM),
    ),
}


def unit_slip(column: Column, value: Any) -> Slip | None:
    """Return the unit that a value was probably typed in, None when it looks right or nothing is known about the column."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    for other in OTHER_UNITS.get(column.name, ()):
        if other.low <= value <= other.high:
            return Slip(column.name, other.unit, _in_own_unit(column, value * other.factor))
    return None


def slips_in(column: Column, values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Tell for each value of a column whether it looks like another unit; NaN does not."""
    import numpy as np

    found = np.zeros(len(values), dtype=bool)
    for other in OTHER_UNITS.get(column.name, ()):
        found |= (values >= other.low) & (values <= other.high)
    return found


def _in_own_unit(column: Column, converted: float) -> float:
    """Round what was converted: a measured value has no more than four digits, an integer column no fraction."""
    rounded = float(f"{converted:.{DIGITS}g}")
    return float(round(rounded)) if column.kind == "integer" else rounded
