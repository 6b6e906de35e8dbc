"""The workers of a server and the parent that looks after them: forked from a warm process, replaced when they die.

The parent opens no model and answers nobody. It waits for signals; every tenth of a second it looks at its workers.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from inference.access import Keys
from inference.board import Board
from inference.handover import Lender
from inference.journal import keep_log_short, log
from inference.worker import GRACE_S, Post, resident_bytes, work

TICK_S = 0.1
LOCK_EVERY_S = 0.5
SILENT_S = 15.0
MOST_DEATHS, IN_S = 6, 20.0
GAVE_UP = 4
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGCHLD)


@dataclass(frozen=True)
class Watch:
    """What the parent looks at besides its workers: memory in bytes for all of them together, a lock file, a log.

    `held` is the open lock file; only the parent keeps it, so that the lock ends with it.
    """

    memory_bytes: int | None = None
    lock: Path | None = None
    held: int | None = None
    log: Path | None = None
    lender: Lender | None = None


@dataclass
class Crew:
    """The parent of `workers` processes that serve on the same sockets."""

    public: socket.socket
    private: socket.socket | None
    keys: Keys
    workers: int
    watch: Watch = field(default_factory=Watch)
    hold: bool = False

    def __post_init__(self) -> None:
        self._board = Board(self.workers)
        self._board.accepting = not self.hold
        self._pids: dict[int, int] = {}
        self._deaths: list[float] = []
        self._doomed: dict[int, str] = {}
        self._lifeline, self._our_end = os.pipe()
        self._lock_due = 0.0

    def run(self) -> int:
        """Serve until SIGTERM (returned as its negative number), the lock file's end (0), or until workers keep dying (4)."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        gc.collect()
        gc.freeze()
        for number in range(self.workers):
            self._start(number)
        code = None
        while code is None:
            code = self._tick()
        self._end_all()
        return code

    def _tick(self) -> int | None:
        """Wait for a signal, then look after everything; return an exit code when it is time to end."""
        told = signal.sigtimedwait(_SIGNALS, TICK_S)
        if told is not None and told.si_signo in (signal.SIGTERM, signal.SIGINT):
            return -told.si_signo
        if told is not None and told.si_signo in (signal.SIGUSR1, signal.SIGUSR2):
            self._accept(told.si_signo == signal.SIGUSR1)
        self._replace_the_dead()
        self._end_the_stuck()
        self._end_the_large()
        if len(self._deaths) >= MOST_DEATHS:
            log.error("The workers die again and again; the server gives up.")
            return GAVE_UP
        if self.watch.lender is not None:
            self.watch.lender.look()
        return self._look_at_files()

    def _look_at_files(self) -> int | None:
        """Keep the log short; end when the lock file has been deleted, so that no server outlives its endpoint."""
        if time.monotonic() < self._lock_due:
            return None
        self._lock_due = time.monotonic() + LOCK_EVERY_S
        keep_log_short(self.watch.log)
        return 0 if self.watch.lock is not None and not self.watch.lock.exists() else None

    def _accept(self, yes: bool) -> None:
        """Tell the workers to accept on the public socket, or to leave it to another server."""
        self._board.accepting = yes
        log.info("Accepting on the public socket" if yes else "Leaving the public socket")
        for pid in self._pids:
            os.kill(pid, signal.SIGUSR1)

    # -- workers --------------------------------------------------------------------------------------------------

    def _start(self, number: int) -> None:
        self._board.rows[number].enter()
        post = Post(number, self._board, self.public, self.private, self.keys, self._lifeline, self._share())
        pid = os.fork()
        if pid == 0:
            self._become_worker(post)
        self._pids[pid] = number

    def _share(self) -> int | None:
        """Return the memory in bytes that one worker may hold."""
        return None if self.watch.memory_bytes is None else self.watch.memory_bytes // self.workers

    def _become_worker(self, post: Post) -> None:
        """Serve in the forked process; never return into the parent's code."""
        code = 1
        try:
            os.close(self._our_end)
            if self.watch.held is not None:
                os.close(self.watch.held)
            code = work(post)
        except BaseException:
            log.exception("A worker failed.")
        finally:
            with contextlib.suppress(OSError, ValueError):
                sys.stderr.flush()
            os._exit(code)

    def _reap(self) -> list[tuple[int, int]]:
        """Return pid and exit status of the workers that have ended."""
        looked_at = [os.waitpid(pid, os.WNOHANG) for pid in self._pids]
        return [(pid, os.waitstatus_to_exitcode(status)) for pid, status in looked_at if pid]

    def _replace_the_dead(self) -> None:
        for pid, code in self._reap():
            number = self._pids.pop(pid)
            reason = self._doomed.pop(pid, "died")
            self._board.note_restart(reason)
            now = time.monotonic()
            self._deaths = [t for t in self._deaths if now - t < IN_S] + [now]
            log.warning("Worker %d has ended (%s, status %d) and is started again.", pid, reason, code)
            self._start(number)

    def _end_the_stuck(self) -> None:
        """Kill a worker whose loop has not turned for 15 s."""
        for pid, number in self._pids.items():
            if self._board.rows[number].silent_s() > SILENT_S:
                self._kill(pid, "stuck")

    def _end_the_large(self) -> None:
        """Kill a worker that takes more than its share of the memory."""
        share = self._share()
        if share is None:
            return
        for pid in self._pids:
            taken = resident_bytes(pid)
            if taken > share and pid not in self._doomed:
                log.error("Worker %d takes %d MB, more than its %d MB.", pid, taken >> 20, share >> 20)
                self._kill(pid, "memory")

    def _kill(self, pid: int, reason: str) -> None:
        self._doomed[pid] = reason
        os.kill(pid, signal.SIGKILL)

    def _end_all(self) -> None:
        """Ask every worker to end, and insist after a while."""
        log.info("Stopping")
        for pid in self._pids:
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_S + 1.0
        while self._pids:
            for pid, _ in self._reap():
                self._pids.pop(pid)
            if time.monotonic() > deadline:
                for pid in self._pids:
                    os.kill(pid, signal.SIGKILL)
            signal.sigtimedwait((signal.SIGCHLD,), TICK_S)
