"""What one rerun of each page costs the server: `python -m bench.rerun_cost [HOME]`.

Speaks Streamlit's own protocol to a real server, so that what is counted is the page's script, the messages and nothing of a
browser. HOME is a home folder to look at, best one with a finished run, a model and an endpoint; default: a new, empty one.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from tests.browser.studio import Studio, free_port

PAGES = ("", "explore", "train", "runs", "model", "deploy", "predict", "cleanup")
GOAL_MS = 60
WARM_UP, RERUNS = 3, 20


class Session:
    """One browser session, as the server sees it."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.seen: set[str] = set()
        self.bytes = 0

    def rerun(self, page: str) -> None:
        """Ask for one run of a page and wait until its script has finished."""
        wish = BackMsg()
        wish.rerun_script.page_name = page
        wish.rerun_script.context_info.color_scheme = "light"
        wish.rerun_script.cached_message_hashes.extend(self.seen)
        self.socket.send(wish.SerializeToString())
        while self._read().WhichOneof("type") != "script_finished":
            pass

    def _read(self) -> ForwardMsg:
        data = self.socket.recv(timeout=60)
        assert isinstance(data, bytes)
        self.bytes += len(data)
        message = ForwardMsg.FromString(data)
        if message.hash and message.metadata.cacheable:
            self.seen.add(message.hash)
        return message


def cost(studio: Studio, page: str) -> tuple[float, float]:
    """Return the server's processor milliseconds and the kilobytes sent, per rerun of a page."""
    assert studio.process is not None
    server = psutil.Process(studio.process.pid)
    address = f"ws://127.0.0.1:{studio.port}/_stcore/stream"
    with connect(address, subprotocols=["streamlit"], origin=f"http://127.0.0.1:{studio.port}", max_size=None) as socket:
        session = Session(socket)
        for _ in range(WARM_UP):
            session.rerun(page)
        before, session.bytes = sum(server.cpu_times()[:2]), 0
        for _ in range(RERUNS):
            session.rerun(page)
        return (sum(server.cpu_times()[:2]) - before) / RERUNS * 1000, session.bytes / RERUNS / 1024


def main() -> None:
    """Print one line per page: milliseconds, ratio to the goal, kilobytes."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder) / "home"
        studio = Studio(home, free_port(), Path(folder) / "app.log")
        studio.start()
        try:
            print(f"{'page':<10} {'CPU ms/rerun':>12} {'of goal':>8} {'kB/rerun':>9}")
            for page in PAGES:
                spent, sent = cost(studio, page)
                print(f"{page or 'overview':<10} {spent:>12.1f} {spent / GOAL_MS:>7.2f}x {sent:>9.1f}")
        finally:
            studio.kill()


if __name__ == "__main__":
    main()
