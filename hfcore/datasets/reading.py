"""Reads a table from a CSV file, or says in one sentence why it cannot."""

from __future__ import annotations

import csv
import warnings
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from hfcore.errors import InvalidDataset

if TYPE_CHECKING:
    import pandas as pd

MAX_BYTES = 200 * 1024 * 1024
_OTHER_FORMATS = {b"PK\x03\x04": "a zip or Excel file", b"PAR1": "a Parquet file", b"\x1f\x8b": "a gzip file", b"%PDF": "a PDF"}


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a comma-separated file in UTF-8, with or without a byte order mark; the first line names the columns.

    Raises:
        InvalidDataset: no such file, too large, not text in UTF-8, no lines, or lines that do not fit the header.
    """
    source = Path(path)
    text = _decode(_read_bytes(source), source.name)
    header = _header(text, source.name)
    frame = _parse(text, source.name)
    if len(header) == len(frame.columns):
        frame.columns = header
    return frame


def _wrong(name: str, message: str, hint: str) -> InvalidDataset:
    return InvalidDataset({"file": f"The file {name!r} {message}"}, hint)


def _read_bytes(source: Path) -> bytes:
    if not source.is_file():
        raise _wrong(source.name, "does not exist.", "Give the path of a CSV file.")
    size = source.stat().st_size
    if size > MAX_BYTES:
        raise _wrong(source.name, f"has {size / 2**20:.0f} MB; at most {MAX_BYTES // 2**20} MB are read.", "Give fewer rows.")
    return source.read_bytes()


def _decode(content: bytes, name: str) -> str:
    for start, what in _OTHER_FORMATS.items():
        if content.startswith(start):
            raise _wrong(name, f"is {what}, not a CSV file.", "Save the table as CSV in UTF-8.")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _wrong(name, "is text in UTF-16.", "Save it as CSV in UTF-8.")
    if b"\0" in content:
        raise _wrong(name, "holds zero bytes, so it is not a text file.", "Save the table as CSV in UTF-8.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _wrong(name, f"is not UTF-8 at byte {error.start}.", "Save it as CSV in UTF-8.") from error


def _header(text: str, name: str) -> list[str]:
    first = next((line for line in StringIO(text) if line.strip()), "")
    if not first:
        raise _wrong(name, "is empty.", "Give a table with a line of column names and at least one row.")
    names = next(csv.reader([first]))
    if len(names) == 1 and any(mark in first for mark in ";\t|"):
        raise _wrong(name, "is not separated by commas.", "Save it as CSV with commas between the columns.")
    return names


def _parse(text: str, name: str) -> pd.DataFrame:
    import pandas as pd

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            return pd.read_csv(StringIO(text), index_col=False, low_memory=False, float_precision="round_trip")
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError) as error:
        raise _wrong(
            name, f"cannot be read as a table: {_reason(error)}.", "Give every line as many cells as the header."
        ) from error


def _reason(error: Exception) -> str:
    text = str(error).replace("Error tokenizing data. C error: ", "").strip().rstrip(".")
    return text[:160] or type(error).__name__
