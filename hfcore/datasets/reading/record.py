"""What came of reading a file: the table, how the file was understood, and what was repaired."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hfcore.datasets.dataset import Source
from hfcore.errors import InvalidDataset

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

MAX_BYTES = 200 * 1024 * 1024
MAX_COLUMNS = 2_000
MAX_CELLS = 30_000_000
MAX_CELL = 10_000  # characters of one cell
MAX_HEADING = 200  # characters of a column's name
HARMLESS = frozenset({"byte order mark", "blank lines", "spaces", "missing values", "codes", "dates", "numbers kept as text"})


@dataclass(frozen=True)
class Repair:
    """One thing that was put right while reading; `kind` names it for programs, `sentence` for people."""

    kind: str
    sentence: str

    @property
    def is_harmless(self) -> bool:
        """True when no name, value or type could have been meant otherwise."""
        return self.kind in HARMLESS


@dataclass
class Found:
    """What is learned of a file while it is read: `facts` by name, and the repairs in the order they were made."""

    facts: dict[str, str] = field(default_factory=dict)
    repairs: list[Repair] = field(default_factory=list)

    def repaired(self, kind: str, sentence: str) -> None:
        """Note a repair."""
        self.repairs.append(Repair(kind, sentence))


@dataclass(frozen=True)
class Columns:
    """A file's columns: the names as they stand in the header, and the values by column, text unless the file knows types."""

    names: tuple[str, ...]
    values: tuple[pa.ChunkedArray, ...]

    @property
    def rows(self) -> int:
        """The number of rows below the header."""
        return len(self.values[0]) if self.values else 0


@dataclass(frozen=True)
class Reading:
    """A table that was read from a file called `name`, and what is to be told about it.

    `facts` says how the file was understood ("format", "separator", "decimal sign", "encoding", "sheet"), `sha256` and
    `size_bytes` are those of the file itself.
    """

    frame: pd.DataFrame = field(repr=False)
    name: str
    sha256: str
    size_bytes: int
    facts: Mapping[str, str]
    repairs: tuple[Repair, ...]

    @property
    def source(self) -> Source:
        """What the registry keeps of the file."""
        return Source(shown(self.name), self.sha256, self.size_bytes, self.facts, tuple(r.sentence for r in self.repairs))


def refusal(name: str, message: str, hint: str) -> InvalidDataset:
    """Return the error for a file that is not read: what is wrong with it and what to do."""
    return InvalidDataset({"file": f"The file {shown(name)!r} {message}"}, hint)


def shown(name: str, most: int = 80) -> str:
    """Return a name as it may stand in a sentence: printable characters only, and not endless."""
    plain = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
    return plain if len(plain) <= most else f"{plain[: most - 1]}…"


def listed(names: list[str], most: int = 5) -> str:
    """Write names as a list that does not become endless."""
    parts = ", ".join(repr(shown(n, 40)) for n in names[:most])
    return f"{parts} and {len(names) - most} more" if len(names) > most else parts
