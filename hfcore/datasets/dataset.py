"""A registered table: its identity, its columns, and the way to read it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from hfcore.datasets.schema import Schema


@dataclass(frozen=True)
class Source:
    """The file that a table was read from.

    `file` is its name, a label; `sha256` and `size_bytes` are those of the file, `facts` says how it was understood
    (separator, decimal sign, encoding) and `repairs` what was put right, a sentence each.
    """

    file: str
    sha256: str = ""
    size_bytes: int = 0
    facts: Mapping[str, str] = field(default_factory=dict)
    repairs: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON can hold it."""
        return {
            "file": self.file,
            "sha256": self.sha256,
            "size_bytes": self.size_bytes,
            "facts": dict(self.facts),
            "repairs": list(self.repairs),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any] | None) -> Source | None:
        """Return what `to_dict` gave, None for a table that came from no file."""
        if not stored or not stored.get("file"):
            return None
        return cls(**{**stored, "repairs": tuple(stored.get("repairs", ()))})


@dataclass(frozen=True)
class Dataset:
    """One version of a registered table.

    `sha256` is that of the stored bytes; `rows` and `columns` are counts, the label column included. `created_by` is the name
    of whoever registered it, "" when nobody knows; `source` is the file it came from, if any. `id` is what
    `Workspace.delete` knows this version by, "" where versions cannot be deleted one by one.
    """

    name: str
    version: int
    sha256: str
    rows: int
    columns: int
    schema: Schema
    created_at: datetime | None = None
    description: str = ""
    size_bytes: int = 0
    created_by: str = ""
    source: Source | None = None
    id: str = ""
    loader: Callable[[], pd.DataFrame] | None = field(default=None, repr=False, compare=False)

    def to_pandas(self) -> pd.DataFrame:
        """Read the table: one row per patient, one column per variable.

        Raises:
            ArtifactDamaged: the stored bytes do not have the recorded SHA-256.
        """
        if self.loader is None:
            raise LookupError(f"The data set {self.name!r} was described without a way to read it.")
        return self.loader()
