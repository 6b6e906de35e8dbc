"""When a new version has failed too often."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hfcore.backends.local import probation
from hfcore.backends.local.probation import Probation
from hfcore.scoring.traffic import Counts


def told(*steps: tuple[int, int], restarts: int = 0) -> Iterator[Counts | None]:
    """Return one look after another at (requests, errors) since the start."""
    return iter([Counts(0.0, 1.0, requests, errors, restarts) for requests, errors in steps])


def verdicts(monkeypatch: pytest.MonkeyPatch, looks: Iterator[Counts | None]) -> list[str | None]:
    """Look until there is nothing more to see."""
    monkeypatch.setattr(probation, "read_counts", lambda uri: next(looks))
    monkeypatch.setattr(probation, "LOOK_S", 0.0)
    watched = Probation(1)
    found: list[str | None] = []
    try:
        while True:
            found.append(watched.look())
    except StopIteration:
        return found


def test_five_errors_in_twenty_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four errors among twenty requests are borne, the fifth is not."""
    assert verdicts(monkeypatch, told((2, 0), (18, 4), (22, 4), (23, 5))) == [None, None, "5 of its last 20 requests failed"]


def test_old_errors_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors that lie more than twenty requests back do not count."""
    assert verdicts(monkeypatch, told((0, 0), (4, 4), (24, 4), (28, 8))) == [None, None, None]


def test_rare_errors_among_many_requests_are_borne(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten errors among two hundred requests seen at one look are one in twenty, wherever they were."""
    assert verdicts(monkeypatch, told((0, 0), (200, 10), (400, 20))) == [None, None]


def test_what_was_before_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the server had counted before it took over is not the version's record with its callers."""
    assert verdicts(monkeypatch, told((40, 9), (45, 9))) == [None]


def test_a_silent_server_tells_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look that finds no counters changes nothing."""
    looks = iter([*told((0, 0)), None, *told((6, 5))])
    assert verdicts(monkeypatch, looks) == [None, "5 of its last 6 requests failed"]
