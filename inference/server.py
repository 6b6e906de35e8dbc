"""Runs the scoring service in a process of its own: `python -m inference.server --fd 5 --lock FILE --log FILE`.

AZUREML_MODEL_DIR names the model folder, HF_KEY_SHA256 the hashes of the accepted keys separated by commas;
HF_MANIFEST_SHA256, when set, is what model.json must have. The keys themselves are never given to this process.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ipaddress
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

import uvicorn

from inference.access import KeyRing
from inference.journal import log, open_log
from inference.listening import hold_lock, open_socket
from inference.service import Service

LOCK_HELD = 3
WATCH_S = 1.0


def key_ring(listener: socket.socket, keyless: bool) -> KeyRing:
    """Return the accepted keys' hashes. Raises ValueError when there are none, or none are wanted beyond loopback."""
    ring = KeyRing.parse(os.environ.get("HF_KEY_SHA256", ""))
    if not keyless and not ring.wants_key:
        raise ValueError("HF_KEY_SHA256 holds no key hash; give one, or --keyless on loopback.")
    if keyless and not ipaddress.ip_address(listener.getsockname()[0]).is_loopback:
        raise ValueError("An endpoint without a key may listen on loopback only.")
    return KeyRing() if keyless else ring


async def _serve(service: Service, listener: socket.socket, lock: Path | None) -> None:
    config = uvicorn.Config(
        service,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    watch = asyncio.create_task(_leave_when_gone(server, lock))
    await server.serve(sockets=[listener])
    watch.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watch


async def _leave_when_gone(server: uvicorn.Server, lock: Path | None) -> None:
    """Stop the server once its folder has been deleted, so that no server outlives its endpoint."""
    while lock is not None and not server.should_exit:
        await asyncio.sleep(WATCH_S)
        server.should_exit = server.should_exit or not lock.exists()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="inference.server", description="Serve a registered model over HTTP.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port to listen on, 0 for a free one")
    parser.add_argument("--fd", type=int, help="listening socket that was inherited, instead of host and port")
    parser.add_argument("--lock", type=Path, help="file to hold while serving; the server leaves when it is deleted")
    parser.add_argument("--log", type=Path, help="log file, default stderr")
    parser.add_argument("--keyless", action="store_true", help="ask for no key (loopback only)")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM; return the exit code (3: another server holds the lock)."""
    options = _options(arguments)
    open_log(options.log)
    try:
        held = None if options.lock is None else hold_lock(options.lock)
        listener = open_socket(options.host, options.port) if options.fd is None else socket.socket(fileno=options.fd)
        service = Service(key_ring(listener, options.keyless))
    except BlockingIOError:
        log.error("Another server of this endpoint is running.")
        return LOCK_HELD
    except (OSError, ValueError) as error:
        log.error("The server cannot start: %s", error)
        return 2
    host, port = listener.getsockname()[:2]
    log.info("Listening on %s:%d, process %d", host, port, os.getpid())
    asyncio.run(_serve(service, listener, options.lock))
    if held is not None:
        os.close(held)
    return 0


if __name__ == "__main__":
    sys.exit(main())
