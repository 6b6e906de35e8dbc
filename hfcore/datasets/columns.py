"""Which columns of a table a model can learn from and as what: numbers, levels of text, or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

MAX_LEVELS = 100
MAX_DISTINCT_SHARE = 0.5
MISSING = -1.0
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?")


@dataclass(frozen=True)
class ColumnPlan:
    """What becomes of each column, in the table's order.

    `features` are learned from; those in `levels` are text, with their different values in sorted order. `empty` columns hold no
    value, `constant` ones a single one, `too_many` are text with more than 100 different values or with different ones in more
    than half of the rows (names, identifiers, free text); none of them is a feature. `dates` and `unusable` columns have to be
    dealt with by the caller. `gaps` counts the missing cells of each feature that has any.
    """

    features: tuple[str, ...]
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    empty: tuple[str, ...] = ()
    constant: tuple[str, ...] = ()
    too_many: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    unusable: tuple[str, ...] = ()
    gaps: Mapping[str, int] = field(default_factory=dict)

    @property
    def left_out(self) -> tuple[str, ...]:
        """The columns that a model cannot learn anything from."""
        return (*self.empty, *self.constant, *self.too_many)


def plan_columns(frame: pd.DataFrame, names: Iterable[str], featurization: str) -> ColumnPlan:
    """Decide on the columns `names`; nothing is learned from them here, and the label is not looked at.

    With `featurization` "off" every column stays as it is, and text is unusable.
    """
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(_use(frame[name], featurization), []).append(name)
    features = tuple(n for n in names if n in {*found.get("numbers", ()), *found.get("levels", ())})
    gaps = {n: int(frame[n].isna().sum()) for n in features}
    return ColumnPlan(
        features=features,
        levels={n: text_levels(frame[n]) for n in found.get("levels", ())},
        gaps={n: count for n, count in gaps.items() if count},
        **{use: tuple(found.get(use, ())) for use in ("empty", "constant", "too_many", "dates", "unusable")},
    )


def _use(column: pd.Series[Any], featurization: str) -> str:
    if is_number(column):
        return "numbers" if featurization == "off" else _use_of_numbers(column)
    if _is_date(column):
        return "dates"
    if featurization == "off" or not _is_text(column):
        return "unusable"
    present = column.dropna()
    if not len(present):
        return "empty"
    different = present.astype(str).nunique()
    if different == 1 and len(present) == len(column):
        return "constant"
    return "too_many" if different > min(MAX_LEVELS, MAX_DISTINCT_SHARE * len(present)) else "levels"


def _use_of_numbers(column: pd.Series[Any]) -> str:
    import numpy as np

    values = numbers(column)
    present = values[~np.isnan(values)]
    if not len(present):
        return "empty"
    return "constant" if len(present) == len(values) and present.min() == present.max() else "numbers"


def is_number(column: pd.Series[Any]) -> bool:
    """Tell whether a column holds numbers or yes/no, missing cells aside."""
    from pandas.api.types import infer_dtype, is_bool_dtype, is_numeric_dtype

    if column.dtype == object:
        return infer_dtype(column, skipna=True) in ("integer", "floating", "mixed-integer-float", "empty")
    return bool(is_bool_dtype(column.dtype) or (is_numeric_dtype(column.dtype) and column.dtype.kind != "c"))


def _is_text(column: pd.Series[Any]) -> bool:
    """Tell whether every cell is text, a number or yes/no, so that it can be written as a level."""
    return all(issubclass(kind, str | bool | int | float) for kind in column.dropna().map(type).unique())


def _is_date(column: pd.Series[Any]) -> bool:
    if column.dtype.kind in "mM":
        return True
    present = column.dropna()
    first = present.head(50).tolist()
    return bool(first) and all(_looks_like_date(v) for v in first)


def _looks_like_date(value: object) -> bool:
    return hasattr(value, "isoformat") or (isinstance(value, str) and _DATE.fullmatch(value.strip()) is not None)


def numbers(column: pd.Series[Any]) -> npt.NDArray[np.float64]:
    """Return a column of numbers as float64, yes/no as 1/0, missing cells as NaN."""
    import numpy as np

    return np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))


def text_levels(column: pd.Series[Any]) -> tuple[str, ...]:
    """Return the different values of a text column as text, sorted."""
    return tuple(sorted(column.dropna().astype(str).unique()))


def level_codes(column: pd.Series[Any], levels: tuple[str, ...]) -> npt.NDArray[np.float64]:
    """Return each cell's place in `levels`, -1 where it is missing, the number of levels where it is none of them."""
    import numpy as np

    place = {level: float(i) for i, level in enumerate(levels)}
    absent = column.isna().to_numpy()
    return np.array([MISSING if gone else place.get(str(v), float(len(levels))) for v, gone in zip(column, absent, strict=True)])
