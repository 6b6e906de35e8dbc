"""Lending the socket that callers connect to: whoever looks after a running server next gets it without closing it.

A listening socket lives as long as one process holds it. A supervisor that was killed is followed by another one, which
asks a living server for its copy and can then start further servers on the same address, so that no caller is refused.
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

PATIENCE_S = 1.0


class Lender:
    """Gives the listening socket to processes of the same user that ask at `path`; `look` serves whoever waits."""

    def __init__(self, path: Path, listener: socket.socket) -> None:
        self._listener = listener
        path.unlink(missing_ok=True)
        self._door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with _inside(path.parent):
            self._door.bind(path.name)
            os.chmod(path.name, 0o600)
        self._door.listen(4)
        self._door.setblocking(False)

    def look(self) -> int:
        """Give a copy of the socket to everybody who waits for one; return how many that were."""
        served = 0
        while True:
            try:
                client, _ = self._door.accept()
            except BlockingIOError:
                return served
            with client, contextlib.suppress(OSError):  # whoever asked has left again
                socket.send_fds(client, [b"1"], [self._listener.fileno()])
                served += 1

    def close(self) -> None:
        """Lend no longer."""
        self._door.close()


def borrow(folder: Path, name: str) -> socket.socket | None:
    """Return a copy of the listening socket that a server lends at `name` in `folder`, None when nobody does."""
    if not (folder / name).exists():
        return None
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(PATIENCE_S)
        try:
            with _inside(folder):
                asking.connect(name)
            _, descriptors, _, _ = socket.recv_fds(asking, 1, 1)
        except OSError:
            return None
    return socket.socket(fileno=descriptors[0]) if descriptors else None


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """Work inside a folder for a moment: the path of a socket may have about a hundred characters only."""
    with contextlib.chdir(folder):
        yield
