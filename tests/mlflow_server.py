"""A plain MLflow server in an environment of its own: `python -m tests.mlflow_server` builds it once.

It brings packages that the project does not want beside its own; the project itself needs MLflow's thin client only.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.browser.studio import free_port
from tests.polling import until

ROOT = Path(__file__).parents[1]
PACKAGE = "mlflow==3.17.2"
INSTALL = "python -m tests.mlflow_server"
SECONDS_TO_START = 300


def folder() -> Path:
    """Return where the environment is: HF_MLFLOW_VENV, or .venv-mlflow beside .venv."""
    return Path(os.environ.get("HF_MLFLOW_VENV") or ROOT / ".venv-mlflow")


def program() -> Path | None:
    """Return the server's program, None when the environment has not been built."""
    found = folder() / "bin" / "mlflow"
    return found if found.exists() else None


def build() -> None:
    """Build the environment unless it is there; about a minute."""
    if program() is not None:
        return
    print(f"Installing MLflow's server into {folder()}. This happens once.", flush=True)
    venv.create(folder(), with_pip=True, clear=True)
    pip = [str(folder() / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    subprocess.run([*pip, PACKAGE], check=True)


@contextmanager
def mlflow_server(place: Path) -> Iterator[str]:
    """Serve from a folder with MLflow's defaults, SQLite and proxied files; yield its address."""
    server = program()
    assert server is not None, f"build the environment first: {INSTALL}"
    port = free_port()
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "TMPDIR")}
    stores = ["--backend-store-uri", f"sqlite:///{place}/mlflow.db", "--artifacts-destination", str(place / "files")]
    command = [str(server), "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1", *stores]
    with (place / "server.log").open("ab") as out:
        process = subprocess.Popen(command, cwd=place, env=kept, stdout=out, stderr=out, start_new_session=True)
    try:
        until(lambda: process.poll() is not None or _healthy(port), SECONDS_TO_START, what="MLflow's server answers")
        assert process.poll() is None, (place / "server.log").read_text(errors="replace")[-2000:]
        yield f"http://127.0.0.1:{port}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def _healthy(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/health", timeout=5).text == "OK"
    except requests.RequestException:
        return False


if __name__ == "__main__":
    build()
