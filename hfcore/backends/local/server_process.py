"""The processes that serve an endpoint's versions: started on sockets that outlive them, found again, asked, told, ended."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from hfcore.backends.local.keys import HASHES
from hfcore.backends.local.processes import ProcessId, end, plain_environment
from inference.handover import borrow
from inference.listening import lock_holder, open_socket

HOST = "127.0.0.1"
MOST_PORTS = 400
KEPT_LOGS = 5
PROBE_S = 1.0


@dataclass
class Server:
    """The process that serves deployment `number`: our own child, or one that an earlier supervisor has started.

    `port` is where it answers checks, whoever has the endpoint's traffic.
    """

    process: ProcessId
    number: int
    port: int = 0
    child: subprocess.Popen[bytes] | None = None

    def alive(self) -> bool:
        """Tell whether it still runs; a child that has ended is taken off the system's list."""
        return self.child.poll() is None if self.child is not None else self.process.alive()

    def take_traffic(self) -> None:
        """Let it accept on the endpoint's address; nothing changes when it does already."""
        self._tell(signal.SIGUSR1)

    def leave_traffic(self) -> None:
        """Let it answer what it has and accept nothing new on the endpoint's address."""
        self._tell(signal.SIGUSR2)

    def _tell(self, number: signal.Signals) -> None:
        if self.alive():
            os.kill(self.process.pid, number)

    def end(self, grace_s: float) -> bool:
        """End it and what it has started; return True when nothing is left."""
        if self.child is not None and self.child.poll() is None:
            self.child.terminate()
            _wait_quietly(self.child, grace_s)
        gone = end(self.process, grace_s=0.2 if self.child is not None else grace_s)
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
    """What /readyz says: "ready" with the model, "starting" or "refused" with a reason; "silent" when nobody answers."""

    status: str
    reason: str = ""
    model: str = ""


def lock_file(folder: Path, number: int) -> Path:
    """Return the file that the server of a deployment holds while it runs."""
    return folder / f"server-{number}.lock"


def log_file(folder: Path, number: int) -> Path:
    """Return the log of a deployment's server."""
    return folder / f"server-{number}.log"


def _lending(number: int) -> str:
    return f"server-{number}.sock"


def find_servers(folder: Path) -> list[Server]:
    """Return every server that runs for an endpoint, whoever has started it; its check port is not known here."""
    found = []
    for path in sorted(folder.glob("server-*.lock")):
        number, pid = path.stem.removeprefix("server-"), lock_holder(path)
        if pid is None or not number.isdigit():
            continue
        try:
            found.append(Server(ProcessId.of(pid), int(number)))
        except LookupError:
            continue  # it has ended meanwhile
    return found


def remove_old_logs(folder: Path, number: int) -> None:
    """Remove the logs of deployments that lie more than five before this one."""
    for path in folder.glob("server-*.log*"):
        told = path.name.removeprefix("server-").partition(".")[0]
        if told.isdigit() and int(told) < number - KEPT_LOGS:
            path.unlink(missing_ok=True)


def borrow_listener(folder: Path, servers: Iterable[Server]) -> socket.socket | None:
    """Return the listening socket of the endpoint as one of its living servers lends it, None when none does."""
    for server in servers:
        listener = borrow(folder, _lending(server.number))
        if listener is not None:
            return listener
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


def start_server(home: Path, folder: Path, version: Row[Any], auth: bool, public: socket.socket) -> Server:
    """Start the server of a deployment on the endpoint's socket, which it leaves alone until told, and one of its own for checks.

    Raises:
        OSError: it cannot be started.
    """
    extra = {"AZUREML_MODEL_DIR": str(home / version.model_dir), "HF_MANIFEST_SHA256": version.manifest_sha256}
    with open_socket(HOST, 0) as private, log_file(folder, version.number).open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "inference.server", *_arguments(folder, version, auth, public, private)],
            env=plain_environment(extra),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=[public.fileno(), private.fileno()],
            cwd=os.sep,
        )
        port = int(private.getsockname()[1])
    return Server(ProcessId.of(child.pid), version.number, port, child)


def _arguments(folder: Path, version: Row[Any], auth: bool, public: socket.socket, private: socket.socket) -> list[str]:
    told = {
        "--fd": public.fileno(),
        "--check-fd": private.fileno(),
        "--lock": lock_file(folder, version.number),
        "--log": log_file(folder, version.number),
        "--lend": folder / _lending(version.number),
        "--workers": max(1, round(version.cpu_cores)),
        "--memory-gb": version.memory_gb,
    }
    keys = ["--keys", str(folder / HASHES)] if auth else ["--keyless"]
    return [*(str(word) for pair in told.items() for word in pair), "--hold", *keys]


def readiness(port: int, timeout_s: float = PROBE_S) -> Readiness:
    """Ask the server on `port` whether it is ready."""
    connection = HTTPConnection(HOST, port, timeout=timeout_s)
    try:
        connection.request("GET", "/readyz")
        told = json.loads(connection.getresponse().read(65_536))
        return Readiness(str(told["status"]), str(told.get("reason", "")), str(told.get("model", "")))
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        return Readiness("silent")
    finally:
        connection.close()
