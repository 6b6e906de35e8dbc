"""The app as its user starts it, with a home folder of its own."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

from tests import processes
from tests.polling import until

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Studio:
    """One app server on one home folder; it can be killed and started again.

    Without a port it is started as `make run` does, and tells in its log which port it took.
    """

    def __init__(self, home: Path, port: int | None = None, log: Path | None = None) -> None:
        self.home = home
        self.log = log or home.parent / "app.log"
        self.port = port
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, page: str = "", **query: str) -> str:
        """Return the address of a page."""
        text = "&".join(f"{name}={value}" for name, value in query.items())
        return f"http://127.0.0.1:{self.port}/{page}" + (f"?{text}" if text else "")

    def start(self) -> None:
        """Start the server and wait until it answers."""
        port = ["--server.port", str(self.port)] if self.port else []
        command = [sys.executable, "-m", "streamlit", "run", "app.py", *port]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, "HF_HOME": str(self.home)}, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        until(self.answers, seconds=60, every=0.1, what=f"the app's answer; its log: {self.log}")

    def answers(self) -> bool:
        """Tell whether the server is up; raise when it has ended instead."""
        assert self.process is not None
        if self.process.poll() is not None:
            raise RuntimeError(f"the app ended with {self.process.returncode}: {self.log.read_text()[-2000:]}")
        if self.port is None:
            told = re.search(rb"http://[\w.]+:(\d+)", self.log.read_bytes())
            self.port = int(told[1]) if told else None
            return False
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/_stcore/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def kill(self) -> None:
        """End the server as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def end(self) -> None:
        """End the server, and every worker and endpoint that its home names."""
        self.kill()
        processes.end_all(self.home)
