"""Fault P6: somebody else listens on the app's port."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path

import pytest

from tests.browser.studio import Studio

DEFAULT_PORT = 8501


@pytest.mark.fault
def test_app_moves_to_the_next_free_port(tmp_path: Path) -> None:
    """With port 8501 taken the app starts on another port and says which; the other owner keeps its own."""
    with socket.socket() as other:
        with contextlib.suppress(OSError):  # when it is taken already, that owner is as good as ours
            other.bind(("127.0.0.1", DEFAULT_PORT))
            other.listen()
        server = Studio(tmp_path / "home")
        try:
            server.start()
            assert server.port not in (None, DEFAULT_PORT)
            socket.create_connection(("127.0.0.1", DEFAULT_PORT), timeout=5).close()
        finally:
            server.end()
