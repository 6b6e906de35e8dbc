"""A file to a table: looks at what the bytes are, whatever the file is called, and takes them apart accordingly."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from hfcore.datasets.reading import cells, delimited, headings, numbers, parquet, text, xlsx
from hfcore.datasets.reading.record import MAX_BYTES, Columns, Found, Reading, refusal

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_OTHERS = {
    b"\x1f\x8b": "a gzip file",
    b"%PDF": "a PDF",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a RAR archive",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"SQLite format 3": "a database",
    b"\x7fELF": "a program",
    b"\xd0\xcf\x11\xe0": "an old Excel file (.xls), or one with a password",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"ARROW1": "an Arrow file",
    b"\x80\x04\x95": "a pickle, which may run programs,",
}
_SAVE = "Save the table as CSV, Parquet or XLSX."
_MARKUP = re.compile(rb"\s*(<!doctype|<html|<\?xml|\{\s*\"|\[\s*[\[{])", re.IGNORECASE)


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a CSV, Parquet or XLSX file that needs no repair; the first line names the columns.

    Nobody looks at a preview here, so a file that would have to be repaired is refused with what the repair would be;
    a byte order mark, blank lines, spaces around values and words for missing values are no repairs in this sense.

    Raises:
        InvalidDataset: no such file, too large, no table, or a repair that somebody should see.
    """
    source = Path(path)
    content = _read_bytes(source)
    table, found = table_of(content, source.name)
    serious = [r.sentence for r in found.repairs if not r.is_harmless]
    if serious:
        hint = "Save it as CSV in UTF-8 with commas, or add it on the Explore page, which shows what is repaired."
        raise refusal(source.name, f"has to be repaired before it is used. {' '.join(serious)}", hint)
    return to_frame(table)


def _read_bytes(source: Path) -> bytes:
    if not source.is_file():
        raise refusal(source.name, "does not exist.", "Give the path of a CSV, Parquet or XLSX file.")
    check_size(source.stat().st_size, source.name)
    return source.read_bytes()


def check_size(size: int, name: str) -> None:
    """Refuse a file that is too large to be read. Raises InvalidDataset."""
    if size > MAX_BYTES:
        raise refusal(name, f"has {size / 2**20:.0f} MB; at most {MAX_BYTES // 2**20} MB are read.", "Give fewer rows.")


def table_of(content: bytes, name: str) -> tuple[pa.Table, Found]:
    """Read a file's bytes and return its table, with what was found.

    Raises:
        InvalidDataset: what is wrong with it, and where.
    """
    import pyarrow as pa

    found = Found()
    columns = headings.with_names(cells.cleaned(_columns(content, name, found), name, found), name, found)
    columns = numbers.typed(columns, name, found) if found.facts["format"] != "Parquet" else columns
    if not columns.names:
        raise refusal(name, "has no columns.", "Give a table with a line of column names and at least one row.")
    if not columns.rows:
        raise refusal(name, "has column names but no rows.", "Give at least one row.")
    return pa.table(list(columns.values), names=list(columns.names)), found


def _columns(content: bytes, name: str, found: Found) -> Columns:
    for start, what in _OTHERS.items():
        if content.startswith(start):
            raise refusal(name, f"is {what} not a table." if what.endswith(",") else f"is {what}, not a table.", _SAVE)
    if content.startswith(b"PAR1"):
        found.facts["format"] = "Parquet"
        return parquet.split(content, name, found)
    if content.startswith(b"PK"):
        found.facts["format"] = "XLSX"
        return xlsx.split(content, name, found)
    found.facts["format"] = "CSV"
    plain = text.as_utf8(content, name, found)
    if _MARKUP.match(plain):
        raise refusal(name, "is a web page, XML or JSON, not a table.", _SAVE)
    return delimited.split(plain, name, found)


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Return an Arrow table as a frame: whole numbers with gaps as floats, true/false with gaps as 1, 0 and missing."""
    import numpy as np
    import pyarrow as pa

    for i, column in enumerate(table.columns):
        if pa.types.is_boolean(column.type) and column.null_count:
            table = table.set_column(i, table.column_names[i], column.cast(pa.int8()).cast(pa.float64()))
    frame: pd.DataFrame = table.to_pandas(strings_to_categorical=False, use_threads=False)
    for i, kind in enumerate(frame.dtypes):
        if kind.kind == "O" and table.column(i).null_count:
            frame.isetitem(i, frame.iloc[:, i].where(frame.iloc[:, i].notna(), np.nan).to_numpy())
    return frame


def reading_of(table: pa.Table, found: Found, content: bytes, name: str) -> Reading:
    """Return what came of reading a file, the table as a frame."""
    sha256 = hashlib.sha256(content).hexdigest()
    return Reading(to_frame(table), name, sha256, len(content), dict(found.facts), tuple(found.repairs))
