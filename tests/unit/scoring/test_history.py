"""The list of requests: it grows, it holds no value of a patient, and it cannot be searched by trying patients out."""

from __future__ import annotations

import sqlite3
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hfcore.datasets.heart_failure import SAMPLE_PATIENT
from hfcore.errors import StoreDamaged
from hfcore.scoring.history import Asked, History

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


def asked(**changes: object) -> Asked:
    """One request of the workspace `w`."""
    made = Asked(NOW, "w", "automl-hf-sdk", "heart-failure-risk:1", "one patient", 1, "f" * 24, milliseconds=1.5)
    return replace(made, **changes)  # type: ignore[arg-type]


def test_requests_are_listed_newest_first(home: Path) -> None:
    """What was noted comes back as it was, newest first, of one workspace only and no more than asked for."""
    history = History(home)
    assert (history.latest("w"), history.count("w")) == ([], 0)
    made = [asked(at=NOW + timedelta(seconds=i), rows=i) for i in range(5)]
    for one in made:
        history.note(one)
    history.note(asked(workspace="other"))
    assert history.latest("w", 3) == made[:1:-1]
    assert (History(home).count("w"), history.count("other")) == (5, 1)


def test_the_list_only_grows(home: Path) -> None:
    """Neither deleting nor changing a request is possible, not even past this program."""
    History(home).note(asked())
    with closing(sqlite3.connect(home / "scoring" / "history.db")) as store:
        for statement in ("DELETE FROM requests", "UPDATE requests SET rows = 9"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                store.execute(statement)
    assert History(home).latest("w") == [asked()]


def test_the_same_patient_has_the_same_fingerprint_in_this_home_only(home: Path, tmp_path: Path) -> None:
    """A fingerprint is the same again for the same values however written, another for others, and another in another home."""
    history = History(home)
    first = history.fingerprint([SAMPLE_PATIENT])
    assert first == History(home).fingerprint([{**dict(reversed(SAMPLE_PATIENT.items())), "age": 60, "sex": False}])
    assert first != history.fingerprint([{**SAMPLE_PATIENT, "age": 61}])
    assert first != History(tmp_path / "another").fingerprint([SAMPLE_PATIENT])
    assert history.fingerprint(b"a file") != history.fingerprint(b"another file")
    assert len(first) == 24


def test_only_the_owner_may_read_it(home: Path) -> None:
    """Folder and files, the secret first of all, are closed to everybody else."""
    history = History(home)
    history.note(asked(fingerprint=history.fingerprint([SAMPLE_PATIENT])))
    folder = home / "scoring"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    names = ("history.db", "history.secret", "history.secret.lock")
    assert {p.name: oct(stat.S_IMODE(p.stat().st_mode)) for p in folder.iterdir()} == dict.fromkeys(names, "0o600")


def test_many_write_at_once(home: Path) -> None:
    """Eight writers lose nothing and agree on one secret."""

    def write(number: int) -> str:
        history = History(home)
        history.note(asked(rows=number))
        return history.fingerprint([SAMPLE_PATIENT])

    with ThreadPoolExecutor(8) as pool:
        prints = set(pool.map(write, range(24)))
    assert len(prints) == 1
    assert sorted(a.rows for a in History(home).latest("w")) == list(range(24))


def test_a_damaged_list_is_said(home: Path) -> None:
    """A file that is no list is one sentence with what to do, and is left as it is."""
    (home / "scoring").mkdir(parents=True)
    path = home / "scoring" / "history.db"
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreDamaged, match="moved away"):
        History(home).note(asked())
    assert path.read_bytes().startswith(b"not a database")
