from __future__ import annotations

import os
from pathlib import Path

import pytest

from hfcore.backends.local import files
from hfcore.errors import ArtifactDamaged


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    """A file is read back when its SHA-256 is the one that writing it returned."""
    path = tmp_path / "new" / "file.bin"
    digest = files.write_bytes(path, b"first")
    assert files.read_checked(path, digest) == b"first"


@pytest.mark.parametrize("damage", ["changed", "shortened", "gone"])
def test_a_damaged_file_is_refused(tmp_path: Path, damage: str) -> None:
    """A file that is not what was written is refused by name, never handed out."""
    path = tmp_path / "file.bin"
    digest = files.write_bytes(path, b"0123456789")
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(b"0123456780" if damage == "changed" else b"01234")
    with pytest.raises(ArtifactDamaged, match=r"file\.bin"):
        files.read_checked(path, digest)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk refuses the flush, the old bytes stand and no temporary file is left."""
    path = tmp_path / "file.bin"
    digest = files.write_bytes(path, b"old")

    def refuse(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        files.write_bytes(path, b"new")
    assert files.read_checked(path, digest) == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["file.bin"]


def test_left_over_temporary_files_are_removed(tmp_path: Path) -> None:
    """Only what an interrupted write left is removed."""
    kept = tmp_path / "deep" / "kept.json"
    files.write_bytes(kept, b"{}")
    (kept.parent / ".kept.json.0a1b2c3d.tmp").write_bytes(b"{")
    assert files.remove_temporary(tmp_path) == 1
    assert list(kept.parent.iterdir()) == [kept]


def test_secret_files_are_for_their_owner_only(tmp_path: Path) -> None:
    """A file that is written with mode 0600 can be read by nobody else, from its first moment on."""
    files.write_bytes(tmp_path / "keys.json", b"{}", mode=0o600)
    assert (tmp_path / "keys.json").stat().st_mode & 0o777 == 0o600


def test_size_counts_every_file_below(tmp_path: Path) -> None:
    """The size of a folder is the sum of its files, and that of nothing is zero."""
    files.write_bytes(tmp_path / "a", b"123")
    files.write_bytes(tmp_path / "b" / "c", b"4567")
    assert files.size_of(tmp_path) == 7
    assert files.size_of(tmp_path / "missing") == 0
