"""Text columns to numbers, yes/no or text, decimal commas and thousands separators included.

A column is a number when all its cells are. Whether a comma is a decimal sign or a thousands separator is judged
by all cells of the column, then by the other columns; where both would do, the file is refused rather than guessed at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hfcore.datasets.reading.record import Columns, Found, listed, refusal

if TYPE_CHECKING:
    import pyarrow as pa

_GAPS = "['\u2019 \u00a0\u202f\u2009]"  # what stands between thousands besides point and comma
_COMMA_DECIMAL = rf"^[+-]?(\d{{1,3}}(\.\d{{3}})+|\d{{1,3}}({_GAPS}\d{{3}})+|\d+)(,\d+)?([eE][+-]?\d+)?$"
_POINT_DECIMAL = rf"^[+-]?(\d{{1,3}}(,\d{{3}})+|\d{{1,3}}({_GAPS}\d{{3}})+|\d+)(\.\d+)?([eE][+-]?\d+)?$"
_POINTED_THOUSANDS = r"^[+-]?[1-9]\d{0,2}(\.\d{3})+$"
_CODE = r"^[+-]?0[0-9xX]"  # 007 is a code, and so is 0x1F
_EXACT_DIGITS = r"^[+-]?\d{19,}$"
_UNKNOWN_MARKS = ("?", ".", "-", "*", "--")
_MOSTLY = 0.8
POINT, COMMA = "point", "comma"


@dataclass
class _Column:
    """A text column on its way: its name, its cells, and what it has become, None while that is open."""

    name: str
    cells: pa.ChunkedArray
    done: pa.ChunkedArray | None = None
    sign: str = ""  # the decimal sign that its cells prove
    open_to_both: bool = False


def typed(columns: Columns, name: str, found: Found) -> Columns:
    """Return the columns as integers, numbers, true/false or text.

    Raises:
        InvalidDataset: numbers that can be read in two ways.
    """
    work = [_Column(n, v) for n, v in zip(columns.names, columns.values, strict=True)]
    for column in work:
        _take_plainly(column, found)
    for column in work:
        if column.done is None:
            _look_for_signs(column)
    _settle(work, name, found)
    for column in work:
        if column.done is None:
            _keep_as_text(column, found)
    return Columns(columns.names, tuple(c.done if c.done is not None else c.cells for c in work))


def _take_plainly(column: _Column, found: Found) -> None:
    """Settle a column that needs no repair: numbers with a decimal point, true/false, codes, and one without values."""
    import pyarrow as pa
    import pyarrow.compute as pc

    cells = column.cells
    if not _is_text(cells):
        column.done = cells
    elif cells.null_count == len(cells):
        column.done = pa.chunked_array([pa.nulls(len(cells), pa.float64())])
    elif _any(cells, _CODE) or _any(cells, _EXACT_DIGITS):
        _note_codes(column, found)
    else:
        column.done = _as_numbers(cells)
        if column.done is not None:
            column.sign = POINT if pa.types.is_floating(column.done.type) and _any(cells, r"\.") else ""
        elif pc.all(pc.is_in(pc.utf8_lower(cells.drop_null()), value_set=pa.array(["true", "false"], cells.type))).as_py():
            column.done = pc.equal(pc.utf8_lower(cells), pa.scalar("true", cells.type))


def _is_text(cells: pa.ChunkedArray) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_large_string(cells.type) or pa.types.is_string(cells.type))


def _as_numbers(cells: pa.ChunkedArray) -> pa.ChunkedArray | None:
    import pyarrow as pa

    for kind in (pa.int64(), pa.float64()):
        try:
            return cells.cast(kind)
        except pa.ArrowInvalid:
            continue
    return None


def _note_codes(column: _Column, found: Found) -> None:
    column.done = column.cells
    present = column.cells.drop_null()
    if _all(present, r"^[+-]?\d+$"):
        found.repaired(
            "codes", f"The column {listed([column.name])} has digits with zeros in front or too many of them: kept as text."
        )


def _look_for_signs(column: _Column) -> None:
    """Note whether the column can only be read with a decimal comma, only with a point, or with both."""
    present = _without_marks(column.cells).drop_null()
    if not len(present):
        return
    comma, point = _all(present, _COMMA_DECIMAL), _all(present, _POINT_DECIMAL)
    column.sign = COMMA if comma and not point else POINT if point and not comma else ""
    column.open_to_both = comma and point


def _settle(work: list[_Column], name: str, found: Found) -> None:
    """Turn the columns with separators into numbers, and say how they were read."""
    signs = {c.sign for c in work if c.sign}
    for column in work:
        if column.open_to_both and _any(column.cells, r"[.,]"):
            if len(signs) != 1:
                what = f"has numbers that can be read in two ways in the column {listed([column.name])}"
                why = "a comma before three digits may be a decimal sign or part thousands."
                raise refusal(name, f"{what}: {why}", "Write these numbers without separators between thousands.")
            column.sign = next(iter(signs))
    if COMMA in signs:
        for column in work:
            if column.sign == POINT and column.done is not None and _all(column.cells.drop_null(), _POINTED_THOUSANDS):
                column.done, column.sign = None, COMMA
    for sign in (COMMA, POINT):
        _convert([c for c in work if c.done is None and (c.sign == sign or (sign == POINT and c.open_to_both))], sign, found)
    found.facts["decimal sign"] = "comma" if COMMA in signs else "point"


def _convert(columns: list[_Column], sign: str, found: Found) -> None:
    decimals, thousands = [], []
    for column in columns:
        cells = _without_marks(column.cells)
        if sign == COMMA and _any(cells, ","):
            decimals.append(column.name)
        if _any(cells, rf"\d([{'.' if sign == COMMA else ','}]|{_GAPS})\d"):
            thousands.append(column.name)
        _note_marks(column, cells, found)
        column.done = _as_numbers(_plain(cells, sign))
    if decimals:
        found.repaired("decimal comma", f"Decimal commas were read as such (1,5 is one and a half): {listed(decimals)}.")
    if thousands:
        found.repaired("thousands", f"Separators between thousands were removed: {listed(thousands)}.")


def _plain(cells: pa.ChunkedArray, sign: str) -> pa.ChunkedArray:
    """Write numbers as computers do: no thousands separators, a decimal point."""
    import pyarrow.compute as pc

    bare = pc.replace_substring_regex(cells, rf"{_GAPS}|{'[.]' if sign == COMMA else ','}", "")
    bare = pc.replace_substring_regex(bare, r"^\+", "")
    return pc.replace_substring(bare, ",", ".") if sign == COMMA else bare


def _without_marks(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return the cells with those missing that hold nothing but a question mark, a point, a dash or a star."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.if_else(pc.is_in(cells, value_set=pa.array(_UNKNOWN_MARKS, cells.type)), pa.scalar(None, cells.type), cells)


def _note_marks(column: _Column, cells: pa.ChunkedArray, found: Found) -> None:
    gone = cells.null_count - column.cells.null_count
    if gone:
        found.repaired(
            "missing values", f"Marks such as ? or - count as missing in the column {listed([column.name])}: {gone:,} cells."
        )


def _keep_as_text(column: _Column, found: Found) -> None:
    """Leave a column as text, and say so where most of its cells are numbers."""
    import pyarrow.compute as pc

    present = column.cells.drop_null()
    numbers = pc.or_(
        pc.match_substring_regex(column.cells, _COMMA_DECIMAL), pc.match_substring_regex(column.cells, _POINT_DECIMAL)
    )
    share = (pc.sum(numbers).as_py() or 0) / max(len(present), 1)
    if share < _MOSTLY:
        return
    if share == 1.0:
        why = "it has both decimal commas and decimal points"
    else:
        row = pc.index(numbers, False).as_py() + 1
        why = f"{len(present) - pc.sum(numbers).as_py():,} of its cells are not numbers, the first in row {row:,}"
    found.repaired("numbers kept as text", f"The column {listed([column.name])} stays text: {why}.")


def _all(cells: pa.ChunkedArray, pattern: str) -> bool:
    import pyarrow.compute as pc

    return bool(pc.all(pc.match_substring_regex(cells, pattern)).as_py())


def _any(cells: pa.ChunkedArray, pattern: str) -> bool:
    import pyarrow.compute as pc

    return bool(pc.any(pc.match_substring_regex(cells, pattern)).as_py())
