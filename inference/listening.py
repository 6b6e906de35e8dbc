"""The socket a server listens on and the lock that says which process is the server of an endpoint."""

from __future__ import annotations

import fcntl
import os
import socket
from pathlib import Path

BACKLOG = 512


def open_socket(host: str, port: int) -> socket.socket:
    """Return a listening socket on `host`; port 0 takes a free one. Raises OSError when the port is in use."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def hold_lock(path: Path) -> int:
    """Lock `path` for the life of this process and write the pid into it. Raises BlockingIOError when another holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    return descriptor


def lock_holder(path: Path) -> int | None:
    """Return the pid of the process that holds the lock on `path`, None when nobody does."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.pread(descriptor, 20, 0).decode("ascii", "replace")
        return int(text) if text.isdigit() else None
    else:
        return None
    finally:
        os.close(descriptor)
