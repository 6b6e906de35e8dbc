"""Our scoring service beside Azure's own server and a bare echo: `python -m bench.serving [--install] [--model FOLDER]`.

All get the same bodies on loopback, and all but the echo serve the same registered model:
ours    this project's service
Azure   Azure's inference server with this project's `score.py`, which needs numpy only: the best that can be made of it
AutoML  Azure's inference server with an entry script in the form of Azure AutoML's own, with inference-schema and pandas
echo    a bare ASGI application in uvicorn that sends the body back
--install builds Azure's server in an environment of its own. --model is the folder of a registered model; default: one that a
short run makes first. The servers take turns of half a second, so they share whatever the machine does besides; ratios count.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from bench.load import Load, Measured, drive, slow_clients, too_much
from inference.access import key_file
from tests.browser.studio import free_port
from tests.finished import short_run
from tests.inference.azure_server import ENTRY_SCRIPT, INSTALL, azure_server, build, program
from tests.polling import until

ROOT = Path(__file__).parents[1]
KEY = "key-of-the-benchmark"
SECONDS = 0.5
TURNS = 8
AUTOML_ENTRY = Path(__file__).parent / "peers" / "azure_entry.py"
STALLED = 50
ECHO = """
async def app(scope, receive, send):
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message["body"], message.get("more_body", False)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
"""


@dataclass(frozen=True)
class Peer:
    """One server under test."""

    name: str
    port: int
    process: psutil.Process
    body: bytes

    def load(self, clients: int, seconds: float = SECONDS) -> Load:
        """Return a load of this many clients that send the same request one after another."""
        return Load(self.port, "/score", self.body, KEY, clients, seconds)


def _registered(folder: Path) -> Path:
    """Train a few models, register the best and return its folder."""
    print("Making a model with a short run ...", flush=True)
    finished = short_run(folder / "home")
    finished.open().register_model(finished.run_id)
    (model,) = (p.parent for p in (folder / "home" / "models").glob("*/model.json"))
    return model


def _request(model: Path) -> bytes:
    """Return a request with the first golden row of the model, as a record of typed values."""
    manifest = json.loads((model / "model.json").read_bytes())
    row = dict(zip((f["name"] for f in manifest["features"]), manifest["golden"]["rows"][0], strict=True))
    return json.dumps({"data": [row], "method": "predict_proba"}).encode()


@contextmanager
def _started(command: list[str], port: int, environment: dict[str, str], log: Path) -> Iterator[psutil.Process]:
    """Run a server until the block ends; it is up as soon as its port answers."""
    with log.open("ab") as out:
        process = subprocess.Popen(command, env=environment, cwd=log.parent, stdout=out, stderr=out)
    try:
        until(lambda: _is_open(port) or process.poll() is not None, 60, what=f"port {port} answers")
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(10)


def _is_open(port: int) -> bool:
    return any(c.laddr.port == port and c.status == psutil.CONN_LISTEN for c in psutil.net_connections("tcp4"))


def _plain(**more: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", **more}


@contextmanager
def _ours(model: Path, folder: Path, body: bytes) -> Iterator[Peer]:
    port = free_port()
    (folder / "keys").write_bytes(key_file([KEY]))
    options = ["--port", str(port), "--keys", str(folder / "keys"), "--log", str(folder / "ours.log")]
    started = time.perf_counter()
    command = [sys.executable, "-m", "inference.server", *options]
    with _started(command, port, _plain(AZUREML_MODEL_DIR=str(model)), folder / "ours.err") as process:
        until(lambda: "Ready with" in (folder / "ours.log").read_text(), 60, 0.01)
        spent = sum(sum(p.cpu_times()[:2]) for p in _tree(process))
        print(f"ours: ready after {time.perf_counter() - started:.2f} s, {spent:.2f} s of processor time; goal 1.5 s")
        yield Peer("ours", port, process, body)


@contextmanager
def _azures(model: Path, folder: Path, body: bytes, name: str = "Azure", script: Path = ENTRY_SCRIPT) -> Iterator[Peer]:
    started = time.perf_counter()
    with azure_server(model, folder / f"{name}.log", script) as (uri, process):
        print(f"{name}: ready after {time.perf_counter() - started:.2f} s")
        yield Peer(name, int(uri.split(":")[2].split("/")[0]), psutil.Process(process.pid), body)


@contextmanager
def _echo(folder: Path, body: bytes) -> Iterator[Peer]:
    port = free_port()
    (folder / "echo.py").write_text(ECHO)
    options = ["--port", str(port), "--no-access-log", "--log-level", "warning", "--app-dir", str(folder)]
    command = [sys.executable, "-m", "uvicorn", "echo:app", *options]
    with _started(command, port, _plain(), folder / "echo.log") as process:
        yield Peer("echo", port, process, body)


# -- measuring ----------------------------------------------------------------------------------------------------------


def _tree(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def _cpu(process: psutil.Process) -> float:
    return sum(sum(p.cpu_times()[:2]) for p in _tree(process))


def _memory_mb(process: psutil.Process) -> float:
    """Return the memory of a server's processes together, what they share counted once, in megabytes."""
    return sum(p.memory_full_info().pss for p in _tree(process)) / 2**20


def _driven(peer: Peer, clients: int, seconds: float = SECONDS) -> tuple[Measured, float]:
    """Return what a server answered and the processor seconds it spent."""
    before = _cpu(peer.process)
    measured = drive(peer.load(clients, seconds))
    return measured, _cpu(peer.process) - before


