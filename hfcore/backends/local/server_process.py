"""The process that serves an endpoint: started on a socket that outlives it, found again, asked, ended."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from hfcore.backends.local.endpoint_rows import LOCK, SERVER_LOG, endpoint_folder
from hfcore.backends.local.processes import ProcessId, end, plain_environment
from inference.listening import lock_holder, open_socket

HOST = "127.0.0.1"
MOST_PORTS = 400
PROBE_S = 1.0


@dataclass
class Server:
    """A serving process: one of our own children (`child`), or one that an earlier supervisor has started."""

    process: ProcessId
    child: subprocess.Popen[bytes] | None = None

    def alive(self) -> bool:
        """Tell whether it still runs; a child that has ended is taken off the system's list."""
        return self.child.poll() is None if self.child is not None else self.process.alive()

    def end(self, grace_s: float) -> bool:
        """End it and what it has started; return True when nothing is left."""
        if self.child is not None and self.child.poll() is None:
            self.child.terminate()
            _wait_quietly(self.child, grace_s)
        gone = end(self.process, grace_s=0.2)
        if self.child is not None:
            self.child.poll()
        return gone


def _wait_quietly(child: subprocess.Popen[bytes], seconds: float) -> None:
    """Give a child that was asked to end some time to do so."""
    try:
        child.wait(seconds)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


@dataclass(frozen=True)
class Readiness:
    """What /readyz says: "ready", "starting" or "refused" with a reason; "silent" when nobody answers."""

    status: str
    reason: str = ""


def find_server(home: Path, endpoint_id: str) -> Server | None:
    """Return the server that runs for an endpoint although nobody here has started it, None when there is none."""
    pid = lock_holder(endpoint_folder(home, endpoint_id) / LOCK)
    try:
        return None if pid is None else Server(ProcessId.of(pid))
    except LookupError:
        return None


def listen(wanted: int | None, taken: Iterable[int], first: int) -> socket.socket:
    """Return a listening socket on this machine's loopback address: the wanted port, else the next free one.

    Args:
        wanted: The port this endpoint had before.
        taken: Ports that belong to other endpoints, even when these are down.
        first: Where the search for a free port starts.

    Raises:
        OSError: no port is free.
    """
    others = set(taken)
    ports = range(first, min(first + MOST_PORTS, 65_536))
    for port in [*([wanted] if wanted else []), *(p for p in ports if p not in others), 0]:
        try:
            return open_socket(HOST, port)
        except OSError:
            if port == 0:
                raise
    raise OSError("no port is free")


def start_server(home: Path, row: Row[Any], listener: socket.socket) -> Server:
    """Start the scoring server of an endpoint on a socket that it inherits. Raises OSError."""
    folder = endpoint_folder(home, row.id)
    args = ["--fd", str(listener.fileno()), "--lock", str(folder / LOCK), "--log", str(folder / SERVER_LOG)]
    extra = {
        "AZUREML_MODEL_DIR": str(home / row.model_dir),
        "HF_MANIFEST_SHA256": row.manifest_sha256,
        "HF_KEY_SHA256": ",".join(h for h in (row.primary_sha256, row.secondary_sha256) if h),
    }
    with (folder / SERVER_LOG).open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "inference.server", *args, *([] if row.auth else ["--keyless"])],
            env=plain_environment(extra),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=[listener.fileno()],
            cwd=os.sep,
        )
    return Server(ProcessId.of(child.pid), child)


def readiness(port: int, timeout_s: float = PROBE_S) -> Readiness:
    """Ask the server on `port` whether it is ready."""
    connection = HTTPConnection(HOST, port, timeout=timeout_s)
    try:
        connection.request("GET", "/readyz")
        told = json.loads(connection.getresponse().read(65_536))
        return Readiness(str(told["status"]), str(told.get("reason", "")))
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        return Readiness("silent")
    finally:
        connection.close()
