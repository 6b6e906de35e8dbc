"""A container instance of the double: a folder filled like the image, and a process that serves the entry script in it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[3]


def unpacked(content: bytes, folder: Path, name: str | None) -> None:
    """Put an uploaded file into a folder under its name, or, without one, unpack the archive that it is."""
    folder.mkdir(parents=True, exist_ok=True)
    if name is not None:
        (folder / name).write_bytes(content)
        return
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:*") as archive:
        archive.extractall(folder, filter="data")


class Container:
    """One container; `keys` are those it lets in, None when it asks for none."""

    def __init__(self, folder: Path, keys: Sequence[str] | None) -> None:
        self.app, self.models = folder / "azureml-app", folder / "azureml-app" / "azureml-models"
        self._folder, self._log = folder, folder / "container.log"
        self._process: subprocess.Popen[str] | None = None
        self.uri: str | None = None
        self._guarded = keys is not None
        self.write_keys(keys or ())

    def write_keys(self, keys: Sequence[str]) -> None:
        """Replace the keys; the process reads them anew for every request."""
        if self._guarded:
            beside = self._folder / "keys.part"
            beside.write_text(json.dumps(list(keys)))
            beside.replace(self._folder / "keys.json")

    def order(self, entry: str, model_folder: Path, environment: dict[str, str]) -> None:
        """Say which script to serve with which models."""
        told = {"entry": str(self.app / entry), "models": str(model_folder), "environment": environment}
        (self._folder / "order.json").write_text(json.dumps(told))

    def start(self) -> None:
        """Start the process."""
        command = [sys.executable, "-m", "tests.fakes.azure.scoring", str(self._folder)]
        kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower() and "AZUREML" not in name}
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=kept | {"OMP_NUM_THREADS": "1"}, stdout=subprocess.PIPE, stderr=log, text=True
            )

    def wait_until_ready(self) -> str | None:
        """Wait until the script serves and return None, or the line that says why it never will."""
        assert self._process is not None
        assert self._process.stdout is not None
        with self._process.stdout as said:
            told = said.readline()
        if told:
            self.uri = f"http://127.0.0.1:{int(told)}/score"
            return None
        self._process.wait()
        lines = self.log().strip().splitlines()
        return lines[-1] if lines else "the container exited"

    def log(self) -> str:
        """Return everything that the process has written."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
