"""Start the double by hand: `python -m tests.fakes.azure FOLDER` prints the environment to set and serves until it is stopped."""

from __future__ import annotations

import json
import shlex
import signal
import sys
import threading
from pathlib import Path

from hfcore.datasets import load_heart_failure
from tests.fakes.azure.server import AzureServer


def main(folder: Path) -> None:
    """Serve an empty workspace with the heart failure records in it; write config.json and calls.log into `folder`."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell makes what it starts in the background deaf to it
    server = AzureServer(folder)
    double = server.double
    double.datasets.add("heart-failure-records", load_heart_failure())
    (folder / "config.json").write_text(json.dumps(double.place.config))
    for name, value in {**server.environment, **double.place.credentials}.items():
        print(f"export {name}={shlex.quote(value)}", flush=True)
    print(f"# config.json is in {folder}; stop with Ctrl+C", file=sys.stderr, flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        server.stop()
    finally:
        (folder / "calls.log").write_text("\n".join([*map(str, double.journal.calls), *double.journal.strays, ""]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
