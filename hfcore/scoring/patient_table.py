"""A table of patients made ready for an endpoint: columns matched by name, rows checked, what cannot be scored set aside.

No sentence here repeats a cell: it names the column and what is expected.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hfcore.datasets.schema import Column
from hfcore.datasets.unit_slips import OTHER_UNITS, slips_in

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

Cells = list[Any]
_YES = {"1", "1.0", "true", "yes", "y", "t"}
_NO = {"0", "0.0", "false", "no", "n", "f"}
_SEXES = {"female": "woman", "f": "woman", "w": "woman", "male": "man", "m": "man"}
# What hospitals call these columns, besides our names and titles.
_ALSO = {
    "creatinine_phosphokinase": ("cpk", "ck", "creatinekinase", "creatinephosphokinase"),
    "ejection_fraction": ("ef", "lvef"),
    "high_blood_pressure": ("hypertension", "bp", "hbp"),
    "platelets": ("plt", "plateletcount"),
    "serum_creatinine": ("creatinine", "crea", "screatinine"),
    "serum_sodium": ("sodium", "na", "ssodium"),
    "anaemia": ("anemia",),
    "sex": ("gender",),
    "smoking": ("smoker",),
}


@dataclass(frozen=True)
class Ready:
    """A table ready to be scored: the rows that can be, each with its place in the table, and why the others cannot."""

    rows: list[dict[str, Any]]
    places: list[int]
    problems: dict[int, str]
    total: int


def matched(columns: Sequence[Column], names: Sequence[str]) -> dict[str, str | None]:
    """Return for each column the table's column that is called like it (case and signs aside), None where there is none."""
    by_name = {_plain(name): name for name in reversed(names)}
    found: dict[str, str | None] = {}
    for column in columns:
        called = [column.name, column.title, *_ALSO.get(column.name, ())]
        found[column.name] = next((by_name[_plain(c)] for c in called if _plain(c) in by_name), None)
    return found


def _plain(name: str) -> str:
    """Return a name without its unit in brackets, signs and capitals."""
    return re.sub(r"[\W_]+", "", re.sub(r"[(\[].*?[)\]]", "", name)).lower()


def ready(frame: pd.DataFrame, columns: Sequence[Column], match: Mapping[str, str]) -> Ready:
    """Check every row.

    Args:
        frame: The table.
        columns: What the endpoint takes.
        match: The table's column for each of `columns`, by name.
    """
    problems: dict[int, list[str]] = {}
    read: dict[str, Cells] = {}
    for column in columns:
        read[column.name] = _read(frame[match[column.name]], column, problems)
    names = list(read)
    rows, places = [], []
    for place, cells in enumerate(zip(*read.values(), strict=True)):
        if place not in problems:
            rows.append(dict(zip(names, cells, strict=True)))
            places.append(place)
    return Ready(rows, places, {place: " ".join(said) for place, said in problems.items()}, len(frame))


def _read(cells: pd.Series, column: Column, problems: dict[int, list[str]]) -> Cells:
    """Return a column's values as they are sent; what cannot be sent goes to `problems`."""
    if column.kind == "boolean":
        return _yes_no(cells, column, problems)
    if column.kind == "category":
        return _texts(cells, column, problems)
    return _numbers(cells, column, problems)


def _note(where: npt.NDArray[np.bool_], sentence: str, problems: dict[int, list[str]]) -> None:
    for place in where.nonzero()[0].tolist():
        problems.setdefault(place, []).append(sentence)


def _numbers(cells: pd.Series, column: Column, problems: dict[int, list[str]]) -> Cells:
    import numpy as np
    import pandas as pd

    values = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    empty, unread = cells.isna().to_numpy(), ~np.isfinite(values)
    low = -np.inf if column.low is None else column.low
    high = np.inf if column.high is None else column.high
    outside = ~unread & ((values < low) | (values > high))
    slipped = slips_in(column, values)
    broken = ~unread & ~outside & (values != np.floor(values)) if column.kind == "integer" else np.zeros(len(values), dtype=bool)
    _note(empty, f"{column.title} is empty.", problems)
    _note(unread & ~empty, f"{column.title} cannot be read as a number.", problems)
    _note(outside & ~slipped, f"{column.title} is not {_range(column)}.", problems)
    _note(slipped, f"{column.title} looks like another unit ({_units(column)}); expected{_unit(column)}.", problems)
    _note(broken & ~slipped, f"{column.title} is not a whole number.", problems)
    return _as_whole(values) if column.kind == "integer" else list(values.tolist())


def _as_whole(values: npt.NDArray[np.float64]) -> Cells:
    return [int(v) if v == v and abs(v) < 1e15 else v for v in values.tolist()]


def _yes_no(cells: pd.Series, column: Column, problems: dict[int, list[str]]) -> Cells:
    import numpy as np

    no, yes = column.choices or ("no", "yes")
    known = {**dict.fromkeys(_NO, False), **dict.fromkeys(_YES, True), no.lower(): False, yes.lower(): True}
    if (no, yes) == ("woman", "man"):
        known |= {word: meant == yes for word, meant in _SEXES.items()}
    written = cells.astype(str).str.strip().str.lower().map(known)
    empty = cells.isna().to_numpy()
    unread = written.isna().to_numpy() & ~empty
    _note(empty, f"{column.title} is empty.", problems)
    _note(unread, f"{column.title} is neither {no} nor {yes}.", problems)
    return list(np.where(written.isna(), False, written).tolist())


def _texts(cells: pd.Series, column: Column, problems: dict[int, list[str]]) -> Cells:
    words = cells.astype(object).where(cells.notna(), None).tolist()
    told = [word if word is None else str(word) for word in words]
    if column.levels:
        import numpy as np

        unknown = np.array([word is not None and word not in column.levels for word in told], dtype=bool)
        _note(unknown, f"{column.title} is none of the values that the model knows.", problems)
    return told


def _range(column: Column) -> str:
    if column.low is not None and column.high is not None:
        return f"between {column.low:,.10g} and {column.high:,.10g}{_unit(column)}"
    if column.low is None and column.high is None:
        return "a number"
    return f"at least {column.low:,.10g}" if column.low is not None else f"at most {column.high:,.10g}"


def _unit(column: Column) -> str:
    return f" {column.unit}" if column.unit else ""


def _units(column: Column) -> str:
    return " or ".join(other.unit for other in OTHER_UNITS.get(column.name, ()))
