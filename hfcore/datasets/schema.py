"""What a column means: its kind, unit, source range and the range a living patient can have."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One variable of a table.

    Attributes:
        name: Column name in the table.
        title: Name as people say it.
        kind: "number", "integer", "boolean" or "category".
        unit: Unit of the values, "" for a pure number or a yes/no.
        meaning: One plain sentence.
        low, high: Smallest and largest value that is accepted at all (physically possible).
        normal_low, normal_high: Usual reference range of a healthy adult, None where there is none.
        group: Group in the patient form: "demographics", "history", "laboratory",
            "echocardiography" or "follow-up".
        is_label: True for the outcome.
        known_at_scoring: False for what nobody knows when a new patient is scored.
        source: Where the ranges come from.
        levels: The different values of a "category" column, when there are at most 100.
        bands: Where the values are parted into groups of patients, lowest cut first; a cut belongs to the group above it.
    """

    name: str
    title: str
    kind: str
    unit: str = ""
    meaning: str = ""
    low: float | None = None
    high: float | None = None
    normal_low: float | None = None
    normal_high: float | None = None
    group: str = ""
    choices: tuple[str, str] | None = None
    is_label: bool = False
    known_at_scoring: bool = True
    source: str = ""
    levels: tuple[str, ...] = ()
    bands: tuple[float, ...] = ()


@dataclass(frozen=True)
class Schema:
    """The columns of a table in order."""

    columns: tuple[Column, ...]

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def __contains__(self, name: object) -> bool:
        return any(c.name == name for c in self.columns)

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"No column is called {name!r}; known: {', '.join(self.names)}")

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(c.name for c in self.columns)

    @property
    def features(self) -> tuple[Column, ...]:
        """Every column but the label."""
        return tuple(c for c in self.columns if not c.is_label)

    @property
    def label(self) -> Column | None:
        """The outcome, or None when no column is marked as such."""
        return next((c for c in self.columns if c.is_label), None)
