"""Files that nobody should trust are answered with a sentence or a repair that is named, and touch nothing else."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

from hfcore.datasets.reading import apart, read_apart
from hfcore.datasets.reading import file as file_module
from hfcore.datasets.reading.file import table_of
from hfcore.errors import InvalidDataset
from tests.unit.datasets.hostile_files import FILES

NAME = "../../etc/<b>t</b>.csv"


def answer(case: str) -> tuple[bool, str]:
    """Tell whether a file is read, and what is said about it."""
    file = FILES[case]
    content = file.make()
    read = read_apart if file.apart else lambda content, name: table_of(content, name)[1]
    try:
        read_as = read(content, NAME)
    except InvalidDataset as error:
        return False, f"{error.message} {error.hint or 'NO HINT'}"
    return True, " ".join([*read_as.facts.values(), *(r.sentence for r in read_as.repairs)])


@pytest.mark.fault
@pytest.mark.parametrize("case", FILES)
def test_a_hostile_file_is_answered_in_a_sentence(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file is refused with what is wrong and what to do, or read with what was repaired; nothing is left on the disk."""
    monkeypatch.setattr(apart.tempfile, "tempdir", str(tmp_path))
    is_read, said = answer(case)
    assert (is_read, FILES[case].sentence in said) == (FILES[case].is_read, True), said
    assert len(said) < 600
    assert "NO HINT" not in said
    assert list(tmp_path.iterdir()) == []


def test_there_are_at_least_sixty() -> None:
    """The gauntlet does not shrink."""
    assert len(FILES) >= 60


@pytest.mark.fault
def test_a_bomb_stays_within_its_limits() -> None:
    """A file that would unpack to 60 GB costs at most the processor time and the memory that a file of its size may take."""
    content = FILES["a Parquet bomb"].make()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with pytest.raises(InvalidDataset):
        read_apart(content, "bomb.parquet")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert spent <= apart.limit_seconds(len(content)) + 1
    assert after.ru_maxrss * 1024 <= max(apart.limit_memory(len(content)), before.ru_maxrss * 1024)


@pytest.mark.fault
def test_a_reader_that_crashes_is_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A parser that dies of a segmentation fault, and one that never ends, leave a sentence behind and no process."""
    for program, sentence in (
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "stops the reader"),
        ("import time\nwhile True: time.monotonic()", "of computing to read"),
    ):
        (tmp_path / "hostile_reader.py").write_text(program)
        monkeypatch.setattr(apart, "READER", "hostile_reader")
        monkeypatch.setattr(apart, "_environment", lambda folder: {"PYTHONPATH": str(tmp_path)})
        monkeypatch.setattr(apart, "limit_seconds", lambda size: 1)
        monkeypatch.setattr(apart, "WALL", 1)
        with pytest.raises(InvalidDataset, match=sentence):
            read_apart(b"a,b\n1,2\n", "t.csv")


def test_a_file_that_is_too_large_is_not_even_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit no process is started."""
    monkeypatch.setattr(file_module, "MAX_BYTES", 10)
    monkeypatch.setattr(apart, "_run", lambda *args: pytest.fail("a reader was started"))
    with pytest.raises(InvalidDataset, match="at most"):
        read_apart(b"a,b\n1,2\n3,4\n", "t.csv")


def test_no_key_of_ours_reaches_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that reads strangers' files gets none of the environment's secrets."""
    monkeypatch.setenv("AZUREML_SERVICE_PRINCIPAL_PASSWORD", "canary")
    assert "canary" not in " ".join(apart._environment("/tmp").values())
