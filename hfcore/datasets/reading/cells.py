"""The cells of a text table: spaces, missing values, empty lines at the end, and cells that are too long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hfcore.datasets.reading.record import MAX_CELL, Columns, Found, listed, refusal

if TYPE_CHECKING:
    import pyarrow as pa

MISSING = ("NA", "N/A", "n/a", "#N/A", "NaN", "nan", "-nan", "NULL", "null", "None", "<NA>", "#NA")


def cleaned(columns: Columns, name: str, found: Found) -> Columns:
    """Return the columns with missing cells as null and without empty lines at the end.

    Raises:
        InvalidDataset: a cell is longer than 10,000 characters.
    """
    marks: dict[str, int] = {}
    values = [
        _with_gaps(column, str(heading), name, found, marks)
        for heading, column in zip(columns.names, columns.values, strict=True)
    ]
    if marks:
        counted = ", ".join(f"{mark} ({count:,} cells)" for mark, count in marks.items())
        found.repaired("missing values", f"These words count as missing: {counted}.")
    return _without_empty_end(Columns(columns.names, tuple(values)), found)


def _with_gaps(column: pa.ChunkedArray, heading: str, name: str, found: Found, marks: dict[str, int]) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not (pa.types.is_large_string(column.type) or pa.types.is_string(column.type)):
        return column
    longest = pc.max(pc.utf8_length(column)).as_py() or 0
    if longest > MAX_CELL:
        row = pc.index(pc.utf8_length(column), pa.scalar(longest, pc.utf8_length(column).type)).as_py() + 1
        where = f"in row {row:,} of the column {listed([heading])}"
        raise refusal(
            name, f"has a cell of {longest:,} characters {where}; at most {MAX_CELL:,} are read.", "Shorten or remove it."
        )
    trimmed = pc.utf8_trim_whitespace(column)
    _note_spaces(column, trimmed, found)
    absent = pc.is_in(trimmed, value_set=pa.array(["", *MISSING], trimmed.type))
    if not pc.any(absent).as_py():
        return trimmed
    for mark in MISSING:
        count = pc.sum(pc.equal(trimmed, mark)).as_py()
        if count:
            marks[mark] = marks.get(mark, 0) + count
    return pc.if_else(absent, pa.scalar(None, trimmed.type), trimmed)


def _note_spaces(before: pa.ChunkedArray, after: pa.ChunkedArray, found: Found) -> None:
    if before.nbytes != after.nbytes and not before.equals(after) and all(r.kind != "spaces" for r in found.repairs):
        found.repaired("spaces", "Spaces around values were removed.")


def _without_empty_end(columns: Columns, found: Found) -> Columns:
    """Drop the rows at the end in which no column has a value."""
    import pyarrow.compute as pc

    rows = columns.rows
    if not rows or any(column[-1].is_valid for column in columns.values):
        return columns
    last = 0
    for column in columns.values:
        valid = pc.indices_nonzero(column.is_valid())
        last = max(last, valid[-1].as_py() + 1 if len(valid) else 0)
    found.repaired("blank lines", f"Empty lines at the end, {rows - last:,} of them, were left out.")
    return Columns(columns.names, tuple(column.slice(0, last) for column in columns.values))
