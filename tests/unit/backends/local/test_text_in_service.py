"""Tables with text, missing cells and all kinds of labels: from the table over a run and a registered model to a score."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import requests

from hfcore.automl.settings import AutoMLSettings
from hfcore.backends.local.workspace import LocalWorkspace
from hfcore.errors import ScoringFailed
from hfcore.records import DeploymentSpec
from hfcore.scoring.client import ScoringClient
from hfcore.states import RunState
from tests.unit.automl.test_text import clinic

LABELS: dict[str, list[Any]] = {
    "two, yes or no": [False, True],
    "three, words": ["mild", "moderate", "severe"],
    "five, whole numbers": [1, 2, 3, 4, 7],
}


def graded(labels: list[Any]) -> pd.DataFrame:
    """The clinic's table with these labels, in its order of severity."""
    frame = clinic(240, len(labels)).drop(columns="nothing")  # the registry takes no empty column
    codes = frame["grade"].str.split().str[-1].astype(int)
    return frame.assign(grade=[labels[c] for c in codes])


@pytest.mark.parametrize("labels", LABELS.values(), ids=list(LABELS))
def test_a_table_with_text_and_gaps_goes_into_service(labels: list[Any], home: Path) -> None:
    """Fit, register, deploy and score: text as text, labels as they were, unknown text refused without being repeated."""
    workspace = LocalWorkspace(home)
    frame = graded(labels)
    workspace.register_dataset("clinic", frame)
    settings = AutoMLSettings(
        label_column_name="grade", allowed_models=("LogisticRegression", "LightGBM"), n_cross_validations=3, iterations=4
    )
    run = workspace.wait(workspace.submit("text-run", settings, "clinic").id, timeout=240)
    assert run.state is RunState.COMPLETED, f"{run.message}\n{workspace.logs(run.id)}"
    assert [g.state for g in run.guardrails][1:] == ["Done", "Done", "Done"]
    assert workspace.report(run.id).features == ("age", "ward", "smoker", "seen")
    endpoint = workspace.deploy(workspace.register_model(run.id), DeploymentSpec(name="text-hf"))
    try:
        _check_service(workspace, ScoringClient(endpoint), str(endpoint.scoring_uri), labels)
        log = workspace.endpoint_logs("text-hf")
        assert "pulmonology" not in log
    finally:
        workspace.delete_endpoint("text-hf")


def _check_service(workspace: LocalWorkspace, client: ScoringClient, uri: str, labels: list[Any]) -> None:
    patients: list[dict[str, Any]] = [
        {"age": 48.0, "ward": "general", "smoker": "never", "seen": True},
        {"age": 81.0, "ward": "surgery", "smoker": None, "seen": False},
    ]
    risk = np.asarray(client.predict_proba(patients))
    assert risk.shape == (2, len(labels))
    assert np.allclose(risk.sum(axis=1), 1)
    assert risk[0, 0] > risk[1, 0]
    found = client.predict(patients)
    assert all(f in labels and type(f) is type(labels[0]) for f in found)
    assert found[1] in labels[len(labels) // 2 :]
    with pytest.raises(ScoringFailed) as refused:
        client.predict([patients[0] | {"ward": "pulmonology"}])
    assert "ward cannot be read; expected one of cardiology, general, surgery" in str(refused.value)
    assert "pulmonology" not in str(refused.value)
    with pytest.raises(ScoringFailed, match="ward"):
        client.predict([patients[0] | {"ward": None}])
    document = json.loads(requests.get(uri.replace("/score", "/swagger.json"), params={"version": 3}, timeout=10).text)
    row = document["components"]["schemas"]["Row"]["properties"]
    assert row["ward"] == {"type": "string", "enum": ["cardiology", "general", "surgery"]}
    assert row["smoker"] == {"type": "string", "enum": ["never", "now", None], "nullable": True, "x-nullable": True}