def _in_turns(peers: list[Peer], clients: int) -> list[tuple[Measured, float]]:
    """Let the servers take turns; return the same of each."""
    measured, spent = [Measured() for _ in peers], [0.0 for _ in peers]
    for _ in range(TURNS):
        for i, peer in enumerate(peers):
            part, cpu_s = _driven(peer, clients)
            measured[i].add(part)
            spent[i] += cpu_s
    return list(zip(measured, spent, strict=True))


def _row(case: str, peer: Peer, measured: Measured, cpu_s: float) -> dict[str, Any]:
    cpu_ms = cpu_s * 1e3 / max(1, measured.answers)
    row = {"case": case, "who": peer.name, "p50": measured.p50 * 1e3, "p99": measured.p99 * 1e3, "rps": measured.per_second}
    told = {**row, "cpu": cpu_ms, "mb": _memory_mb(peer.process), "bad": measured.bad}
    print(
        f"{case:<22} {peer.name:<6} {told['p50']:>9.3f} {told['p99']:>9.3f} {told['rps']:>9.1f}"
        f" {cpu_ms:>9.3f} {told['mb']:>7.0f} {measured.bad:>5}",
        flush=True,
    )
    return told


def _cases(peers: list[Peer]) -> dict[str, dict[str, Any]]:
    """Measure every server in the cases with a good client."""
    told: dict[str, dict[str, Any]] = {peer.name: {} for peer in peers}
    for peer in peers:
        drive(peer.load(1, 1.0))  # warm
    for clients in (1, 8):
        name = f"{clients} client{'s' if clients > 1 else ''}"
        for peer, found in zip(peers, _in_turns(peers, clients), strict=True):
            told[peer.name][name] = _row(name, peer, *found)
    for peer in peers:
        with slow_clients(peer.port, KEY, STALLED):
            drive(peer.load(1, 1.0))  # all of them have connected
            told[peer.name]["stalled"] = _row(f"{STALLED} stalled + 1 good", peer, *_driven(peer, 1, TURNS * SECONDS))
    return told


def _too_large(peer: Peer) -> dict[str, float]:
    """Send 256 MB and tell when the answer came, with which status, and how much memory that cost."""
    before = _memory_mb(peer.process)
    answer = too_much(peer.port, KEY, peak=lambda: _memory_mb(peer.process))
    grown = max(0.0, answer.peak - before)
    told = f"answered {answer.status} after" if answer.status else "no answer after"
    print(f"{'256 MB body':<22} {peer.name:<6} {told} {answer.seconds * 1e3:.0f} ms, memory +{grown:.1f} MB", flush=True)
    return {"ms": answer.seconds * 1e3, "status": answer.status, "mb": grown}


def _ratios(ours: dict[str, Any], azure: dict[str, Any], automl: dict[str, Any], echo: dict[str, Any]) -> None:
    """Print the ratios that the goals are about."""
    one, eight, stalled = "1 client", "8 clients", "stalled"
    lines = [
        ("p50, ours / Azure", ours[one]["p50"] / azure[one]["p50"], "at most 0.10"),
        ("p50, ours / AutoML", ours[one]["p50"] / automl[one]["p50"], "at most 0.10"),
        ("p50, ours / bare echo", ours[one]["p50"] / echo[one]["p50"], "at most 1.50"),
        ("8 clients, requests/s, ours / Azure", ours[eight]["rps"] / azure[eight]["rps"], "at least 10"),
        ("8 clients, requests/s, ours / AutoML", ours[eight]["rps"] / automl[eight]["rps"], "at least 10"),
        ("processor time, ours / Azure", ours[one]["cpu"] / azure[one]["cpu"], ""),
        ("p99 beside 50 stalled / alone, ours", ours[stalled]["p99"] / ours[one]["p99"], "about 1"),
        ("p99 beside 50 stalled / alone, Azure", azure[stalled]["p99"] / azure[one]["p99"], ""),
        ("256 MB: ms until ours answers", ours["large"]["ms"], "at most 200"),
        ("256 MB: memory of ours, MB", ours["large"]["mb"], "at most 20"),
        ("memory of ours, MB", ours[eight]["mb"], "below 200"),
    ]
    print()
    for text, value, goal in lines:
        print(f"{text:<40} {value:>9.2f}   {'goal: ' + goal if goal else ''}")


def main() -> None:
    """Start the three servers, measure each in every case, and print the ratios."""
    parser = argparse.ArgumentParser(prog="bench.serving")
    parser.add_argument("--install", action="store_true", help="build Azure's server in an environment of its own")
    parser.add_argument("--model", type=Path, help="folder of a registered model")
    options = parser.parse_args()
    if options.install:
        build()
    if program() is None:
        sys.exit(f"Azure's server is not installed. Run: python -m bench.serving --install (or {INSTALL})")
    with tempfile.TemporaryDirectory() as name, ExitStack() as open_servers:
        folder = Path(name)
        model = options.model or _registered(folder)
        body = _request(model)
        peers = [
            open_servers.enter_context(start)
            for start in (
                _ours(model, folder, body),
                _azures(model, folder, body),
                _azures(model, folder, body, "AutoML", AUTOML_ENTRY),
                _echo(folder, body),
            )
        ]
        print(f"{'case':<22} {'server':<6} {'p50 ms':>9} {'p99 ms':>9} {'req/s':>9} {'CPU ms':>9} {'MB':>7} {'bad':>5}")
        told = _cases(peers)
        for peer in peers[:2]:
            told[peer.name]["large"] = _too_large(peer)
        _ratios(told["ours"], told["Azure"], told["AutoML"], told["echo"])


if __name__ == "__main__":
    main()
