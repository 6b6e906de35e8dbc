"""Everything a card is written from: records that are there anyway, never a patient's values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from hfcore.datasets.dataset import Dataset
from hfcore.datasets.heart_failure import CITATION, HEART_FAILURE_NAME, HEART_FAILURE_SHA256, LICENCE
from hfcore.datasets.schema import Schema
from hfcore.records import ModelVersion, Run
from hfcore.reporting.report import ModelReport


@dataclass(frozen=True)
class DataFacts:
    """The table that a model learned from: which one, how large, and how many cells of each column are empty.

    `missing` is None when the table could not be read any more.
    """

    name: str
    version: int
    sha256: str
    rows: int
    columns: int
    schema: Schema
    description: str = ""
    missing: Mapping[str, int] | None = None

    @classmethod
    def of(cls, table: Dataset, missing: Mapping[str, int] | None) -> DataFacts:
        """Return what a data set tells about itself, with its empty cells by column."""
        counts = (table.rows, table.columns)
        return cls(table.name, table.version, table.sha256, *counts, table.schema, table.description, missing)

    @property
    def is_shipped(self) -> bool:
        """Whether these are the heart failure records that come with the program, byte for byte."""
        return self.name == HEART_FAILURE_NAME and self.sha256 in ("", HEART_FAILURE_SHA256)

    @property
    def citation(self) -> str:
        """Where the table comes from; "" for a table of the user's own."""
        return CITATION if self.is_shipped else ""

    @property
    def licence(self) -> str:
        """Under which terms the table may be used; "" for a table of the user's own."""
        return LICENCE if self.is_shipped else ""


@dataclass(frozen=True)
class CardFacts:
    """One judged model: its report, its run, its table, its registered version if there is one, and what writes the card when.

    `event` and `other` are the two outcomes as verbs after "who", such as died and survived.
    """

    report: ModelReport
    run: Run
    data: DataFacts
    written_at: datetime
    program: str
    model: ModelVersion | None = None
    event: str = "had the outcome"
    other: str = "did not"
