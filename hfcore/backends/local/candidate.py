"""A version on its way into service: its files are checked, its server is started beside whatever serves, and tested."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from hfcore.backends.local import keys
from hfcore.backends.local.files import read_checked
from hfcore.backends.local.server_process import HOST, Readiness, Server, find_servers, readiness, start_server
from hfcore.backends.local.smoke_test import smoke_test
from hfcore.errors import ArtifactDamaged, DeploymentFailed

START_S = 30.0
RETRY_S = 0.5
MOST_STARTS = 3
LOOK_S = 0.05
GRACE_S = 3.0

log = logging.getLogger("supervisor")


class Stopped(Exception):
    """Whoever prepares a version was asked to end."""


@dataclass(frozen=True)
class Tell:
    """Whom to tell: `phase` in which a version is, and the `started` server."""

    phase: Callable[[str], None]
    started: Callable[[Server], None]


@dataclass(frozen=True)
class Place:
    """Where an endpoint is: home and own folder, its public socket, and whether it asks for a key."""

    home: Path
    folder: Path
    public: socket.socket
    auth: bool


class Candidate:
    """Prepares one deployment: `prepare` here and now, or `start` beside the caller until `done`.

    Args:
        place: Where the endpoint is.
        version: The deployment's row.
        tolerance: The largest |difference| to the golden predictions that passes.
        stop: Set by whoever wants it to end; its server is then ended too.
        tell: Whom to tell how far it is.
    """

    def __init__(self, place: Place, version: Row[Any], tolerance: float, stop: threading.Event, tell: Tell) -> None:
        self.version = version
        self.server: Server | None = None
        self.refusal: str | None = None
        self._place, self._tolerance, self._stop, self._tell = place, tolerance, stop, tell
        self._thread = threading.Thread(target=self._run, name=f"candidate-{version.number}", daemon=True)

    def start(self) -> None:
        """Begin to prepare it in a thread; `done` tells when it is ready (`server`) or refused (`refusal`)."""
        self._thread.start()

    @property
    def done(self) -> bool:
        """True when the thread has ended."""
        return not self._thread.is_alive()

    def abandon(self) -> None:
        """End it, wherever it is."""
        self._stop.set()
        self._thread.join()
        self._end_server()

    def _run(self) -> None:
        try:
            self.prepare()
        except (DeploymentFailed, ArtifactDamaged) as error:
            self.refusal = str(error)
        except Stopped:
            log.info("The version is not wanted any more.")
        except Exception as error:
            log.exception("The version could not be prepared.")
            self.refusal = f"It could not be prepared ({type(error).__name__}); the log has the place."

    def prepare(self) -> Server:
        """Return its server, ready and tested, without any traffic.

        Raises:
            DeploymentFailed, ArtifactDamaged: what is wrong with it.
            Stopped: it was asked to end.
        """
        self._tell.phase("checking the model file")
        folder = self._place.home / self.version.model_dir
        read_checked(folder / "model.onnx", self.version.model_sha256)
        manifest = json.loads(read_checked(folder / "model.json", self.version.manifest_sha256))
        try:
            server = self._bring_up()
            self._tell.phase("smoke test")
            self._test(server, manifest)
        except BaseException:
            self._end_server()
            raise
        return server

    def _bring_up(self) -> Server:
        """Start its server, again when it dies at once, until it is ready. Raises DeploymentFailed after 30 s."""
        deadline = time.monotonic() + START_S
        found = Readiness("silent")
        for _ in range(MOST_STARTS):
            self._tell.phase("starting the server")
            server = self._spawn()
            while time.monotonic() < deadline and server.alive():
                found = readiness(server.port)
                if found.status == "ready":
                    return server
                if found.status == "refused":
                    raise DeploymentFailed(found.reason)
                self._pause(LOOK_S)
            self._end_server()
            self._pause(RETRY_S)
        raise DeploymentFailed(_not_ready(found, time.monotonic() >= deadline))

    def _spawn(self) -> Server:
        place = self._place
        for earlier in find_servers(place.folder):
            if earlier.number == self.version.number:  # left behind by a supervisor that was killed, or just being ended
                earlier.end(GRACE_S)
        try:
            server = start_server(place.home, place.folder, self.version, place.auth, place.public)
        except OSError as error:
            raise DeploymentFailed(f"The server could not be started: {error.strerror or error}.") from error
        self.server = server
        log.info("Started the server as process %d, checked on port %d.", server.process.pid, server.port)
        self._tell.started(server)
        return server

    def _test(self, server: Server, manifest: Mapping[str, Any]) -> None:
        """Repeat the golden predictions over HTTP. Raises DeploymentFailed."""
        kept = keys.read(self._place.folder) if self._place.auth else None
        key = kept["primary"] if kept else None
        uri = f"http://{HOST}:{server.port}/score"
        found = smoke_test(uri, key, manifest, self.version.features, self._tolerance)
        log.info("Smoke test: %d patients, largest difference %.3g, %.0f ms.", found.rows, found.difference, found.milliseconds)

    def _end_server(self) -> None:
        server, self.server = self.server, None
        if server is not None and not server.end(GRACE_S):
            log.error("The server's process %d does not end.", server.process.pid)

    def _pause(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise Stopped


def _not_ready(found: Readiness, late: bool) -> str:
    if found.reason:
        return found.reason
    how = f"did not become ready within {START_S:g} s" if late else f"ended {MOST_STARTS} times before it was ready"
    return f"The server {how}; the log has more."
