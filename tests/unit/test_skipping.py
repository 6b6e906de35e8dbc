"""Browser tests are skipped aloud on a machine without a browser, and never in CI."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.chromium import find_chromium, install_command

ROOT = Path(__file__).parents[2]


def run_without_browser(folder: Path, ci: str) -> subprocess.CompletedProcess[str]:
    """Run a browser test as on a machine without Chromium."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        f"--basetemp={folder / 'inner'}",
        "tests/browser/test_first_sight.py",
    ]
    env = {**os.environ, "CI": ci, "HF_CHROMIUM": str(folder / "no-such-browser")}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)


def test_without_a_browser_the_report_names_the_command(tmp_path: Path) -> None:
    """A skipped browser test is no failure, and its reason is the command that installs the browser."""
    done = run_without_browser(tmp_path, ci="")
    assert done.returncode == 0, done.stdout
    assert "1 skipped" in done.stdout
    assert install_command() in done.stdout


def test_in_ci_a_skipped_browser_test_fails(tmp_path: Path) -> None:
    """With CI=true the same run fails and says that nothing may be skipped."""
    done = run_without_browser(tmp_path, ci="true")
    assert done.returncode == 1, done.stdout
    assert "must not be skipped in CI" in done.stdout


def test_a_named_browser_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HF_CHROMIUM decides which browser is driven, and a wrong path is not replaced by another browser."""
    monkeypatch.setenv("HF_CHROMIUM", sys.executable)
    assert find_chromium() == Path(sys.executable)
    monkeypatch.setenv("HF_CHROMIUM", str(tmp_path / "nothing"))
    assert find_chromium() is None
