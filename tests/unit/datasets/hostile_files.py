"""Sixty files that nobody should trust, made when they are asked for: each by name, with what must be said about it."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Hostile:
    """A file: how to make its bytes, a part of the sentence that it must be answered with, and whether it is read at all.

    `apart` files are given to the process with limits, since they are made to take memory or time, or to crash a parser.
    """

    make: Callable[[], bytes]
    sentence: str
    is_read: bool = False
    apart: bool = False


def refused(make: Callable[[], bytes] | bytes, sentence: str, apart: bool = False) -> Hostile:
    """Return a file that must be refused with this sentence."""
    return Hostile(make if callable(make) else lambda: make, sentence, apart=apart)


def repaired(make: Callable[[], bytes] | bytes, sentence: str, apart: bool = False) -> Hostile:
    """Return a file that must be read, and this repair be named."""
    return Hostile(make if callable(make) else lambda: make, sentence, is_read=True, apart=apart)


def workbook(*rows: list[object], also: dict[str, bytes] | None = None) -> Callable[[], bytes]:
    """Return what makes an XLSX file of these rows, with further parts in its archive."""

    def make() -> bytes:
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        target = io.BytesIO()
        book.save(target)
        return with_parts(target.getvalue(), also or {})

    return make


def with_parts(content: bytes, parts: dict[str, bytes]) -> bytes:
    """Return an archive with parts added or replaced."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, data in parts.items():
            new.writestr(name, data)
    return target.getvalue()


def sheet(cells: str) -> bytes:
    """Return a worksheet as XML."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<?xml version="1.0"?><worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>'.encode()


def with_sheet(data: bytes) -> bytes:
    """Return a workbook whose only sheet is this XML."""
    return with_parts(workbook(["a"])(), {"xl/worksheets/sheet1.xml": data})


def archive(**parts: bytes) -> bytes:
    """Return a zip archive of these parts; a name's double underline stands for a slash."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name, data in parts.items():
            new.writestr(name.replace("__", "/"), data)
    return target.getvalue()


def parquet(**columns: object) -> bytes:
    """Return a Parquet file of these columns."""
    target = io.BytesIO()
    pq.write_table(pa.table(columns), target)
    return target.getvalue()


def lying_footer() -> bytes:
    """Return a Parquet file whose footer's length points far before its beginning."""
    return parquet(a=[1, 2])[:-8] + struct.pack("<I", 2**31 - 1) + b"PAR1"


def flipped_footer() -> bytes:
    """Return a Parquet file with every fifth byte of its footer turned around."""
    content = bytearray(parquet(a=[1, 2], b=["x", "y"]))
    for i in range(len(content) - 200, len(content) - 8, 5):
        content[i] ^= 0xFF
    return bytes(content)


def parquet_bomb() -> bytes:
    """Return a Parquet file of some kilobytes that holds 60 GB of text: one long word, a million times over."""
    word = pa.DictionaryArray.from_arrays(pa.array(np.zeros(1_000_000, np.int32)), pa.array(["x" * 60_000]))
    target = io.BytesIO()
    pq.write_table(pa.table({"a": word}), target, compression="zstd")
    return target.getvalue()


def xlsx_bomb() -> bytes:
    """Return a workbook of a megabyte whose sheet unpacks to 320 MB."""
    row = b'<row><c t="inlineStr"><is><t>' + b"x" * MEGABYTE + b"</t></is></c></row>"
    target = io.BytesIO(workbook(["a"])())
    with (
        zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as book,
        book.open("xl/worksheets/more.xml", "w") as part,
    ):
        for _ in range(320):
            part.write(row)
    return target.getvalue()


def xlsx_many_rows() -> bytes:
    """Return a workbook that stays below the limits of its archive and still would take minutes."""
    return with_sheet(sheet('<row><c t="b"><v>1</v></c></row>' * 5_000_000))


