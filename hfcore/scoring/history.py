"""Which requests were made, with which model and when: a list that only grows and holds no value of a patient.

It is a file of its own in the home, beside the store, because it is kept here for every backend. What was scored is remembered
as a keyed fingerprint (HMAC-SHA256, RFC 2104) with a secret of this home: the same patient gives the same one again, but
nobody who has the list alone can try out patients until one fits.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hfcore.errors import StoreDamaged
from hfcore.scoring.private_folder import PrivateFolder, translated

FILE, SECRET = "history.db", "history.secret"
BUSY_S = 30.0
FINGERPRINT = 24
_TABLE = """
CREATE TABLE IF NOT EXISTS requests (
  number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, workspace TEXT NOT NULL, endpoint TEXT NOT NULL,
  model TEXT NOT NULL, kind TEXT NOT NULL, rows INTEGER NOT NULL, fingerprint TEXT NOT NULL, outcome TEXT NOT NULL,
  milliseconds REAL NOT NULL);
CREATE INDEX IF NOT EXISTS requests_by_workspace ON requests (workspace, number);
CREATE TRIGGER IF NOT EXISTS requests_stay BEFORE DELETE ON requests
  BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER IF NOT EXISTS requests_stay_as_they_are BEFORE UPDATE ON requests
  BEGIN SELECT RAISE(ABORT, 'append-only'); END;
"""
_FIELDS = "at, workspace, endpoint, model, kind, rows, fingerprint, outcome, milliseconds"


@dataclass(frozen=True)
class Asked:
    """One request: when, to which endpoint of which workspace, what for, how many rows, and how it came out.

    `model` is `name:3` as the endpoint told it, `outcome` "answered" or the kind of failure, `fingerprint` that of the rows.
    """

    at: datetime
    workspace: str
    endpoint: str
    model: str
    kind: str
    rows: int
    fingerprint: str
    outcome: str = "answered"
    milliseconds: float = 0.0


class History:
    """The list of one home folder."""

    def __init__(self, home: Path) -> None:
        self._folder = PrivateFolder(home)

    def fingerprint(self, rows: Sequence[Mapping[str, Any]] | bytes) -> str:
        """Return what rows, or the bytes of a file, are remembered as. Raises DiskFull, StoreDamaged."""
        told = rows if isinstance(rows, bytes) else json.dumps([_plain(row) for row in rows], sort_keys=True).encode()
        return hmac.new(self._folder.secret(SECRET), told, hashlib.sha256).hexdigest()[:FINGERPRINT]

    def note(self, asked: Asked) -> None:
        """Add one request at the end. Raises DiskFull, StoreDamaged."""
        values = (asked.at.astimezone(UTC).isoformat(), *astuple(asked)[1:])
        marks = ", ".join("?" * len(values))
        with self._open() as connection, connection:
            connection.execute(f"INSERT INTO requests ({_FIELDS}) VALUES ({marks})", values)

    def latest(self, workspace: str, count: int = 200) -> list[Asked]:
        """Return the newest requests of a workspace, newest first. Raises StoreDamaged."""
        if not self._folder.file(FILE).exists():
            return []
        query = f"SELECT {_FIELDS} FROM requests WHERE workspace = ? ORDER BY number DESC LIMIT ?"
        with self._open() as connection:
            found = connection.execute(query, (workspace, count)).fetchall()
        return [Asked(datetime.fromisoformat(row[0]), *row[1:]) for row in found]

    def count(self, workspace: str) -> int:
        """Return how many requests of a workspace are listed. Raises StoreDamaged."""
        if not self._folder.file(FILE).exists():
            return 0
        with self._open() as connection:
            return int(connection.execute("SELECT count(*) FROM requests WHERE workspace = ?", (workspace,)).fetchone()[0])

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        path = self._folder.file(FILE)
        with translated(path):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite would make it readable for others
        try:
            with contextlib.closing(sqlite3.connect(path, timeout=BUSY_S)) as connection:
                if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
                    connection.executescript(f"BEGIN IMMEDIATE; {_TABLE} PRAGMA user_version = 1; COMMIT;")
                yield connection
        except sqlite3.Error as error:
            reason = f"The list of requests {path} cannot be used ({type(error).__name__})."
            raise StoreDamaged(reason, "Check the disk; a damaged list can be moved away, a new one is then begun.") from error


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row in which 60, 60.0 and True, 1 are the same."""
    return {str(k): float(v) if isinstance(v, bool | int | float) else None if v is None else str(v) for k, v in row.items()}
