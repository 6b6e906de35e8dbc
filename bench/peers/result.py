"""Results: one row per engine, table and fold; kept in a CSV file that a repeated command reads first."""

from __future__ import annotations

import csv
import fcntl
import io
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path


@dataclass(frozen=True)
class Key:
    """What makes two measurements the same one."""

    engine: str
    version: str
    budget_s: float
    table: str
    digest: str
    fold: int


@dataclass(frozen=True)
class Result:
    """What one engine did on one fold; `error` is "" when all went well, else the figures are 0.

    Seconds are processor seconds (user and system, descendants included) unless they are called wall. `all_cpu_s` counts the
    imports too. Memory is the most that the process and its descendants held at one moment, in MB of 10^6 bytes.
    """

    engine: str
    version: str
    budget_s: float
    table: str
    digest: str
    fold: int
    train_rows: int
    test_rows: int
    auc: float = 0
    log_loss: float = 0
    fit_cpu_s: float = 0
    fit_wall_s: float = 0
    all_cpu_s: float = 0
    peak_mb: float = 0
    row_ms: float = 0
    row_cpu_ms: float = 0
    error: str = ""

    @property
    def key(self) -> Key:
        """The key under which it is looked up."""
        return Key(self.engine, self.version, self.budget_s, self.table, self.digest, self.fold)


COLUMNS = tuple(f.name for f in fields(Result))
_WHOLE = {"fold", "train_rows", "test_rows"}
_TEXT = {"engine", "version", "table", "digest", "error"}


class ResultFile:
    """The CSV file of results, or only memory when there is no path; several processes may append to it at once."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.rows: list[Result] = [] if path is None or not path.exists() else read(path)

    def finished(self, key: Key) -> Result | None:
        """Return the newest measurement under this key that went well, or None when it must be made."""
        return next((row for row in reversed(self.rows) if row.key == key and not row.error), None)

    def add(self, row: Result) -> None:
        """Keep a row and append it to the file, in one piece."""
        self.rows.append(row)
        if self.path is None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", newline="") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(_as_csv([row], heading=file.tell() == 0))


def read(path: Path) -> list[Result]:
    """Read the rows of a file.

    Raises:
        ValueError: the file was not written by this program, or by another version of it.
    """
    with path.open(newline="") as file:
        lines = csv.DictReader(file)
        if tuple(lines.fieldnames or COLUMNS) != COLUMNS:
            raise ValueError(f"{path} has other columns than a file of results; name a new file")
        return [Result(**{name: _value(name, text) for name, text in line.items()}) for line in lines]  # type: ignore[arg-type]


def _value(name: str, text: str) -> str | int | float:
    return text if name in _TEXT else int(text) if name in _WHOLE else float(text)


def _as_csv(rows: Iterable[Result], heading: bool) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    if heading:
        writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    return buffer.getvalue()
