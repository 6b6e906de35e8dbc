"""A listening socket is lent by whoever holds it, so that the address of an endpoint outlives every process that serves it."""

from __future__ import annotations

import socket
import stat
from pathlib import Path
from threading import Thread

from inference.handover import Lender, borrow
from inference.listening import open_socket
from tests.polling import until


def lent(lender: Lender, folder: Path, name: str) -> socket.socket | None:
    """Borrow while the lender looks after those who ask, as a server does ten times a second."""
    found: list[socket.socket | None] = []
    asking = Thread(target=lambda: found.append(borrow(folder, name)))
    asking.start()
    until(lambda: lender.look() or found)
    asking.join()
    return found[0]


def test_the_address_outlives_its_holder(tmp_path: Path) -> None:
    """A borrowed socket goes on to accept callers at the same address when the lender's own copy is closed."""
    folder = tmp_path / ("a" * 120)  # the path of a socket would be too long
    folder.mkdir()
    listener = open_socket("127.0.0.1", 0)
    address = listener.getsockname()
    lender = Lender(folder / "server-1.sock", listener)
    borrowed = lent(lender, folder, "server-1.sock")
    assert borrowed is not None
    with borrowed, socket.socket() as caller:
        listener.close()
        assert borrowed.getsockname() == address
        caller.connect(address)
        borrowed.accept()[0].close()
    lender.close()


def test_nobody_lends_nothing(tmp_path: Path) -> None:
    """Without a lender, and with one that is gone, nothing is borrowed and nobody waits for it."""
    assert borrow(tmp_path, "server-1.sock") is None
    with open_socket("127.0.0.1", 0) as listener:
        Lender(tmp_path / "server-1.sock", listener).close()
    assert borrow(tmp_path, "server-1.sock") is None


def test_only_the_owner_may_ask(tmp_path: Path) -> None:
    """The door of the lender is closed to other users, and a lender that comes later takes its place."""
    with open_socket("127.0.0.1", 0) as listener:
        for _ in range(2):
            lender = Lender(tmp_path / "server-1.sock", listener)
            assert stat.S_IMODE((tmp_path / "server-1.sock").stat().st_mode) == 0o600
            lender.close()
