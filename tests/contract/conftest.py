"""The backends that the contract suite is run over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from hfcore.backends.local.workspace import LocalWorkspace
from hfcore.workspace import Workspace
from tests.finished import FinishedRun

BACKENDS = ("local",)


@dataclass(frozen=True)
class Backend:
    """One backend under test: a workspace with a completed run, and a way to open the same place again."""

    workspace: Workspace
    run_id: str
    reopen: Callable[[], Workspace]


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Backend:
    """A backend whose one completed run this test may use, and change what it likes."""
    return {"local": _local}[request.param](request)


def _local(request: pytest.FixtureRequest) -> Backend:
    finished: FinishedRun = request.getfixturevalue("finished_home")
    return Backend(finished.open(), finished.run_id, finished.open)


@pytest.fixture(params=BACKENDS)
def empty(request: pytest.FixtureRequest, home: Path) -> Workspace:
    """A backend in which nothing has happened yet."""
    return {"local": LocalWorkspace}[request.param](home)
