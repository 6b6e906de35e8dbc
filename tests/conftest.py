"""What holds for every test: a home and ports of its own, no process left behind, no silent skip in CI."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hfcore.backends.local.workspace import LocalWorkspace
from tests import processes
from tests.fakes.azure.fixture import azure, azure_server
from tests.finished import FinishedRun, short_run
from tests.polling import until
from tests.ports import claimed_range

MUST_RUN_IN_CI = ("browser", "contract")
__all__ = ["azure", "azure_server"]  # fixtures that a room of the tests brings along


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home folder of this test alone; it does not exist yet."""
    return tmp_path / "home"


@pytest.fixture
def workspace(home: Path) -> LocalWorkspace:
    """An empty local workspace of this test alone."""
    return LocalWorkspace(home)


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    """A home with one short, completed run without `time`, made once per session; look, but change nothing."""
    return short_run(tmp_path_factory.mktemp("finished") / "home")


@pytest.fixture
def finished_home(finished_run: FinishedRun, home: Path) -> FinishedRun:
    """A copy of the finished run's home that this test may change."""
    return finished_run.copy_to(home)


@pytest.fixture(scope="session")
def first_port() -> Iterator[int]:
    """The first of a hundred ports that no other test run on this machine gives to its endpoints."""
    with claimed_range() as first:
        yield first


@pytest.fixture(autouse=True)
def _home_of_its_own(home: Path, first_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every test away from the user's own home folder, ports and settings."""
    monkeypatch.setenv("HF_HOME", str(home))
    monkeypatch.setenv("HF_ENDPOINT_PORT", str(first_port))
    for name in ("HF_STORE_URL", "HF_BACKEND"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True, scope="session")
def _no_process_outlives_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fail when a worker or an endpoint of some test's home is still alive after the last test."""
    yield
    folder = tmp_path_factory.getbasetemp()
    with contextlib.suppress(AssertionError):
        until(lambda: not processes.about(folder))
    assert processes.describe(processes.about(folder)) == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Under CI=true, count a skipped browser, contract or fault test as failed."""
    report = yield
    if report.skipped and os.environ.get("CI") == "true" and _must_run(item):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = "failed", f"{item.nodeid} must not be skipped in CI: {reason}"
    return report


def _must_run(item: pytest.Item) -> bool:
    here = item.path.relative_to(Path(__file__).parent).parts[0]
    return here in MUST_RUN_IN_CI or item.get_closest_marker("fault") is not None
