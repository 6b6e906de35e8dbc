"""Compute targets that mean Ray, and whether they can be used: looked at before anything starts."""

from __future__ import annotations

import importlib.util
import re
import socket

LOCAL_RAY = "ray"
CLUSTER = re.compile(r"ray://(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):(?P<port>\d{1,5})")
NOT_THERE = "Not installed"  # the state of a compute target
NOT_INSTALLED = "Ray is not installed. Run `pip install -r requirements-ray.txt`, or choose the compute target 'local'."
_CONNECT_S = 3.0


def means_ray(target: str) -> bool:
    """Tell whether a compute target asks for Ray: "ray" for this machine, "ray://host:port" for a cluster."""
    return target == LOCAL_RAY or target.startswith("ray:")


def is_ray_installed() -> bool:
    """Tell whether Ray could be imported; nothing of it is."""
    found = importlib.util.find_spec("ray")
    return found is not None and found.origin is not None


def why_not(target: str) -> str | None:
    """Return a sentence when a target that means Ray cannot be used, else None; asks a cluster's port for 3 s at most."""
    if not is_ray_installed():
        return NOT_INSTALLED
    if target == LOCAL_RAY:
        return None
    named = CLUSTER.fullmatch(target)
    if named is None or not 0 < int(named["port"]) < 65536:
        return f"The compute target {target!r} is no address of a Ray cluster; write it as 'ray://host:10001'."
    return _unreachable(named["host"].strip("[]"), int(named["port"]))


def _unreachable(host: str, port: int) -> str | None:
    try:
        socket.create_connection((host, port), timeout=_CONNECT_S).close()
    except OSError as error:
        reason = error.strerror or "no answer"
        return (
            f"No Ray cluster answers at {host}:{port} ({reason}). "
            "Start one there with `ray start --head`, or check host and port; Ray's client port is usually 10001."
        )
    return None
