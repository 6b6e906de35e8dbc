"""The order in which `make test` runs the tests."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.suite import parts, run_side_by_side


def test_every_test_file_is_in_exactly_one_part() -> None:
    """No file of tests is left out, and none runs twice."""
    planned = [Path(path) for step in parts() for part in step for path in part]
    files = [path.relative_to(Path(__file__).parents[2]) for path in Path(__file__).parents[1].rglob("test_*.py")]
    assert files
    assert sorted(planned) == sorted(files)


def test_two_halves_run_side_by_side_after_the_browser() -> None:
    """The browser's tests have the machine to themselves; each half holds hundreds of tests."""
    first, halves = parts()
    assert [{Path(path).parts[1] for path in part} for part in first] == [{"browser"}]
    assert len(halves) == 2
    assert all(len(half) > 20 for half in halves)


def test_one_failed_part_fails_the_run() -> None:
    """Whichever part fails, the first or the last, the whole has failed; all passing, it has passed."""
    good, bad = [sys.executable, "-c", ""], [sys.executable, "-c", "raise SystemExit(1)"]
    assert run_side_by_side([good, good])
    assert not run_side_by_side([good, bad])
    assert not run_side_by_side([bad, good])
