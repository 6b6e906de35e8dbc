"""The scoring service in a process of its own: socket, keys, lock, readiness, end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from inference.access import hash_key
from inference.listening import lock_holder, open_socket
from inference.server import LOCK_HELD, key_ring
from tests.fakes.small_model import TYPED_SAMPLE, write_model
from tests.polling import until

KEY = "a-long-and-secret-key"
ROOT = Path(__file__).parents[2]
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A listening socket that a server inherits."""
    with open_socket("127.0.0.1", 0) as opened:
        yield opened


@pytest.fixture
def start(listener: socket.socket, integer_model: Path, tmp_path: Path) -> Iterator[Start]:
    """Start a server on the inherited socket; ended again after the test."""
    running: list[subprocess.Popen[bytes]] = []

    def begin(*more: str, folder: Path = integer_model, **environment: str) -> subprocess.Popen[bytes]:
        arguments = ["--fd", str(listener.fileno()), "--log", str(tmp_path / "log"), "--lock", str(tmp_path / "lock"), *more]
        names = {"AZUREML_MODEL_DIR": str(folder), "HF_KEY_SHA256": hash_key(KEY), "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-W", "error", "-m", "inference.server", *arguments]
        environment = {"PATH": os.environ["PATH"], **names, **environment}
        process = subprocess.Popen(command, env=environment, pass_fds=[listener.fileno()], stderr=subprocess.DEVNULL)
        running.append(process)
        return process

    yield begin
    for process in running:
        process.kill()
        process.wait(10)


def _uri(listener: socket.socket, path: str) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}{path}"


def _score(listener: socket.socket, key: str = KEY) -> requests.Response:
    body: dict[str, Any] = {"data": [TYPED_SAMPLE], "method": "predict_proba"}
    return requests.post(_uri(listener, "/score"), json=body, headers={"Authorization": f"Bearer {key}"}, timeout=10)


def _ready(listener: socket.socket) -> bool:
    return requests.get(_uri(listener, "/readyz"), timeout=10).status_code == 200


def test_it_serves_on_the_inherited_socket_and_ends_politely(start: Start, listener: socket.socket, tmp_path: Path) -> None:
    """Connections made before the server was up are answered, and SIGTERM ends it; the log has neither key nor value."""
    process = start()
    until(lambda: _ready(listener))
    assert _score(listener).status_code == 200
    assert _score(listener, "wrong").status_code == 403
    process.terminate()
    assert process.wait(10) == -signal.SIGTERM
    log = (tmp_path / "log").read_text()
    assert "POST /score 200 rows=1" in log
    assert "Stopping" in log
    for secret in (KEY, "wrong", hash_key(KEY), "260000"):
        assert secret not in log


def test_it_may_keep_the_port_over_a_death(start: Start, listener: socket.socket) -> None:
    """After kill -9 a second server on the same socket answers the request that was waiting."""
    first = start()
    until(lambda: _ready(listener))
    first.kill()
    first.wait(10)
    start()
    assert json.loads(_score_when_ready(listener).json())["result"]


def _score_when_ready(listener: socket.socket) -> requests.Response:
    until(lambda: _ready(listener))
    return _score(listener)


def test_only_one_server_holds_the_lock(start: Start, listener: socket.socket, tmp_path: Path) -> None:
    """A second server with the same lock leaves at once; the lock names the first one as long as it lives."""
    first = start()
    until(lambda: _ready(listener))
    assert lock_holder(tmp_path / "lock") == first.pid
    assert start().wait(10) == LOCK_HELD
    first.kill()
    first.wait(10)
    assert lock_holder(tmp_path / "lock") is None


def test_it_leaves_when_its_folder_is_deleted(start: Start, listener: socket.socket, tmp_path: Path) -> None:
    """A server whose lock file has been deleted ends by itself, so that none outlives its endpoint."""
    process = start()
    until(lambda: _ready(listener))
    (tmp_path / "lock").unlink()
    assert process.wait(10) == 0


def test_it_does_not_start_without_a_key_by_mistake(start: Start) -> None:
    """Without key hashes it starts only when told to be keyless."""
    assert start(HF_KEY_SHA256="").wait(10) == 2


def test_keyless_is_for_loopback_only() -> None:
    """An endpoint without a key refuses to listen beyond this machine."""
    with open_socket("0.0.0.0", 0) as wide, pytest.raises(ValueError, match="loopback"):
        key_ring(wide, keyless=True)


def test_a_refused_model_never_becomes_ready(start: Start, listener: socket.socket, tmp_path: Path) -> None:
    """With a tampered model the process says why on /readyz and scores nothing."""
    folder = write_model(tmp_path / "m", changes={"sha256": "0" * 64})
    start(folder=folder)
    answer = until(lambda: _refusal(listener))
    assert answer["reason"].startswith("model.onnx does not have the SHA-256")
    assert _score(listener).status_code == 503


def _refusal(listener: socket.socket) -> dict[str, str] | None:
    told: dict[str, str] = requests.get(_uri(listener, "/readyz"), timeout=10).json()
    return told if told["status"] == "refused" else None


def test_the_process_stays_small(start: Start, listener: socket.socket) -> None:
    """A serving process has no pandas and takes less than 200 MB."""
    import psutil

    process = psutil.Process(start().pid)
    until(lambda: _ready(listener))
    for _ in range(20):
        assert _score(listener).status_code == 200
    assert process.memory_info().rss < 200 * 1024 * 1024
    assert not [m for m in process.memory_maps() if "/pandas/" in m.path]
