"""XLSX to columns: the first sheet that holds something, values only; a formula counts as the value that was stored with it."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from io import BytesIO
from itertools import zip_longest
from typing import Any

from hfcore.datasets.reading.record import MAX_CELLS, MAX_COLUMNS, Columns, Found, refusal, shown
from hfcore.errors import InvalidDataset

MAX_UNPACKED = 300 * 1024 * 1024
MAX_PARTS = 2_000
_SAVE = "Save the table as CSV, or as an XLSX workbook without macros."
_FORMULA = re.compile(rb"<(?:\w+:)?f[ >/]")
_CHUNK = 4 * 1024 * 1024


def split(content: bytes, name: str, found: Found) -> Columns:
    """Return the columns of a workbook's first sheet with values, every cell as text.

    Raises:
        InvalidDataset: it is no workbook, has macros, is damaged, unpacks to far more than it should, or has formulas
            without a stored value.
    """
    has_formulas = _look_inside(content, name)
    import openpyxl  # type: ignore[import-untyped]

    try:
        book = openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=True, keep_links=False)
        title, rows = _first_sheet(book, name)
        if has_formulas:
            _check_formulas(content, title, rows, name, found)
    except InvalidDataset:
        raise
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, SyntaxError, OSError, zipfile.BadZipFile) as error:
        raise refusal(name, f"is not a sound XLSX workbook ({type(error).__name__}).", _SAVE) from error
    found.facts["sheet"] = shown(title, 40)
    others = len(book.sheetnames) - 1
    if others:
        found.repaired("sheets", f"Only the sheet {shown(title, 40)!r} was read; the workbook has {others} more.")
    return _columns(rows, found)


def _look_inside(content: bytes, name: str) -> bool:
    """Judge the archive by its table of contents, unpacking nothing; tell whether a sheet has formulas."""
    try:
        archive = zipfile.ZipFile(BytesIO(content))
        parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, RuntimeError) as error:
        raise refusal(name, "is not a readable zip or Excel file.", _SAVE) from error
    names = {part.filename for part in parts}
    if "xl/workbook.xml" not in names:
        what = "an OpenDocument file" if "mimetype" in names else "a zip or Excel file without a workbook"
        raise refusal(name, f"is {what}.", "Save the table as CSV or XLSX.")
    if any(n.lower().endswith("vbaproject.bin") for n in names):
        raise refusal(name, "holds macros, which are programs.", _SAVE)
    unpacked = sum(part.file_size for part in parts)
    if len(parts) > MAX_PARTS or unpacked > MAX_UNPACKED:
        most = f"at most {MAX_PARTS:,} parts and {MAX_UNPACKED // 2**20} MB are read"
        raise refusal(name, f"unpacks to {len(parts):,} parts and {unpacked / 2**20:,.0f} MB; {most}.", "Save it as CSV.")
    return any(_has_formula(archive, part) for part in parts if part.filename.startswith("xl/worksheets/"))


def _has_formula(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    try:
        with archive.open(part) as file:
            before = b""
            while chunk := file.read(_CHUNK):
                if _FORMULA.search(before + chunk):
                    return True
                before = chunk[-16:]
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError):
        return False  # the workbook is read next, and refused there
    return False


def _first_sheet(book: Any, name: str) -> tuple[str, list[list[Any]]]:
    for sheet in book.worksheets:
        sheet.reset_dimensions()  # what the file says of its size may be wrong
        rows = list(_rows(sheet, name))
        if rows:
            return str(sheet.title), rows
    raise refusal(name, "is empty: no sheet holds a value.", "Give a table with a line of column names and at least one row.")


def _rows(sheet: Any, name: str) -> Iterator[list[Any]]:
    """Yield the rows from the first one with a value to the last one with a value, cut after their last value."""
    cells, blank = 0, 0
    for cell_row in sheet.iter_rows(values_only=True):
        row = list(cell_row)
        while row and row[-1] is None:
            row.pop()
        if not row:
            blank += 1
            continue
        if cells:
            yield from ([] for _ in range(blank))
        blank = 0
        cells += len(row)
        if len(row) > MAX_COLUMNS:
            raise refusal(name, f"has {len(row):,} columns; at most {MAX_COLUMNS:,} are accepted.", "Leave out columns.")
        if cells > MAX_CELLS:
            raise refusal(name, f"holds more than {MAX_CELLS / 1e6:.0f} million cells.", "Give fewer rows.")
        yield row


def _check_formulas(content: bytes, title: str, values: Sequence[Sequence[Any]], name: str, found: Found) -> None:
    """Count the formulas and see that each has a stored value."""
    import openpyxl  # type: ignore[import-untyped]

    sheet = openpyxl.load_workbook(BytesIO(content), read_only=True, data_only=False, keep_links=False)[title]
    sheet.reset_dimensions()
    count = 0
    for written, row in zip(_rows(sheet, name), values, strict=False):
        for formula, value in zip_longest(written, row):
            if isinstance(formula, str) and formula.startswith("=") and formula != value:
                count += 1
                if value is None:
                    hint = "Open it in the spreadsheet program and save it, or save it as CSV."
                    raise refusal(name, "has formulas whose values were never stored.", hint)
    if count:
        found.repaired("formulas", f"{count:,} formulas were read as the values that were stored with them; none was calculated.")


def _columns(rows: list[list[Any]], found: Found) -> Columns:
    import pyarrow as pa

    width = max(map(len, rows))
    seen = {"dates": False, "errors": 0}
    texts = [[_text(cell, seen) for cell in row] + [""] * (width - len(row)) for row in rows]
    if seen["dates"]:
        found.repaired("dates", "Dates and times are kept as text, as in 2026-01-31.")
    if seen["errors"]:
        found.repaired("errors", f"{seen['errors']:,} cells hold an error of the spreadsheet program and count as missing.")
    header, *body = texts
    values = [pa.chunked_array([pa.array([row[i] for row in body], pa.large_string())]) for i in range(width)]
    return Columns(tuple(header), tuple(values))


_ERRORS = frozenset({"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA"})


def _text(cell: Any, seen: dict[str, Any]) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else repr(cell)
    if isinstance(cell, datetime | date | time):
        seen["dates"] = True
        midnight = isinstance(cell, datetime) and cell.time() == time()
        return cell.date().isoformat() if midnight and isinstance(cell, datetime) else cell.isoformat()
    if cell in _ERRORS:
        seen["errors"] += 1
        return ""
    return str(cell)
