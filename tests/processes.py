"""The processes that belong to a folder of the tests: a home's app, workers and endpoints."""

from __future__ import annotations

import os
from pathlib import Path

import psutil


def about(folder: Path) -> list[psutil.Process]:
    """Return the living processes, ours aside, that were started with this folder in their arguments or as HF_HOME."""
    ours = {p.pid for p in psutil.Process().parents()} | {os.getpid()}
    return [p for p in psutil.process_iter() if p.pid not in ours and _names(p, str(folder))]


def _names(process: psutil.Process, folder: str) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        return folder in " ".join(process.cmdline()) or process.environ().get("HF_HOME", "").startswith(folder)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def describe(found: list[psutil.Process]) -> list[str]:
    """Return a line per process, for the message of a failed test."""
    return [f"{p.pid}: {' '.join(p.cmdline())[:300]}" for p in found if p.is_running()]


def end_all(folder: Path) -> None:
    """End every process of this folder, by its id."""
    for process in about(folder):
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
