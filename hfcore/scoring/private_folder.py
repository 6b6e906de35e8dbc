"""A folder in the home that only its owner may read, with files that hold either the old bytes or all the new ones."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from hfcore.errors import DiskFull, HfError, StoreDamaged

FOLDER = "scoring"
_ENOSPC = 28


class PrivateFolder:
    """The folder `scoring` of a home (mode 0700); its files are 0600."""

    def __init__(self, home: Path) -> None:
        self.path = home / FOLDER

    def file(self, name: str) -> Path:
        """Return the path of a file, the folder made."""
        with translated(self.path):
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self.path / name

    def write(self, name: str, data: bytes) -> None:
        """Write a file whole, flushed to the disk. Raises DiskFull, StoreDamaged."""
        target = self.file(name)
        temporary = target.with_name(f".{name}.{secrets.token_hex(4)}.tmp")
        with translated(self.path):
            try:
                _write_through(temporary, data)
                os.replace(temporary, target)
            finally:
                temporary.unlink(missing_ok=True)

    def read(self, name: str) -> bytes | None:
        """Return the bytes of a file, None when there is none. Raises StoreDamaged."""
        with translated(self.path):
            try:
                return (self.path / name).read_bytes()
            except FileNotFoundError:
                return None

    def secret(self, name: str) -> bytes:
        """Return 32 random bytes that are made once and kept. Raises DiskFull, StoreDamaged."""
        with self.alone(f"{name}.lock"):
            found = self.read(name)
            if found is None or len(found) != 32:
                found = secrets.token_bytes(32)
                self.write(name, found)
            return found

    @contextlib.contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """Hold a lock between processes, so that two of them never change the same file at once."""
        with translated(self.path):
            descriptor = os.open(self.file(name), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _write_through(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


@contextlib.contextmanager
def translated(place: Path) -> Iterator[None]:
    """Turn what the system says about a file into a sentence. Raises DiskFull, StoreDamaged."""
    try:
        yield
    except OSError as error:
        raise trouble(place, error) from error


def trouble(place: Path, error: OSError) -> HfError:
    """Return the sentence for an error of the file system."""
    if error.errno == _ENOSPC:
        return DiskFull(f"There is no room left on the disk of {place}.", "Make room, then try again.")
    return StoreDamaged(f"The folder {place} cannot be used: {error.strerror or 'error'}.", "Check its permissions and the disk.")
