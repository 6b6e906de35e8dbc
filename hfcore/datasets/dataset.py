"""A registered table: its identity, its columns, and the way to read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from hfcore.datasets.schema import Schema


@dataclass(frozen=True)
class Dataset:
    """One version of a registered table.

    `sha256` is that of the stored bytes; `rows` and `columns` are counts, the label column included.
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
    loader: Callable[[], pd.DataFrame] | None = field(default=None, repr=False, compare=False)

    def to_pandas(self) -> pd.DataFrame:
        """Read the table: one row per patient, one column per variable.

        Raises:
            ArtifactDamaged: the stored bytes do not have the recorded SHA-256.
        """
        if self.loader is None:
            raise LookupError(f"The data set {self.name!r} was described without a way to read it.")
        return self.loader()
