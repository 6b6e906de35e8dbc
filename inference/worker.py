"""One worker of a server: a process with its own event loop, model and connections behind the shared sockets."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import os
import resource
import signal
import socket
import threading
from dataclasses import dataclass
from pathlib import Path

from inference.access import Keys
from inference.board import Board
from inference.connection import Connection
from inference.desk import MOST_CONNECTIONS, Desk
from inference.journal import log
from inference.service import Service

TICK_S = 0.25
GRACE_S = 5.0
FEW_CONNECTIONS, MOST_AT_ONCE = 8, 16
RARELY = (20_000, 20, 50)  # requests leave no circles behind
_FULL = (
    b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\ncontent-length: 0\r\n"
    b"cache-control: no-store\r\nconnection: close\r\n\r\n"
)


@dataclass(frozen=True)
class Post:
    """What a worker is given: its number, the sockets, whom to accept, where to count, and a pipe that ends with its parent.

    `memory_bytes` is what the worker may hold in all.
    """

    number: int
    board: Board
    public: socket.socket
    private: socket.socket | None
    keys: Keys
    lifeline: int
    memory_bytes: int | None = None


class Door:
    """Accepts connections from a listening socket that several workers share."""

    def __init__(self, listener: socket.socket, desk: Desk, loop: asyncio.AbstractEventLoop) -> None:
        self._listener, self._desk, self._loop = listener, desk, loop
        self._greetings: set[asyncio.Task[object]] = set()
        self._is_open = False

    def open(self) -> None:
        """Begin to accept."""
        if not self._is_open:
            self._is_open = True
            self._loop.add_reader(self._listener.fileno(), self._accept)

    def close(self) -> None:
        """Stop accepting; those who come wait at the socket, or are taken by another process."""
        if self._is_open:
            self._is_open = False
            self._loop.remove_reader(self._listener.fileno())

    def _accept(self) -> None:
        """Take one client, so that idle workers share them, or several where many are connected already."""
        for _ in range(1 if len(self._desk.connections) < FEW_CONNECTIONS else MOST_AT_ONCE):
            try:
                client, _ = self._listener.accept()
            except (BlockingIOError, ConnectionAbortedError, InterruptedError):
                return  # another worker was quicker, or the client has left
            except OSError as error:
                log.error("No connection can be accepted (%s).", type(error).__name__)
                self._pause()
                return
            client.setblocking(False)
            self._greet(client)

    def _pause(self) -> None:
        """Accept nobody for a moment."""
        self.close()
        self._loop.call_later(TICK_S, self.open)

    def _greet(self, client: socket.socket) -> None:
        """Begin to talk with a client, unless there are too many."""
        if len(self._desk.connections) >= MOST_CONNECTIONS:
            with contextlib.suppress(OSError), client:
                client.send(_FULL)
            return
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        greeting = self._loop.create_task(self._loop.connect_accepted_socket(functools.partial(Connection, self._desk), client))
        self._greetings.add(greeting)
        greeting.add_done_callback(self._greetings.discard)


class Worker:
    """Serves until it is asked to end."""

    def __init__(self, post: Post, loop: asyncio.AbstractEventLoop) -> None:
        self._board, self._row = post.board, post.board.rows[post.number]
        self._service = Service(post.keys, post.board, self._row)
        self._desk = Desk(self._service, self._row, loop)
        self._public = Door(post.public, self._desk, loop)
        self._private = Door(post.private, self._desk, loop) if post.private is not None else None
        self._ending = asyncio.Event()
        loop.add_signal_handler(signal.SIGTERM, self._ending.set)
        loop.add_signal_handler(signal.SIGUSR1, self._follow_the_board)

    async def run(self) -> None:
        """Open the model and serve; when asked to end, answer what has arrived, for 5 s at most."""
        opening = asyncio.create_task(self._open())
        self._follow_the_board()
        if self._private is not None:
            self._private.open()
        while not self._ending.is_set():
            self._row.beat()
            self._desk.look_at_the_clock()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), TICK_S)
        self._public.close()
        if self._private is not None:
            self._private.close()
        await self._drain()
        opening.cancel()

    async def _open(self) -> None:
        await self._service.open()
        self._desk.opened()

    def _follow_the_board(self) -> None:
        """Accept on the public socket, or leave it to another server, as the board says."""
        if self._board.accepting:
            self._public.open()
        else:
            self._public.close()
            self._desk.part()

    async def _drain(self) -> None:
        deadline = self._desk.now() + GRACE_S
        self._desk.close()
        while self._desk.connections and self._desk.now() < deadline:
            await asyncio.sleep(0.02)
            self._desk.look_at_the_clock()
            self._desk.close()
        self._desk.end()


def _end_with_parent(lifeline: int) -> None:
    """Leave as soon as the parent is gone, however it ended."""
    os.read(lifeline, 1)
    log.error("The server's first process is gone; its worker %d leaves.", os.getpid())
    os._exit(0)


def resident_bytes(pid: int) -> int:
    """Return the memory a process holds, in bytes; 0 when it has just ended or the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0


def _build_wall(memory_bytes: int | None) -> None:
    """Let no allocation lead beyond the memory this worker may hold: the request that asks for more fails, not the machine.

    The system counts what is reserved, not what is held, so the wall stands as far ahead as there is memory left.
    """
    held, pages = resident_bytes(os.getpid()), Path("/proc/self/statm")
    if memory_bytes is None or not 0 < held < memory_bytes or not pages.exists():
        return
    reserved = int(pages.read_text().split()[5]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_DATA, (reserved + memory_bytes - held, resource.RLIM_INFINITY))


def work(post: Post) -> int:
    """Serve in this process until SIGTERM; return the exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(*RARELY)
    _build_wall(post.memory_bytes)
    threading.Thread(target=_end_with_parent, args=(post.lifeline,), name="lifeline", daemon=True).start()
    post.board.rows[post.number].enter()

    async def serve() -> None:
        worker = Worker(post, asyncio.get_running_loop())
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        await worker.run()

    asyncio.run(serve())
    return 0
