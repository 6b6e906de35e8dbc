"""A Ray cluster for as long as it is needed: one of our own on this machine, or one that runs somewhere already."""

from __future__ import annotations

import gc
import logging
import secrets
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from hfcore.automl.executors.ray_crew import ClusterLost, first_line
from hfcore.automl.executors.ray_guard import MARK, start_guard
from hfcore.automl.executors.surroundings import ONE_THREAD, environment
from hfcore.automl.executors.targets import NOT_INSTALLED
from hfcore.errors import BackendUnavailable

log = logging.getLogger(__name__)
_HOST = "127.0.0.1"
_OBJECT_STORE_BYTES = 100 * 2**20
_END_S = 30.0
_LONGEST_FOLDER = 30  # a socket's path has 103 characters at most, of which Ray takes 60
# No report of use to Ray's makers, no look at the way to the internet to learn our address, none of Ray's lines in our output.
# And no cluster that Ray starts by itself, open to the network, when the connection to another one is gone.
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",
    "RAY_ENABLE_AUTO_CONNECT": "0",
}


def _ray() -> Any:
    """Return the package. Raises BackendUnavailable when it is not installed."""
    try:
        with environment(_QUIET):
            import ray
    except ImportError as error:
        raise BackendUnavailable(NOT_INSTALLED) from error
    logging.getLogger("ray").setLevel(logging.CRITICAL)
    return ray


@contextmanager
def local_cluster(workers: int) -> Iterator[Any]:
    """Start a cluster of this machine alone, yield the package connected to it, and leave nothing of it behind.

    It listens on 127.0.0.1 only, wants a token that stands in no file, opens no dashboard and tells nobody of its use.
    To be used in one thread that stays alive: the cluster's processes end with the thread that started them.
    """
    ray, began = _ray(), time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="r", dir=_short_folder()))
    guard = start_guard(folder)
    marks = {MARK: str(folder), "RAY_AUTH_TOKEN": _token(), "RAY_TMPDIR": str(folder)}
    try:
        with environment({**ONE_THREAD, **_QUIET, **marks}):
            _start(ray, workers, folder)
        log.info("A Ray cluster of %d workers stands on this machine after %.1f s.", workers, time.monotonic() - began)
        yield ray
    finally:
        _leave(ray)
        guard.communicate(timeout=_END_S)


def _start(ray: Any, workers: int, folder: Path) -> None:
    """Start the cluster. Raises ClusterLost when a part of it is not up within Ray's 30 s, as on a very busy machine."""
    try:
        ray.init(
            "local",
            num_cpus=workers,
            num_gpus=0,
            include_dashboard=False,
            object_store_memory=_OBJECT_STORE_BYTES,
            log_to_driver=False,
            configure_logging=False,
            _node_ip_address=_HOST,
            _temp_dir=str(folder),
        )
        return
    except Exception as error:  # Ray raises nothing more particular here
        reason = first_line(error)
    raise ClusterLost(reason)  # out here, so that the error does not keep a half-started cluster in memory


@contextmanager
def joined_cluster(address: str) -> Iterator[Any]:
    """Connect to the cluster at `address`, "ray://host:port", send our code along, and leave it as it was."""
    ray, began = _ray(), time.monotonic()
    needed = {"env_vars": ONE_THREAD, "py_modules": [str(Path(__file__).parents[2])]}
    try:
        ray.init(address, runtime_env=needed, log_to_driver=False, configure_logging=False)
    except ConnectionError as error:  # it may be just coming up, or short of processors
        raise ClusterLost(f"{address} does not take the connection ({first_line(error)})") from error
    except (RuntimeError, ValueError, ImportError) as error:
        raise BackendUnavailable(f"The Ray cluster at {address} cannot be used: {first_line(error)}") from error
    log.info("Connected to the Ray cluster at %s after %.1f s.", address, time.monotonic() - began)
    try:
        yield ray
    finally:
        _leave(ray)


def _leave(ray: Any) -> None:
    """Disconnect, and end a cluster of our own; Ray drops the processes it has started without a last look at them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        ray.shutdown()
        gc.collect()


@cache
def _token() -> str:
    """Return the secret of this process's clusters; Ray keeps the first one it sees for as long as a process lives."""
    return secrets.token_hex(32)


def _short_folder() -> Path:
    """Return the folder for temporary files, or /tmp when its name leaves no room for the names of Ray's sockets."""
    usual = Path(tempfile.gettempdir())
    return usual if len(str(usual)) <= _LONGEST_FOLDER else Path("/tmp")
