"""The names of the columns: blank, repeated and unreadable ones are put right where nothing can be meant otherwise."""

from __future__ import annotations

import re
from collections import Counter

from hfcore.datasets.reading.record import MAX_HEADING, Columns, Found, listed, refusal

_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")


def with_names(columns: Columns, name: str, found: Found) -> Columns:
    """Return the columns under names that are readable and all different.

    Raises:
        InvalidDataset: a column with values has no name, a name is endless, or the first line holds numbers.
    """
    columns = _without_empty(columns, found)
    names = [_readable(n) for n in columns.names]
    if any(a.strip() != b for a, b in zip(columns.names, names, strict=True)):
        found.repaired("names", "Line breaks and invisible characters were taken out of column names.")
    blank = [str(i) for i, n in enumerate(names, 1) if not n]
    if blank:
        raise refusal(name, f"has values but no name in column {listed(blank)}.", "Name every column in the first line.")
    if all(_NUMBER.fullmatch(n) for n in names):
        raise refusal(name, "has no column names: its first line holds only numbers.", "Put a line with names above the values.")
    if max(map(len, names), default=0) > MAX_HEADING:
        raise refusal(name, f"has a column name of more than {MAX_HEADING} characters.", "Shorten the names in the first line.")
    return Columns(_told_apart(names, found), columns.values)


def _readable(name: str) -> str:
    return "".join(c for c in re.sub(r"\s+", " ", name) if c.isprintable()).strip()


def _without_empty(columns: Columns, found: Found) -> Columns:
    """Leave out columns that have neither a name nor a value."""
    kept = [i for i, n in enumerate(columns.names) if _readable(n) or not _is_empty(columns, i)]
    gone = len(columns.names) - len(kept)
    if gone:
        found.repaired("empty columns", f"Columns left out because they have neither a name nor a value: {gone:,}.")
    return Columns(tuple(columns.names[i] for i in kept), tuple(columns.values[i] for i in kept))


def _is_empty(columns: Columns, place: int) -> bool:
    values = columns.values[place]
    return bool(len(values) == values.null_count)


def _told_apart(names: list[str], found: Found) -> tuple[str, ...]:
    """Number the repetitions of a name: a, a (2), a (3)."""
    counts = Counter(names)
    repeated = [n for n, count in counts.items() if count > 1]
    if not repeated:
        return tuple(names)
    seen: set[str] = set()
    apart = []
    for name in names:
        number, new = 2, name
        while new in seen or (new != name and new in counts):
            new, number = f"{name} ({number})", number + 1
        seen.add(new)
        apart.append(new)
    found.repaired(
        "repeated names", f"More than one column is called {listed(repeated)}; the later ones have a number behind the name now."
    )
    return tuple(apart)
