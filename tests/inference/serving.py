"""A scoring server in processes of its own, for the tests that start, ask, hurt and end one."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import requests
from prometheus_client.parser import text_string_to_metric_families

from inference.access import key_file
from inference.listening import open_socket
from tests.fakes.small_model import TYPED_SAMPLE
from tests.polling import until

KEY, SECOND_KEY = "a-long-and-secret-key", "another-long-and-secret-key"
ROOT = Path(__file__).parents[2]
BODY: dict[str, Any] = {"data": [TYPED_SAMPLE], "method": "predict_proba"}


@dataclass
class Serving:
    """Servers on one public socket; `folder` holds their key file, locks and logs."""

    model: Path
    folder: Path
    listener: socket.socket = field(default_factory=lambda: open_socket("127.0.0.1", 0))
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)
    environment: dict[str, str] = field(default_factory=dict)

    def start(self, *more: str, ready: bool = True, inherit: Sequence[socket.socket] = ()) -> subprocess.Popen[bytes]:
        """Start a server and, unless told otherwise, wait until it is ready."""
        self.write_keys(KEY, SECOND_KEY)
        fds = [s.fileno() for s in (self.listener, *inherit)]
        arguments = ["--fd", str(fds[0]), "--keys", str(self.keys), "--log", str(self.log), *more]
        environment = {"PATH": os.environ["PATH"], "AZUREML_MODEL_DIR": str(self.model), "PYTHONPATH": str(ROOT)}
        environment |= self.environment
        command = [sys.executable, "-W", "error", "-m", "inference.server", *arguments]
        with (self.folder / "stderr").open("ab") as stderr:
            process = subprocess.Popen(command, env=environment, pass_fds=fds, stderr=stderr)
        self.running.append(process)
        if ready:
            until(lambda: self.get("/readyz").status_code == 200, 30, what="the server is ready")
        return process

    @property
    def keys(self) -> Path:
        """The file with the hashes of the accepted keys."""
        return self.folder / "keys"

    @property
    def log(self) -> Path:
        """The log of every server."""
        return self.folder / "log"

    @property
    def stderr(self) -> str:
        """What the servers wrote where nothing should be written."""
        return (self.folder / "stderr").read_text()

    def sha256_of(self, name: str) -> str:
        """Return the SHA-256 of a file of the model."""
        return hashlib.sha256((self.model / name).read_bytes()).hexdigest()

    def write_keys(self, *keys: str) -> None:
        """Replace the key file in one step."""
        fresh = self.keys.with_suffix(".new")
        fresh.write_bytes(key_file(keys))
        fresh.replace(self.keys)

    def uri(self, path: str = "/score") -> str:
        """Address of a route on the public socket."""
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}{path}"

    def get(self, path: str) -> requests.Response:
        """Ask for a page without a key."""
        return requests.get(self.uri(path), timeout=30)

    def score(self, key: str = KEY, body: Any = None, **options: Any) -> requests.Response:
        """Score the sample patient, or another body."""
        return requests.post(
            self.uri(), json=BODY if body is None else body, headers={"Authorization": f"Bearer {key}"}, timeout=20, **options
        )

    def post(self, body: bytes, headers: dict[str, str]) -> requests.Response:
        """Send bytes as they are to the scoring route."""
        return requests.post(self.uri(), data=body, headers=headers, timeout=20)

    def metrics(self) -> dict[str, float]:
        """Return every sample of /metrics by its name and labels as Prometheus writes them."""
        return read_metrics(self.get("/metrics").text)

    def end(self) -> None:
        """End every server that still runs, by its id, its workers first."""
        for process in self.running:
            for child in workers_of(process):
                child.kill()
            process.kill()
            process.wait(10)
        self.listener.close()


def read_metrics(text: str) -> dict[str, float]:
    """Return every sample by name and labels, as hf_requests_total{status="200"}."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {s.name + (_labels(s.labels) if s.labels else ""): s.value for s in samples}


def _labels(labels: dict[str, str]) -> str:
    return "{" + ",".join(f"{name}={json.dumps(value)}" for name, value in labels.items()) + "}"


def workers_of(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    """Return the living workers of a server."""
    try:
        children = psutil.Process(process.pid).children()
        return [c for c in children if c.status() != psutil.STATUS_ZOMBIE]
    except psutil.NoSuchProcess:
        return []
