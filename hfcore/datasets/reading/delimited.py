"""Text to columns: finds the separator and takes the lines apart; every line must have as many cells as the header."""

from __future__ import annotations

import csv
import re
from collections import Counter
from itertools import islice
from typing import Any

from hfcore.datasets.reading.record import MAX_CELLS, MAX_COLUMNS, Columns, Found, refusal

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_SAMPLE = 64 * 1024
_LINES = 50
_BLOCK = 16 * 1024 * 1024
_HINT = "Give every line as many cells as the header."


def split(text: bytes, name: str, found: Found) -> Columns:
    """Return the columns of a delimited text, every cell as text.

    Raises:
        InvalidDataset: it is empty, too wide or too long, or its lines do not fit the header.
    """
    if not text.strip():
        raise refusal(name, "is empty.", "Give a table with a line of column names and at least one row.")
    if text.count(b'"') % 2:
        raise refusal(name, "cannot be read as a table: a quotation mark is opened and not closed.", "Close or remove it.")
    text, told = _told_separator(text)
    lines = _first_lines(text)
    separator = told or _separator(lines)
    found.facts["separator"] = SEPARATORS[separator]
    if separator != ",":
        found.repaired("separator", f"The columns are separated by {SEPARATORS[separator]}, not commas.")
    width = _width(lines, separator)
    if width > MAX_COLUMNS:
        raise refusal(name, f"has {width:,} columns; at most {MAX_COLUMNS:,} are accepted.", "Leave out columns.")
    cells = width * text.count(b"\n")
    if cells > MAX_CELLS:
        raise refusal(name, f"holds {cells / 1e6:.0f} million cells; at most {MAX_CELLS / 1e6:.0f} are read.", "Give fewer rows.")
    _note_quoted_numbers(lines, separator, found)
    return _columns(text, separator, width, name)


def _told_separator(text: bytes) -> tuple[bytes, str | None]:
    """Take off the line `sep=;` that spreadsheet programs write in front."""
    match = re.match(rb"\s*\"?sep=([,;\t|])\"?\r?\n", text)
    return (text[match.end() :], match.group(1).decode()) if match else (text, None)


def _first_lines(text: bytes) -> list[str]:
    sample = text.lstrip(b"\r\n")[:_SAMPLE].decode("utf-8", "ignore")
    lines = [line for line in re.split(r"\r\n|\r|\n", sample) if line.strip()]
    return lines[:_LINES] if len(lines) < 2 or len(text) <= _SAMPLE else lines[:-1][:_LINES]


def _separator(lines: list[str]) -> str:
    """Return the character that parts most lines into as many cells as the header has; commas where nothing does."""
    judged = {mark: _fit(lines, mark) for mark in SEPARATORS}
    best = max(SEPARATORS, key=lambda mark: judged[mark])
    return best if judged[best] > (0.0, 1) else ","


def _fit(lines: list[str], mark: str) -> tuple[float, int]:
    widths = [len(row) for row in islice(csv.reader(lines, delimiter=mark), _LINES)]
    if not widths or widths[0] < 2:
        return (0.0, 1)
    return (Counter(widths)[widths[0]] / len(widths), widths[0])


def _width(lines: list[str], separator: str) -> int:
    return len(next(csv.reader(lines, delimiter=separator)))


def _note_quoted_numbers(lines: list[str], separator: str, found: Found) -> None:
    mark = re.escape(separator)
    quoted = re.compile(rf'(?:^|{mark})"[+-]?\d[\d.,]*"(?={mark}|$)')
    if any(quoted.search(line) for line in lines[1:]):
        found.repaired("quoted numbers", "Numbers in quotation marks were read as numbers.")


def _columns(text: bytes, separator: str, width: int, name: str) -> Columns:
    import pyarrow as pa
    from pyarrow import csv as arrow

    wrong: list[tuple[int | None, int]] = []

    def set_aside(row: Any) -> str:
        wrong.append((row.number, row.actual_columns))
        return "skip"

    places = [str(i) for i in range(width)]
    try:
        table = arrow.read_csv(
            pa.BufferReader(text),
            arrow.ReadOptions(use_threads=False, block_size=_BLOCK, column_names=places),
            arrow.ParseOptions(delimiter=separator, newlines_in_values=True, invalid_row_handler=set_aside),
            arrow.ConvertOptions(column_types=dict.fromkeys(places, pa.large_string()), strings_can_be_null=False),
        )
    except pa.ArrowInvalid as error:
        raise refusal(name, f"cannot be read as a table: {_reason(error)}.", _HINT) from error
    if wrong:
        raise refusal(name, f"cannot be read as a table: {_ragged(wrong, width)}.", _HINT)
    header = tuple(str(column[0]) for column in table.columns)
    return Columns(header, tuple(column.slice(1) for column in table.columns))


def _ragged(wrong: list[tuple[int | None, int]], width: int) -> str:
    number, cells = wrong[0]
    first = f"line {number:,}" if number else "one line"
    others = f"; {len(wrong):,} lines do not fit, this is the first" if len(wrong) > 1 else ""
    return f"the header has {width:,} cells, {first} has {cells:,}{others}"


def _reason(error: Exception) -> str:
    if "straddling" in str(error):
        return f"a line is longer than {_BLOCK // 2**20} MB, or a quotation mark is not closed"
    return "a quotation mark is not closed, or a line does not fit the others"
