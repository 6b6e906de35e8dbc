"""What the README promises, done as it is written there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import processes

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


@pytest.mark.timeout(300)
def test_the_library_script_runs_as_written(tmp_path: Path) -> None:
    """The script of the README trains, registers, deploys, scores and takes the endpoint away, in a folder that is new."""
    found = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert found is not None
    home = tmp_path / "studio"
    script = found[1].replace("/some/new/folder", str(home))
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    try:
        done = subprocess.run([sys.executable, "-W", "error", "-c", script], env=env, capture_output=True, text=True)
        answer = re.fullmatch(r"(0\.\d+) \[\[(0\.\d+), (0\.\d+)\]\]\n", done.stdout)
        assert answer is not None, done.stdout + done.stderr
        assert 0.75 < float(answer[1]) < 0.85, "without `time` this table gives about 0.80"
        assert float(answer[2]) + float(answer[3]) == pytest.approx(1.0, abs=1e-6)
        assert processes.describe(processes.about(home)) == []
    finally:
        processes.end_all(home)


def test_its_links_and_pictures_are_there() -> None:
    """Every file that the README names exists, and no picture is larger than 150 kB."""
    names = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert [name for name in names if not (ROOT / name).is_file()] == []
    assert [name for name in names if name.endswith(".png") and (ROOT / name).stat().st_size > 150 * 1024] == []


def test_its_commands_come_first_and_are_targets() -> None:
    """The README opens with `make run` and `make test`, and every target that it names exists."""
    assert re.findall(r"make \w+", README)[:2] == ["make run", "make test"]
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make (\w+)`", README)) <= targets