def laughs() -> bytes:
    """Return a workbook whose sheet defines entities of entities of entities."""
    lines = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    return with_sheet(f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">{lines}]><x>&l9;</x>'.encode())


def wide(columns: int) -> bytes:
    """Return a CSV file of many columns."""
    return (",".join(f"c{i}" for i in range(columns)) + "\n" + ",".join("1" for _ in range(columns)) + "\n").encode()


def many_cells() -> bytes:
    """Return a CSV file of 40 million cells in 40 MB."""
    return b"a,b,c,d,e,f,g,h\n" + b",,,,,,,\n" * 5_000_000


def many_parts() -> bytes:
    """Return a workbook with 3,000 parts."""
    return with_parts(workbook(["a"], [1])(), {f"xl/media/{i}.png": b"" for i in range(3_000)})


NUMBERS = b"a,b\n1,2\n3,4\n"
NESTED_LIST = pa.array([[1, 2], [3]])
NESTED_MAP = pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64()))

FILES: dict[str, Hostile] = {
    # -- what is no table at all
    "nothing": refused(b"", "is empty"),
    "blank lines only": refused(b"\n\n  \n\t\n", "is empty"),
    "header only": refused(b"a,b\n", "no rows"),
    "zero bytes": refused(b"a,b\n1,\x002\n", "zero bytes"),
    "only zero bytes": refused(b"\0" * MEGABYTE, "zero bytes"),
    "random bytes": refused(lambda: np.random.default_rng(1).bytes(MEGABYTE), "file", apart=True),
    "a bell in line 3": refused(b"a,b\n1,2\n\x07,4\n", "0x07 in line 3"),
    "a picture": refused(b"\x89PNG\r\n\x1a\n" + b"1" * 99, "is a picture"),
    "a PDF": refused(b"%PDF-1.7\n%", "is a PDF"),
    "a program": refused(b"\x7fELF\x02\x01\x01", "is a program"),
    "a pickle": refused(
        b"\x80\x04\x95\x1e\0\0\0\0\0\0\0\x8c\x05posix\x94\x8c\x06system\x94", "is a pickle, which may run programs"
    ),
    "a gzip bomb": refused(lambda: gzip.compress(b"1,2\n" * 500_000), "is a gzip file"),
    "a web page": refused(b"<!DOCTYPE html><script>alert(1)</script>", "is a web page"),
    "JSON": refused(b'[{"a": 1}, {"a": 2}]', "is a web page, XML or JSON"),
    "an old workbook": refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "is an old Excel file"),
    # -- encodings
    "UTF-8 with a mark": repaired(b"\xef\xbb\xbf" + NUMBERS, "byte order mark"),
    "UTF-16": repaired(lambda: NUMBERS.decode().encode("utf-16"), "is in UTF-16"),
    "UTF-16, big end first": repaired(lambda: b"\xfe\xff" + NUMBERS.decode().encode("utf-16-be"), "is in UTF-16"),
    "UTF-16, cut": refused(lambda: NUMBERS.decode().encode("utf-16")[:-1], "begins like UTF-16"),
    "UTF-16 without a mark": refused(lambda: NUMBERS.decode().encode("utf-16-le"), "zero bytes"),
    "UTF-32": refused(lambda: NUMBERS.decode().encode("utf-32"), "zero bytes"),
    "Windows-1252": repaired(b"name,x\nJos\xe9,1\nZo\xeb,2\n", "read as Windows-1252"),
    "neither": refused(b"name,x\n\x81\x8d,1\n", "neither UTF-8 (at byte 7) nor Windows-1252"),
    "overlong UTF-8": repaired(b"name\n\xc0\xaf\n", "not UTF-8 at byte 5"),
    # -- lines
    "too many cells": refused(b"a,b\n1,2\n1,2,3\n", "the header has 2 cells, line 3 has 3"),
    "too few cells": refused(b"a,b,c\n1,2,3\n4,5\n6,7\n", "the header has 3 cells, line 3 has 2; 2 lines do not fit"),
    "a title above": refused(b"Clinic 2026\na,b\n1,2\n", "cannot be read as a table"),
    "an open quotation mark": refused(b'a,b\n1,"x\n2,y\n', "opened and not closed"),
    "10,000 columns": refused(lambda: wide(10_000), "10,000 columns; at most 2,000"),
    "40 million cells": refused(many_cells, "40 million cells; at most 30"),
    "a cell of 10 MB": refused(
        lambda: b"a,b\n1," + b"x" * 10 * MEGABYTE + b"\n", "a cell of 10,485,760 characters in row 1", apart=True
    ),
    "a line of 20 MB": refused(lambda: b"a,b\n1," + b"x" * 20 * MEGABYTE + b"\n", "a cell of 20,971,520 characters", apart=True),
    "5 million empty lines": refused(lambda: b"a\n" + b"\n" * 5_000_000, "no rows", apart=True),
    # -- names
    "no names": refused(b"1,2\n3,4\n", "first line holds only numbers"),
    "a blank name": refused(b"a,,c\n1,2,3\n", "values but no name in column '2'"),
    "the same name twice": repaired(b"a,a\n1,2\n", "More than one column is called 'a'"),
    "an endless name": refused(b"x" * 5000 + b",b\n1,2\n", "a column name of more than 200 characters"),
    "a name that runs backwards": repaired("a\u202eb,c\n1,2\n".encode(), "invisible characters were taken out"),
    "a name over two lines": repaired(b'"a\nb",c\n1,2\n', "Line breaks and invisible characters"),
    # -- numbers
    "decimal commas": repaired(b"a;b\n1,5;2\n2,25;3\n", "Decimal commas were read as such"),
    "thousands and decimal commas": repaired(b"a;b\n1.234,5;2\n12.345,75;3\n", "Separators between thousands"),
    "commas that may be either": refused(b"a;b\n1,234;2\n5,678;3\n", "can be read in two ways in the column 'a'"),
    "numbers in quotation marks": repaired(b'a,b\n"1","2.5"\n"3","4.5"\n', "Numbers in quotation marks"),
    "both decimal signs": repaired(b"a;b\n1,5;2\n2.5;3\n1.25;4\n", "both decimal commas and decimal points"),
    "empty columns and lines at the end": repaired(b"a,b,,\n1,2,,\n3,4,,\n,,,\n,,,\n", "neither a name nor a value: 2"),
    # -- workbooks
    "a renamed zip": refused(lambda: archive(a=b"1,2\n"), "a zip or Excel file without a workbook"),
    "a broken zip": refused(b"PK\x03\x04rest", "is not a readable zip or Excel file"),
    "an OpenDocument sheet": refused(lambda: archive(mimetype=b"application/vnd.oasis"), "is an OpenDocument file"),
    "macros": refused(workbook(["a"], [1], also={"xl/vbaProject.bin": b"Sub"}), "holds macros"),
    "formulas never calculated": refused(workbook(["a", "b"], [1, "=A2*2"]), "formulas whose values were never stored"),
    "an XLSX bomb": refused(xlsx_bomb, "MB; at most", apart=True),
    "an XLSX of five million rows": refused(xlsx_many_rows, "file", apart=True),
    "entities of entities": refused(laughs, "XLSX workbook", apart=True),
    "3,000 parts": refused(many_parts, "parts and"),
    "paths that lead out": repaired(
        workbook(["a"], [1.5], also={"../../../../tmp/hf-out.txt": b"out", "/etc/hf-out": b"out"}), "XLSX"
    ),
    "dates": repaired(workbook(["a", "seen"], [1, date(2026, 1, 31)]), "Dates and times are kept as text"),
    # -- Parquet
    "a broken Parquet file": refused(b"PAR1rest", "not a sound Parquet file"),
    "a lying footer": refused(lying_footer, "not a sound Parquet file", apart=True),
    "a footer with turned bytes": refused(flipped_footer, "file", apart=True),
    "lists in Parquet": refused(lambda: parquet(a=NESTED_LIST), "lists, structures or bytes in 'a'"),
    "maps in Parquet": refused(lambda: parquet(a=NESTED_MAP), "lists, structures or bytes in 'a'"),
    "bytes in Parquet": refused(lambda: parquet(a=[b"\x00\x01"]), "lists, structures or bytes in 'a'"),
    "a Parquet bomb": refused(parquet_bomb, "far larger inside", apart=True),
    "no rows in Parquet": refused(lambda: parquet(a=pa.array([], pa.int64())), "no rows"),
}
