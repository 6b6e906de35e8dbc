"""The backends that the contract suite is run over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import hfcore
from hfcore.backends.local.workspace import LocalWorkspace
from hfcore.workspace import Workspace
from tests.fakes.azure.double import AzureDouble
from tests.finished import SHORT, FinishedRun

BACKENDS = ("local", "azureml")
EVERYTHING = frozenset({"fold scores", "every metric of a child", "honest estimate", "references", "parity", "sizes", "held out"})


@dataclass(frozen=True)
class Backend:
    """One backend under test: a workspace with a completed run, a way to open the same place again, and what it can tell.

    `gives` names what a backend tells beyond what all of them do; what it does not give it must leave empty.
    """

    workspace: Workspace
    run_id: str
    reopen: Callable[[], Workspace]
    gives: frozenset[str] = EVERYTHING


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Backend:
    """A backend whose one completed run this test may use, and change what it likes."""
    return {"local": _local, "azureml": _azure}[request.param](request)


def _local(request: pytest.FixtureRequest) -> Backend:
    finished: FinishedRun = request.getfixturevalue("finished_home")
    return Backend(finished.open(), finished.run_id, finished.open)


def _azure(request: pytest.FixtureRequest) -> Backend:
    """Azure ML over the double, which trains for real; it tells no scores per fold and no predictions, as Azure does."""
    workspace = _azure_workspace(request)
    run = workspace.wait(workspace.submit("short-run", SHORT).id, timeout=240)
    return Backend(workspace, run.id, lambda: hfcore.connect("azureml", config="config.json"), gives=frozenset())


def _azure_workspace(request: pytest.FixtureRequest) -> Workspace:
    azure: AzureDouble = request.getfixturevalue("azure")
    azure.computes.polls = 0
    return hfcore.connect("azureml", config="config.json")


@pytest.fixture(params=BACKENDS)
def empty(request: pytest.FixtureRequest, home: Path) -> Workspace:
    """A backend in which nothing has happened yet."""
    return LocalWorkspace(home) if request.param == "local" else _azure_workspace(request)
