"""Azure's own inference server in an environment of its own: `python -m tests.inference.azure_server` builds it once.

It pins packages that the project has in other versions, so it cannot live in .venv; it sees numpy and onnxruntime there.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.browser.studio import free_port
from tests.polling import until

ROOT = Path(__file__).parents[2]
PACKAGE = "azureml-inference-server-http==1.5.1"
INSTALL = "python -m tests.inference.azure_server"
ENTRY_SCRIPT = ROOT / "inference" / "score.py"
SECONDS_TO_START = 60


def folder() -> Path:
    """Return where the environment is: HF_AZURE_VENV, or .venv-azure beside .venv."""
    return Path(os.environ.get("HF_AZURE_VENV") or ROOT / ".venv-azure")


def program() -> Path | None:
    """Return the server's program, None when the environment has not been built."""
    found = folder() / "bin" / "azmlinfsrv"
    return found if found.exists() else None


def build() -> None:
    """Build the environment unless it is there; about 20 seconds of processor time."""
    if program() is not None:
        return
    print(f"Installing Azure's inference server into {folder()}. This happens once.", flush=True)
    venv.create(folder(), with_pip=True, clear=True)
    inside = Path(sysconfig.get_path("purelib", vars={"base": str(folder()), "platbase": str(folder())}))
    (inside / "beside.pth").write_text(sysconfig.get_path("purelib"))
    pip = [str(folder() / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    subprocess.run([*pip, PACKAGE], check=True)


@contextmanager
def azure_server(model: Path, log: Path, script: Path = ENTRY_SCRIPT) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Serve a model folder with an entry script, the project's own, in Azure's server; yield its address and its process."""
    server = program()
    assert server is not None, f"build the environment first: {INSTALL}"
    port = free_port()
    kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "TMPDIR")}
    environment = kept | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "AML_APP_INSIGHTS_ENABLED": "false"}
    command = [str(server), "--entry_script", str(script), "--model_dir", str(model)]
    with log.open("ab") as out:
        process = subprocess.Popen(
            [*command, "--port", str(port), "--health_port", str(port)],
            cwd=log.parent,
            env=environment,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        until(lambda: process.poll() is not None or _healthy(port), SECONDS_TO_START, what="Azure's server answers")
        assert process.poll() is None, log.read_text(errors="replace")[-2000:]
        yield f"http://127.0.0.1:{port}/score", process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the server and its workers, which share a session of their own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def _healthy(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/", timeout=5).text == "Healthy"
    except requests.ConnectionError:
        return False


if __name__ == "__main__":
    build()
    sys.exit(0 if program() else 1)
