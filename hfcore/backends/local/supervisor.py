"""Looks after one endpoint: `python -m hfcore.backends.local.supervisor HOME ENDPOINT TOKEN`.

It holds the endpoint's socket, brings the active version into service and starts its server again when it has died; it hands
the traffic over to another version when one is wanted. It leaves when another supervisor has taken its place, or the endpoint is
deleted.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select

from hfcore.backends.local import deployments, keys
from hfcore.backends.local.candidate import GRACE_S, Candidate, Place, Stopped, Tell
from hfcore.backends.local.changeover import Changeover
from hfcore.backends.local.endpoint_rows import SUPERVISOR_LOG, EndpointLease, endpoint_folder, leased_row, note
from hfcore.backends.local.processes import ProcessId
from hfcore.backends.local.server_process import HOST, Server, borrow_listener, find_servers, listen, readiness
from hfcore.backends.local.smoke_test import EXACT, SAME
from hfcore.backends.local.store import Store
from hfcore.backends.local.tables import endpoints
from hfcore.errors import ArtifactDamaged, DeploymentFailed, HfError, LeaseLost
from hfcore.settings import Settings
from hfcore.states import DeploymentState, EndpointState
from inference.journal import open_log

TICK_S = 0.2
PROBE_EVERY_S = 2.0
PROBE_AGAIN_S = 0.2
MOST_SILENT = 4
CALM_S = 60.0
LONGEST_PAUSE_S = 10.0
_ENDED = "The server has ended and is being started again."
_SILENT = "The server does not answer and is being started again."
MOST_DEATHS = 3  # of a version on probation within a minute; then the earlier one comes back

log = logging.getLogger("supervisor")


class Supervisor:
    """The life of one endpoint, under one lease."""

    def __init__(self, store: Store, lease: EndpointLease) -> None:
        self._store = store
        self._lease = lease
        self._folder = endpoint_folder(store.home, lease.endpoint_id)
        self._stop = threading.Event()
        self._listener: socket.socket | None = None
        self._server: Server | None = None
        self._deaths: list[float] = []
        self._change = Changeover(store, lease, self._place)

    def stop(self) -> None:
        """Ask the supervisor to end its servers and leave."""
        self._stop.set()

    def run(self) -> None:
        """Put the endpoint into service and keep it there until it is deleted, taken over or has failed."""
        try:
            process = ProcessId.current()
            self._note(supervisor_pid=process.pid, supervisor_started=process.started)
            keys.tell_server(self._folder)
            self._bring_up()
            self._watch()
        except LeaseLost as lost:
            log.info("%s", lost)
            self._leave()
        except Stopped:
            log.info("Asked to stop.")
            self._end_servers()
        except (DeploymentFailed, ArtifactDamaged) as error:
            self._fail(str(error))
        except Exception as error:
            log.exception("The supervisor failed.")
            self._fail(f"The endpoint's supervisor failed ({type(error).__name__}); its log has the place.")

    # -- into service ---------------------------------------------------------------------------------------------

    def _bring_up(self) -> None:
        """Find or start the active version's server, give it the traffic, end every other one. Raises DeploymentFailed."""
        row = leased_row(self._store, self._lease)
        version = deployments.row_of(self._store, row.id, row.active)
        self._server = self._adopt(version) or self._start(row, version)
        self._server.take_traffic()
        self._in_service(row, version)
        for server in find_servers(self._folder):
            if server.number != version.number and server.number not in self._change.kept:
                self._set_aside(row, server)

    def _set_aside(self, row: Row[Any], server: Server) -> None:
        """Take the traffic from a server that the store does not name: keep the one to go back to, end any other."""
        told = deployments.row_of(self._store, row.id, server.number) if server.number == row.previous else None
        if told is not None and told.port and readiness(told.port).status == "ready":
            server.port = told.port
            self._change.keep(server)
            return
        log.warning("Process %d of deployment %d is not wanted and is ended.", server.process.pid, server.number)
        self._change.let_go(server)

    def _adopt(self, version: Row[Any]) -> Server | None:
        """Return the server of this version that is warm, or that an earlier supervisor has left behind."""
        server = self._change.take_warm(version.number)
        server = server or next((s for s in find_servers(self._folder) if s.number == version.number), None)
        if server is None:
            return None
        server.port = server.port or version.port or 0
        self._listener = self._listener or borrow_listener(self._folder, [server])
        if self._listener is None or not server.port or readiness(server.port).status != "ready":
            server.end(GRACE_S)
            return None
        self._serves(server)
        log.info("The server is still running as process %d and goes on.", server.process.pid)
        return server

    def _start(self, row: Row[Any], version: Row[Any]) -> Server:
        """Start and test a server of this version. Raises DeploymentFailed, ArtifactDamaged."""
        new = version.state == DeploymentState.UNDERWAY.value
        tell = Tell(lambda phrase: self._phase(phrase.capitalize()), self._started)
        self._phase("Starting")
        candidate = Candidate(self._own_place(row), version, EXACT if new else SAME, self._stop, tell)
        return candidate.prepare()

    def _started(self, server: Server) -> None:
        deployments.change(self._store, self._lease.endpoint_id, server.number, port=server.port)
        self._serves(server)

    def _serves(self, server: Server) -> None:
        address = self._listener.getsockname() if self._listener else (HOST, None)
        process = server.process
        self._note(server_pid=process.pid, server_started=process.started, host=address[0], port=address[1])

    def _own_place(self, row: Row[Any]) -> Place:
        """Return where the endpoint is, on the socket we hold, one that a server lends, or a new one. Raises DeploymentFailed."""
        place = self._place(row)
        if place is not None:
            return place
        for stranger in find_servers(self._folder):
            stranger.end(GRACE_S)  # it does not lend the socket, so it does not work
        try:
            self._listener = listen(row.port, self._other_ports(), Settings.from_env().first_port)
        except OSError as error:
            raise DeploymentFailed(f"The server could not be started: {error.strerror or error}.") from error
        return Place(self._store.home, self._folder, self._listener, row.auth)

    def _place(self, row: Row[Any]) -> Place | None:
        """Return where the endpoint is, None when nobody holds or lends its socket."""
        self._listener = self._listener or borrow_listener(self._folder, find_servers(self._folder))
        return None if self._listener is None else Place(self._store.home, self._folder, self._listener, row.auth)

    def _other_ports(self) -> Sequence[int]:
        with self._store.read() as connection:
            others = select(endpoints.c.port).where(endpoints.c.id != self._lease.endpoint_id)
            return [int(row.port) for row in connection.execute(others) if row.port]

    def _in_service(self, row: Row[Any], version: Row[Any]) -> None:
        now = datetime.now(UTC)
        if version.state == DeploymentState.UNDERWAY.value:
            state = DeploymentState.IN_SERVICE.value
            deployments.change(self._store, row.id, version.number, state=state, message=None, changed_at=now)
        said = None if row.message in (_ENDED, _SILENT) else row.message
        self._note(state=EndpointState.HEALTHY.value, phase="In service", message=said)
        if self._server is not None and row.previous is not None:
            self._change.resume(version, self._server, (now - version.changed_at).total_seconds())
        log.info("In service on http://%s:%s/score", *self._address())

    def _address(self) -> tuple[str, int]:
        name = self._listener.getsockname() if self._listener else (HOST, 0)
        return str(name[0]), int(name[1])

    # -- in service -----------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """Look after the server in service: its process and the lease every 0.2 s, /readyz every 2 s."""
        probe_due, silent = 0.0, 0
        while True:
            self._pause(TICK_S)
            if self._server is None or not self._server.alive():
                self._bring_back(_ENDED)
                silent = 0
            self._look()
            now = time.monotonic()
            if now >= probe_due and self._server is not None:
                silent = 0 if readiness(self._server.port).status == "ready" else silent + 1
                probe_due = now + (PROBE_AGAIN_S if silent else PROBE_EVERY_S)
            if silent >= MOST_SILENT:
                self._bring_back(_SILENT)
                silent = 0

    def _look(self) -> None:
        """Raise LeaseLost when the endpoint is somebody else's; else go on with what is wanted. A busy store changes nothing."""
        if not self._folder.exists():
            raise LeaseLost(f"The folder of endpoint {self._lease.endpoint_id} is gone.")
        try:
            row = leased_row(self._store, self._lease)
            if self._server is not None:
                self._server = self._change.look(row, self._server)
        except LeaseLost:
            raise
        except HfError as error:
            log.warning("The store cannot be used just now (%s).", type(error).__name__)

    def _bring_back(self, sentence: str) -> None:
        """Start the server again, at once the first time, later and later when it keeps dying; go back when it cannot be."""
        self._deaths = [t for t in self._deaths if time.monotonic() - t < CALM_S] + [time.monotonic()]
        log.warning("%s", sentence)
        self._note(state=EndpointState.UNHEALTHY.value, message=sentence)
        self._end_server()
        if self._change.is_on_probation and len(self._deaths) >= MOST_DEATHS:
            self._go_back(f"Its server ended {len(self._deaths)} times within a minute")
        self._pause(min(LONGEST_PAUSE_S, 0.25 * 2 ** (len(self._deaths) - 1)) if len(self._deaths) > 1 else 0.0)
        try:
            self._bring_up()
        except (DeploymentFailed, ArtifactDamaged) as error:
            if not self._go_back(str(error)):
                raise
            self._bring_up()

    def _go_back(self, sentence: str) -> bool:
        self._deaths = []
        return self._change.give_up(leased_row(self._store, self._lease), sentence)

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

    # -- out of service -------------------------------------------------------------------------------------------

    def _fail(self, sentence: str) -> None:
        """Take the endpoint out of service for good, with a plain sentence."""
        log.error("%s", sentence)
        self._end_servers()
        with contextlib.suppress(LeaseLost):
            row = leased_row(self._store, self._lease)
            deployments.give_up(self._store, row.id, row.active, sentence)
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
        self._change.end()
        if not wanted:
            self._end_server()

    def _end_servers(self) -> None:
        self._change.end()
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
