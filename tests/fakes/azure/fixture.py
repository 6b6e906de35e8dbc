"""The double as pytest fixtures: `azure` for one test, over a server that the whole session shares.

Nothing of the SDK is imported before a test asks for `azure`, so other tests do not pay for it.
"""

from __future__ import annotations

import gc
import json
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.fakes.azure.double import AzureDouble
    from tests.fakes.azure.server import AzureServer

# What the SDK warns of in its own code, each with its reason; whatever else warns is an error, as everywhere.
SDK_WARNINGS = (
    (DeprecationWarning, r"azureml\..*", "", "the SDK's own use of what it has itself deprecated, e.g. its enum FileType"),
    (PendingDeprecationWarning, r"azureml\..*", "", "the SDK's own copy of ruamel.yaml, called by its old functions"),
    (FutureWarning, "", r"azureml\.core\.model:\sTo leverage", "Model.deploy advertises the SDK's successor to its caller"),
    (ResourceWarning, "", r"unclosed file .*automl.*\.log", "every submission opens the log files anew and forgets the old ones"),
    (ResourceWarning, "", r"unclosed <s", "the SDK opens a session for each client and closes none"),
)


@pytest.fixture(scope="session")
def azure_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AzureServer]:
    """The proxy and its certificates, started once; the SDK keeps what it has read of them, so they never change."""
    if sys.version_info >= (3, 12):
        pytest.skip("the Azure ML SDK v1 ends at Python 3.11")
    from tests.fakes.azure.server import AzureServer

    server = AzureServer(tmp_path_factory.mktemp("azure"))
    yield server
    server.stop()


@pytest.fixture
def azure(azure_server: AzureServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AzureDouble]:
    """An empty Azure ML workspace, with the environment that leads the SDK to it; a stray request fails the test."""
    double = azure_server.renew()
    for name, value in {**azure_server.environment, **double.place.credentials}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(double.place.config))
    for category, module, message, _reason in SDK_WARNINGS:
        warnings.filterwarnings("ignore", category=category, module=module, message=message)
    yield double
    double.close()
    gc.collect()  # what the SDK has left unclosed is found here, where it is expected, and not in somebody else's test
    assert double.journal.strays == []
