"""Looks after one endpoint: `python -m hfcore.backends.local.supervisor HOME ENDPOINT TOKEN`.

It checks the model, holds the socket, starts the server, repeats the golden predictions over HTTP, and starts the
server again when it has died. It leaves when another supervisor has taken its place, or the endpoint is deleted.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from hfcore.backends.local.endpoint_rows import SUPERVISOR_LOG, EndpointLease, endpoint_folder, leased_row, note
from hfcore.backends.local.files import read_checked
from hfcore.backends.local.processes import ProcessId
from hfcore.backends.local.server_process import HOST, Readiness, Server, find_server, listen, readiness, start_server
from hfcore.backends.local.smoke_test import smoke_test
from hfcore.backends.local.store import Store
from hfcore.backends.local.tables import endpoints
from hfcore.errors import ArtifactDamaged, DeploymentFailed, HfError, LeaseLost
from hfcore.settings import Settings
from hfcore.states import EndpointState
from inference.journal import open_log

START_S = 30.0
RETRY_S = 0.5
TICK_S = 0.2
LEASE_S = 1.0
PROBE_EVERY_S = 2.0
PROBE_AGAIN_S = 0.2
MOST_SILENT = 4
CALM_S = 60.0
LONGEST_PAUSE_S = 10.0
GRACE_S = 3.0

log = logging.getLogger("supervisor")


class Stopped(Exception):
    """The supervisor was asked to end."""


class Supervisor:
    """The life of one endpoint, under one lease."""

    def __init__(self, store: Store, lease: EndpointLease) -> None:
        self._store = store
        self._lease = lease
        self._folder = endpoint_folder(store.home, lease.endpoint_id)
        self._stop = threading.Event()
        self._listener: socket.socket | None = None
        self._server: Server | None = None
        self._port = 0
        self._deaths: list[float] = []

    def stop(self) -> None:
        """Ask the supervisor to end its server and leave."""
        self._stop.set()

    def run(self) -> None:
        """Put the endpoint into service and keep it there until it is deleted, taken over or has failed."""
        try:
            process = ProcessId.current()
            self._note(supervisor_pid=process.pid, supervisor_started=process.started)
            self._bring_up("Starting the server")
            self._watch()
        except LeaseLost as lost:
            log.info("%s", lost)
            self._leave()
        except Stopped:
            log.info("Asked to stop.")
            self._end_server()
        except (DeploymentFailed, ArtifactDamaged) as error:
            self._fail(str(error))
        except Exception as error:
            log.exception("The supervisor failed.")
            self._fail(f"The endpoint's supervisor failed ({type(error).__name__}); its log has the place.")

    def _bring_up(self, phrase: str) -> None:
        """Check, start and test until the endpoint is in service. Raises DeploymentFailed after 30 s."""
        deadline = time.monotonic() + START_S
        row = leased_row(self._store, self._lease)
        self._phase("Checking the model file")
        folder = self._store.home / row.model_dir
        read_checked(folder / "model.onnx", row.model_sha256)
        manifest = json.loads(read_checked(folder / "model.json", row.manifest_sha256))
        found = Readiness("silent")
        while time.monotonic() < deadline and found.status != "refused":
            self._phase(phrase)
            found = self._start_once(row, deadline)
            if found.status == "ready":
                self._phase("Smoke test")
                smoke_test(f"http://{HOST}:{self._port}/score", self._key(), manifest)
                self._in_service()
                return
            self._end_server()
            self._pause(RETRY_S)
        raise DeploymentFailed(found.reason or f"The server did not become ready within {START_S:g} s; the log has more.")

    def _start_once(self, row: Any, deadline: float) -> Readiness:
        """Find or start a server and wait until it is ready, refuses its model or dies."""
        self._server = self._adopt(row) or self._spawn(row)
        process = self._server.process
        self._note(server_pid=process.pid, server_started=process.started, host=HOST, port=self._port)
        found = Readiness("silent")
        while time.monotonic() < deadline and self._server.alive():
            found = readiness(self._port)
            if found.status in ("ready", "refused"):
                return found
            self._pause(0.05)
        return found

    def _adopt(self, row: Any) -> Server | None:
        """Return the server that an earlier supervisor has left behind, if there is one on the endpoint's port."""
        server = find_server(self._store.home, row.id)
        if server is None:
            return None
        if row.port is None or readiness(row.port).status != "ready":
            server.end(GRACE_S)
            return None
        log.info("The server is still running as process %d and goes on.", server.process.pid)
        self._port = row.port
        return server

    def _spawn(self, row: Any) -> Server:
        """Start a server on the socket we hold, or on a new one. Raises DeploymentFailed when there is no port."""
        try:
            if self._listener is None:
                self._listener = listen(self._port or row.port, self._other_ports(), Settings.from_env().first_port)
                self._port = self._listener.getsockname()[1]
            server = start_server(self._store.home, row, self._listener)
        except OSError as error:
            raise DeploymentFailed(f"The server could not be started: {error.strerror or error}.") from error
        log.info("Started the server as process %d on port %d.", server.process.pid, self._port)
        return server

    def _other_ports(self) -> Sequence[int]:
        with self._store.read() as connection:
            others = select(endpoints.c.port).where(endpoints.c.id != self._lease.endpoint_id)
            return [int(row.port) for row in connection.execute(others) if row.port]

    def _key(self) -> str | None:
        path = self._folder / "keys.json"
        return str(json.loads(path.read_bytes())["primary"]) if path.exists() else None

    def _watch(self) -> None:
        """Look after the server in service: its process every 0.2 s, the lease every second, /readyz every 2 s."""
        lease_due = probe_due = 0.0
        silent = 0
        while True:
            self._pause(TICK_S)
            now = time.monotonic()
            if self._server is None or not self._server.alive():
                self._bring_back("The server has ended and is being started again.")
                silent = 0
            if now >= lease_due:
                self._check_lease()
                lease_due = now + LEASE_S
            if now >= probe_due:
                silent = 0 if readiness(self._port).status == "ready" else silent + 1
                probe_due = now + (PROBE_AGAIN_S if silent else PROBE_EVERY_S)
            if silent >= MOST_SILENT:
                self._bring_back("The server does not answer and is being started again.")
                silent = 0

    def _check_lease(self) -> None:
        """Raise LeaseLost when the endpoint is somebody else's; a store that is busy for a moment changes nothing."""
        if not self._folder.exists():
            raise LeaseLost(f"The folder of endpoint {self._lease.endpoint_id} is gone.")
        try:
            leased_row(self._store, self._lease)
        except LeaseLost:
            raise
        except HfError as error:
            log.warning("The store cannot be read just now (%s).", type(error).__name__)

    def _bring_back(self, sentence: str) -> None:
        """Start the server again, at once the first time, later and later when it keeps dying."""
        self._deaths = [t for t in self._deaths if time.monotonic() - t < CALM_S] + [time.monotonic()]
        log.warning("%s", sentence)
        self._note(state=EndpointState.UNHEALTHY.value, message=sentence)
        self._end_server()
        self._pause(min(LONGEST_PAUSE_S, 0.25 * 2 ** (len(self._deaths) - 1)) if len(self._deaths) > 1 else 0.0)
        self._bring_up("Starting the server again")

    def _note(self, **values: Any) -> None:
        """Write to the endpoint's row; a store that cannot be written for a moment takes no server out of service."""
        try:
            note(self._store, self._lease, **values)
        except LeaseLost:
            raise
        except HfError as error:
            log.warning("The store cannot be written just now (%s).", type(error).__name__)

    def _phase(self, phrase: str) -> None:
        self._note(phase=phrase)
        log.info("%s", phrase)

    def _in_service(self) -> None:
        self._note(state=EndpointState.HEALTHY.value, phase="In service", message=None)
        log.info("In service on http://%s:%d/score", HOST, self._port)

    def _fail(self, sentence: str) -> None:
        """Take the endpoint out of service for good, with a plain sentence."""
        log.error("%s", sentence)
        self._end_server()
        with contextlib.suppress(LeaseLost):
            self._note(state=EndpointState.FAILED.value, message=sentence)

    def _leave(self) -> None:
        """Leave the server to the next supervisor; without an endpoint there is none, and it is ended."""
        try:
            with self._store.read() as connection:
                mine = endpoints.c.id == self._lease.endpoint_id
                wanted = connection.execute(select(endpoints.c.lease_token).where(mine)).scalar() is not None
        except HfError as error:
            log.warning("The store cannot be read (%s).", type(error).__name__)
            wanted = False
        if not wanted:
            self._end_server()

    def _end_server(self) -> None:
        server, self._server = self._server, None
        if server is not None and not server.end(GRACE_S):
            log.error("The server's process %d does not end.", server.process.pid)

    def _pause(self, seconds: float) -> None:
        """Wait, or raise Stopped as soon as the supervisor is asked to end."""
        if self._stop.wait(seconds):
            raise Stopped


def main(arguments: Sequence[str]) -> int:
    """Look after an endpoint until it is deleted; return the exit code."""
    home, endpoint_id, token = Path(arguments[0]), arguments[1], arguments[2]
    open_log(endpoint_folder(home, endpoint_id) / SUPERVISOR_LOG)
    log.setLevel(logging.INFO)
    supervisor = Supervisor(Store.open(home, os.environ.get("HF_STORE_URL")), EndpointLease(endpoint_id, token))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: supervisor.stop())
    supervisor.run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
