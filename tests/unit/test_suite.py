"""The order in which `make test` runs the tests."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.suite import parts, run_side_by_side


def test_every_test_file_is_in_exactly_one_part() -> None:
    """No file of tests is left out, and none runs twice."""
    folders = [Path(path) for step in parts() for part in step for path in part]
    files = [path.relative_to(Path(__file__).parents[2]) for path in Path(__file__).parents[1].rglob("test_*.py")]
    assert files
    assert all(sum(folder in file.parents for folder in folders) == 1 for file in files)


def test_one_failed_part_fails_the_run() -> None:
    """Whichever part fails, the first or the last, the whole has failed; all passing, it has passed."""
    good, bad = [sys.executable, "-c", ""], [sys.executable, "-c", "raise SystemExit(1)"]
    assert run_side_by_side([good, good])
    assert not run_side_by_side([good, bad])
    assert not run_side_by_side([bad, good])
