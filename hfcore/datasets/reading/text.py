"""Bytes to text: UTF-8, UTF-16 or Windows-1252, or a sentence why it is no text."""

from __future__ import annotations

import codecs
import re

from hfcore.datasets.reading.record import Found, refusal

_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SAVE = "Save the table as CSV in UTF-8."


def as_utf8(content: bytes, name: str, found: Found) -> bytes:
    """Return the file's text in UTF-8, without a byte order mark.

    Raises:
        InvalidDataset: it holds bytes that no text has, or is in none of the three encodings.
    """
    text = _transcoded(content, name, found)
    control = _CONTROL.search(text)
    if control is None:
        return text
    if control.group() == b"\0":
        raise refusal(name, "holds zero bytes, so it is not a text file.", _SAVE)
    line = text.count(b"\n", 0, control.start()) + 1
    raise refusal(
        name, f"holds the control character {control.group()[0]:#04x} in line {line}, so it is not a plain table.", _SAVE
    )


def _transcoded(content: bytes, name: str, found: Found) -> bytes:
    if content.startswith(codecs.BOM_UTF8):
        found.repaired("byte order mark", "The byte order mark in front of the first name was dropped.")
        content = content[3:]
    elif content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _from_utf16(content, name, found)
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return _from_windows(content, name, found, error.start)
    found.facts["encoding"] = "UTF-8"
    return content


def _from_utf16(content: bytes, name: str, found: Found) -> bytes:
    try:
        text = content.decode("utf-16")
    except UnicodeDecodeError as error:
        raise refusal(name, f"begins like UTF-16 but is not from byte {error.start} on.", _SAVE) from error
    found.facts["encoding"] = "UTF-16"
    found.repaired("encoding", "The text is in UTF-16, not UTF-8; it was converted.")
    return text.encode("utf-8", "replace")


def _from_windows(content: bytes, name: str, found: Found, wrong_at: int) -> bytes:
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError as error:
        raise refusal(name, f"is neither UTF-8 (at byte {wrong_at}) nor Windows-1252 (at byte {error.start}).", _SAVE) from error
    found.facts["encoding"] = "Windows-1252"
    found.repaired(
        "encoding",
        f"The text is not UTF-8 at byte {wrong_at}; it was read as Windows-1252 (Latin-1). Look at letters with accents.",
    )
    return text.encode("utf-8")
