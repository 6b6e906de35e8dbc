"""Runs the scoring service in processes of its own: `python -m inference.server --fd 5 --keys FILE --lock FILE --log FILE`.

AZUREML_MODEL_DIR names the model folder; HF_MANIFEST_SHA256, when set, is what model.json must have. The accepted keys are known
by their hashes only, from a file (`--keys`, read again when it is replaced) or from HF_KEY_SHA256, separated by commas.
Counters and description (/metrics, /swagger.json) are told without a key on this machine only; health checks to everybody.
SIGUSR1 makes the server accept on its public socket, SIGUSR2 leave it to another one; SIGTERM ends it when all is answered.
"""

from __future__ import annotations

import argparse
import ipaddress
import os
import resource
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from inference.access import KeyFile, KeyRing, Keys
from inference.handover import Lender
from inference.journal import log, open_log
from inference.listening import hold_lock, open_socket

if TYPE_CHECKING:
    from inference.crew import Crew

LOCK_HELD = 3
CANNOT_START = 2
MOST_FILES = 4096
MOST_WORKERS = 64
GB = 1024**3


def key_ring(listener: socket.socket, keyless: bool, path: Path | None = None) -> Keys:
    """Return the accepted keys' hashes. Raises ValueError when there are none, or none are wanted beyond loopback."""
    ring: Keys = KeyRing.parse(os.environ.get("HF_KEY_SHA256", "")) if path is None else KeyFile(path)
    if not keyless and not ring.wants_key:
        raise ValueError("HF_KEY_SHA256 holds no key hash; give one, or --keyless on loopback.")
    if keyless and not ipaddress.ip_address(listener.getsockname()[0]).is_loopback:
        raise ValueError("An endpoint without a key may listen on loopback only.")
    return KeyRing() if keyless else ring


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="inference.server", description="Serve a registered model over HTTP.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; another one than loopback needs a key")
    parser.add_argument("--port", type=int, default=0, help="port to listen on, 0 for a free one")
    parser.add_argument("--fd", type=int, help="listening socket that was inherited, instead of host and port")
    parser.add_argument("--check-fd", type=int, help="second listening socket that is always served, for checks of this version")
    parser.add_argument("--hold", action="store_true", help="leave the public socket alone until SIGUSR1")
    parser.add_argument("--lock", type=Path, help="file to hold while serving; the server leaves when it is deleted")
    parser.add_argument("--log", type=Path, help="log file, default stderr")
    parser.add_argument("--lend", type=Path, help="where to lend the public socket to whoever looks after this server next")
    parser.add_argument("--keys", type=Path, help="file with the hashes of the accepted keys; read again when it is replaced")
    parser.add_argument("--keyless", action="store_true", help="ask for no key (loopback only)")
    parser.add_argument("--workers", type=int, default=1, help="processes that serve, one for each core it may use")
    parser.add_argument("--memory-gb", type=float, help="memory for all workers together; one that takes more is started again")
    return parser.parse_args(arguments)


def _check(options: argparse.Namespace) -> None:
    """Raise ValueError for a number that cannot be used."""
    if not 1 <= options.workers <= MOST_WORKERS:
        raise ValueError(f"--workers must be from 1 to {MOST_WORKERS}.")
    if options.memory_gb is not None and not options.memory_gb > 0:
        raise ValueError("--memory-gb must be above 0.")


def _inherited(descriptor: int) -> socket.socket:
    """Return a listening socket that was inherited; accepting from it never waits."""
    listener = socket.socket(fileno=descriptor)
    listener.setblocking(False)
    return listener


def _allow_many_files() -> None:
    """Let this process hold one open file for each of many connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _crew(options: argparse.Namespace, held: int | None) -> Crew:
    """Return the workers and their parent as the options say. Raises OSError, ValueError."""
    _check(options)
    for library in ("OMP", "OPENBLAS", "MKL"):  # read when numpy is loaded: a worker is one core's
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    from inference.crew import Crew, Watch

    public = open_socket(options.host, options.port) if options.fd is None else _inherited(options.fd)
    public.setblocking(False)
    private = None if options.check_fd is None else _inherited(options.check_fd)
    memory = None if options.memory_gb is None else int(options.memory_gb * GB)
    lender = None if options.lend is None else Lender(options.lend, public)
    watch = Watch(memory, options.lock, held, options.log, lender)
    try:
        keys = key_ring(public, options.keyless, options.keys)
    except (OSError, ValueError):
        public.close()
        raise
    return Crew(public, private, keys, options.workers, watch, options.hold)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM; return the exit code (2: cannot start, 3: another server holds the lock, 4: workers keep dying)."""
    options = _options(arguments)
    open_log(options.log, shared=True)
    try:
        held = None if options.lock is None else hold_lock(options.lock)
        crew = _crew(options, held)
    except BlockingIOError:
        log.error("Another server of this endpoint is running.")
        return LOCK_HELD
    except (OSError, ValueError) as error:
        log.error("The server cannot start: %s", error)
        return CANNOT_START
    _allow_many_files()
    host, port = crew.public.getsockname()[:2]
    log.info("Listening on %s:%d, process %d, %d workers", host, port, os.getpid(), options.workers)
    code = crew.run()
    crew.public.close()
    if crew.private is not None:
        crew.private.close()
    if held is not None:
        os.close(held)
    return code


def _end_as_told(code: int) -> None:
    """Exit with a code; a negative one is the signal that ended the server, which its parent shall see."""
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (-code,))
        os.kill(os.getpid(), -code)
    sys.exit(code)


if __name__ == "__main__":
    _end_as_told(main())
