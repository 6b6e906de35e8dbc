"""Files written whole or not at all, and read only when they are what was written."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import uuid
from pathlib import Path

from hfcore.errors import ArtifactDamaged

TEMPORARY = ".tmp"


def sha256_of(data: bytes) -> str:
    """Return the SHA-256 of `data` in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def write_bytes(path: Path, data: bytes, mode: int = 0o644) -> str:
    """Write a file so that `path` holds either the old bytes or all the new ones, and return their SHA-256.

    The bytes go to a temporary neighbour, are flushed to the disk, and are then renamed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}{TEMPORARY}")
    try:
        _write_through(temporary, data, mode)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)
    return sha256_of(data)


def _write_through(path: Path, data: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with open(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """Make renames inside `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_checked(path: Path, sha256: str) -> bytes:
    """Return the bytes of a file whose SHA-256 is known.

    Raises:
        ArtifactDamaged: the file is missing, cannot be read, or holds other bytes.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ArtifactDamaged(
            f"The file {path.name} cannot be read: {error.strerror}.", "Restore it or make it again."
        ) from error
    found = sha256_of(data)
    if found != sha256:
        raise ArtifactDamaged(
            f"The file {path.name} is not what was written: its SHA-256 is {found[:12]}, recorded is {sha256[:12]}.",
            "It was changed or damaged; restore it or make it again.",
        )
    return data


def remove_temporary(folder: Path) -> int:
    """Remove what interrupted writes left in `folder` and below; return how many files that were."""
    left = list(folder.rglob(f".*{TEMPORARY}")) if folder.is_dir() else []
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)


def size_of(path: Path) -> int:
    """Return the bytes that a file, or a folder with everything in it, takes up."""
    if path.is_file():
        return path.stat().st_size
    total = 0
    for entry in path.rglob("*") if path.is_dir() else ():
        with contextlib.suppress(FileNotFoundError):  # a live worker may rename it meanwhile
            total += entry.stat().st_size if entry.is_file() else 0
    return total


def remove_tree(folder: Path) -> None:
    """Remove a folder and everything in it; nothing happens when it is gone already."""
    if folder.exists():
        shutil.rmtree(folder)
