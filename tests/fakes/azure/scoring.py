"""The process in a container: `python -m tests.fakes.azure.scoring FOLDER` serves an entry script as Azure's server does.

It loads the script, calls `init()`, says its port on standard output and then answers POST /score with `run()`; a script whose
`run` names its inputs gets them by name, any other one gets the body as text.
"""

from __future__ import annotations

import hmac
import importlib.util
import inspect
import json
import os
import sys
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.fakes.azure import image


def load(entry: Path) -> ModuleType:
    """Return the entry script as a module, loaded as the main program of its own folder."""
    sys.path.insert(0, str(entry.parent))
    spec = importlib.util.spec_from_file_location("entry_script", entry)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(f"There is no entry script {entry.name}.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Scorer(BaseHTTPRequestHandler):
    """Answers one request."""

    protocol_version = "HTTP/1.1"
    script: ModuleType
    folder: Path

    def do_GET(self) -> None:
        if self.path == "/":
            self._say(200, "Healthy")
        elif self.path.startswith("/swagger.json"):
            self._say(200, {"swagger": "2.0", "paths": {"/score": {"post": {}}}})
        else:
            self._say(404, "Not Found")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.path.partition("?")[0] != "/score":
            self._say(404, "Not Found")
        elif not self._may_enter():
            self._say(401, "")
        else:
            self._say(*self._scored(body))

    def _may_enter(self) -> bool:
        keys = self.folder / "keys.json"
        shown = (self.headers.get("authorization") or "").removeprefix("Bearer ")
        return not keys.exists() or any(hmac.compare_digest(shown.encode(), key.encode()) for key in json.loads(keys.read_text()))

    def _scored(self, body: bytes) -> tuple[int, Any]:
        run = self.script.run
        try:
            if hasattr(run, image.INPUTS):
                given = json.loads(body)
                wanted = inspect.signature(run).parameters
                return 200, run(**{name: value for name, value in given.items() if name in wanted})
            return 200, run(body.decode())
        except Exception as error:
            traceback.print_exc()
            return 500, f"An unexpected error occurred in scoring script ({type(error).__name__})."

    def _say(self, status: int, told: Any) -> None:
        content = json.dumps(told).encode() if status == 200 else str(told).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json" if status == 200 else "text/plain")
        self.send_header("content-length", str(len(content)))
        self.send_header("x-ms-run-function-failed", str(status >= 500).lower())
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, form: str, *values: Any) -> None:
        """Note the request as the inference server does, without what was in it."""
        print(
            f"{self.address_string()} {self.command} {self.path.partition('?')[0]} {values[1] if len(values) > 1 else ''}",
            file=sys.stderr,
        )


def main(folder: Path) -> None:
    """Serve what is in a container's folder."""
    told, _ = os.dup(1), os.dup2(2, 1)  # what the script prints belongs to the log; standard output says the port only
    image.install()
    order = json.loads((folder / "order.json").read_text())
    os.environ.update({**order["environment"], "AZUREML_MODEL_DIR": order["models"]})
    os.chdir(folder / "azureml-app")
    Scorer.script, Scorer.folder = load(Path(order["entry"])), folder
    Scorer.script.init()
    print("Starting AzureML Inference Server HTTP.", file=sys.stderr, flush=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Scorer)
    os.write(told, f"{server.server_address[1]}\n".encode())
    server.serve_forever()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
