"""The tables of the comparison and their outer folds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

SEED = 2024
FOLDS, REPEATS = 5, 5
Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Table:
    """A table with a label of 0 and 1, and how often its rows are dealt anew into five folds."""

    name: str
    frame: pd.DataFrame
    label: str
    repeats: int = REPEATS

    @property
    def digest(self) -> str:
        """First ten digits of the SHA-256 of the content, so that a changed table is measured again."""
        return hashlib.sha256(self.frame.to_csv(index=False).encode()).hexdigest()[:10]

    @property
    def folds(self) -> int:
        """Number of outer folds."""
        return FOLDS * self.repeats

    def splits(self) -> Iterator[tuple[Rows, Rows]]:
        """Training and test rows of every outer fold, stratified by the label; the same on every machine."""
        from sklearn.model_selection import RepeatedStratifiedKFold

        dealer = RepeatedStratifiedKFold(n_splits=FOLDS, n_repeats=self.repeats, random_state=SEED)
        yield from dealer.split(self.frame, self.frame[self.label])


def heart_failure_tables(sets: str) -> list[Table]:
    """Return the shipped records `with` and `without` the follow-up time, as the comma-separated `sets` asks."""
    from hfcore.datasets import load_heart_failure

    frame = load_heart_failure()
    both = {"with": frame, "without": frame.drop(columns=["time"])}
    unknown = set(sets.split(",")) - set(both)
    if unknown:
        raise ValueError(f"no set is called {', '.join(sorted(unknown))}; known: {', '.join(both)}")
    return [Table(f"heart failure {name} time", both[name], "DEATH_EVENT") for name in both if name in sets.split(",")]


def tables_in(folder: Path, names: str = "") -> list[Table]:
    """Read every parquet table of a folder, or those that the comma-separated `names` names; five folds each.

    Raises:
        ValueError: there is no such table, or its column `label` does not hold exactly two values.
    """
    files = {file.stem: file for file in sorted(folder.glob("*.parquet"))}
    wanted = names.split(",") if names else list(files)
    unknown = [name for name in wanted if name not in files]
    if unknown or not wanted:
        raise ValueError(f"{folder} has no table {', '.join(unknown) or '*.parquet'}")
    return [Table(name, _with_codes(pd.read_parquet(files[name]), name), "label", repeats=1) for name in wanted]


def _with_codes(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    if "label" not in frame.columns:
        raise ValueError(f"{name} has no column 'label'")
    values = sorted(frame["label"].dropna().unique())
    if len(values) != 2 or frame["label"].isna().any():
        raise ValueError(
            f"the label of {name} has {len(values)} values and {int(frame['label'].isna().sum())} gaps; it must have 2 and 0"
        )
    return frame.assign(label=(frame["label"] == values[1]).astype(int))
