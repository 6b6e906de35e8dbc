"""The four ways to score one model give the same probabilities, Azure's own inference server among them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests

from hfcore.datasets.heart_failure import load_heart_failure
from hfcore.records import DeploymentSpec, Endpoint
from hfcore.scoring.client import ScoringClient
from hfcore.ui.scoring import score as score_form
from hfcore.workspace import Workspace
from tests.finished import FinishedRun
from tests.inference.azure_server import INSTALL, azure_server, program

TOLERANCE = 1e-6
Values = list[dict[str, Any]]


@pytest.fixture
def served(finished_home: FinishedRun) -> Iterator[tuple[Workspace, Endpoint]]:
    """The run's best model, registered and in service on this machine: what is compared is the service that ships."""
    workspace = finished_home.open()
    spec = DeploymentSpec(name="parity", cpu_cores=1, memory_gb=1, auth=True)
    endpoint = workspace.deploy(workspace.register_model(finished_home.run_id), spec)
    yield workspace, endpoint
    workspace.delete_endpoint(endpoint.name)


def _patients(endpoint: Endpoint) -> Values:
    """Return the 299 patients in the model's columns, as typed values."""
    frame = load_heart_failure()[list(endpoint.features)]
    return [{name: getattr(v, "item", lambda v=v: v)() for name, v in row.items()} for row in frame.to_dict(orient="records")]


def _model_folder(home: Path) -> Path:
    """Return the folder of the only registered model."""
    (folder,) = (p.parent for p in (home / "models").glob("*/model.json"))
    return folder


def _largest_difference(one: Any, other: Any) -> float:
    return float(np.max(np.abs(np.asarray(one, dtype=float) - np.asarray(other, dtype=float))))


def test_every_way_to_score_agrees(served: tuple[Workspace, Endpoint]) -> None:
    """Form, REST, both request versions, and a batch give all 299 patients the same probabilities, to 1e-6."""
    workspace, endpoint = served
    patients = _patients(endpoint)
    key = workspace.endpoint_keys(endpoint.name)[0]
    client = ScoringClient(endpoint, key)
    batch = client.predict_proba(load_heart_failure()[list(endpoint.features)])
    single = [client.predict_proba([patient])[0] for patient in patients]
    form = [score_form(workspace, endpoint, patient).risk for patient in patients]
    client.close()
    second = ScoringClient(endpoint, key, request_version=2)
    as_second = second.predict_proba(patients)
    second.close()
    assert _largest_difference(batch, single) <= TOLERANCE
    assert _largest_difference(batch, as_second) <= TOLERANCE
    assert _largest_difference(np.asarray(batch)[:, 1], form) <= TOLERANCE


def test_azures_own_server_agrees(served: tuple[Workspace, Endpoint], home: Path, tmp_path: Path) -> None:
    """The same score.py inside azureml-inference-server-http gives all 299 patients the same probabilities, to 1e-6."""
    if program() is None:
        pytest.skip(f"Azure's inference server is not installed; build it with: {INSTALL}")
    workspace, endpoint = served
    ours = ScoringClient(endpoint, workspace.endpoint_keys(endpoint.name)[0])
    patients = _patients(endpoint)
    expected = ours.predict_proba(patients)
    ours.close()
    with azure_server(_model_folder(home), tmp_path / "azure.log") as (uri, _):
        theirs = ScoringClient(uri, timeout_s=30)
        batch = theirs.predict_proba(patients)
        alone = [theirs.predict_proba([patient])[0] for patient in patients[:20]]
        theirs.close()
        told = requests.post(uri, json={"data": patients[:1]}, timeout=30).json()
    assert _largest_difference(batch, expected) <= TOLERANCE
    assert _largest_difference(alone, expected[:20]) <= TOLERANCE
    assert set(json.loads(told)) == {"result"}
