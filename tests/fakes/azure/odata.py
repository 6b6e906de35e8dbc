"""The filters that the SDK sends to the run history: terms such as `Status eq Completed`, joined by and, or and brackets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_TOKEN = re.compile(
    r"\s*(?:(?P<bracket>[()])|(?P<join>and|or)\b"
    r"|(?P<field>[\w./-]+)\s+(?P<how>eq|ne|gt|ge|lt|le)\s+(?:'(?P<text>[^']*)'|(?P<bare>[^()]*?)(?=\)|\s+(?:and|or)\s|\s*$)))",
    re.IGNORECASE,
)
_MAPS = ("tags", "properties")


def passes(record: Mapping[str, Any], condition: str) -> bool:
    """Tell whether a record fits a filter; every record fits none. Raises ValueError for what is no filter."""
    return not condition.strip() or _Reader(record, condition).whole()


class _Reader:
    """Reads a filter from left to right and says at once what it comes to for one record."""

    def __init__(self, record: Mapping[str, Any], condition: str) -> None:
        self._record, self._condition, self._at = record, condition, 0

    def whole(self) -> bool:
        found = self._either()
        if self._condition[self._at :].strip():
            raise ValueError(f"The double cannot read the filter {self._condition!r}.")
        return found

    def _either(self) -> bool:
        found = self._both()
        while self._takes("join", "or"):
            found = self._both() or found
        return found

    def _both(self) -> bool:
        found = self._one()
        while self._takes("join", "and"):
            found = self._one() and found
        return found

    def _one(self) -> bool:
        if self._takes("bracket", "("):
            found = self._either()
            if not self._takes("bracket", ")"):
                raise ValueError(f"A bracket is not closed in the filter {self._condition!r}.")
            return found
        match = _TOKEN.match(self._condition, self._at)
        if match is None or match["field"] is None:
            raise ValueError(f"The double cannot read the filter {self._condition!r}.")
        self._at = match.end()
        return _holds(self._record, match)

    def _takes(self, kind: str, word: str) -> bool:
        match = _TOKEN.match(self._condition, self._at)
        if match is None or (match[kind] or "").lower() != word:
            return False
        self._at = match.end()
        return True


def _holds(record: Mapping[str, Any], term: re.Match[str]) -> bool:
    name, _, key = term["field"].partition("/")
    value: Any = {k.lower(): v for k, v in record.items()}.get(name.lower())
    if name.lower() in _MAPS:
        if key not in value:
            return False  # of what is not there neither `eq null` nor `ne null` holds
        value = value[key]
    elif key:
        inner, _, trait = key.partition("/")
        value = {k.lower(): v for k, v in value.items()}.get(inner.lower())
        if trait:
            return trait in (value or ())
    wanted: Any = term["text"] if term["text"] is not None else term["bare"].strip()
    wanted = None if term["text"] is None and wanted.lower() == "null" else wanted
    how = term["how"].lower()
    if how in ("eq", "ne"):
        return (value == wanted) is (how == "eq")
    left, right = _comparable(value), _comparable(wanted)
    return {"gt": left > right, "ge": left >= right, "lt": left < right, "le": left <= right}[how]


def _comparable(value: Any) -> str:
    """Return a moment or a word in a form in which a later one is larger."""
    return str(value or "").replace(" ", "T")
