"""The lesson's journey in a true workspace; it costs money and runs only with HF_LIVE_AZURE=1 (docs/azure.md)."""

from __future__ import annotations

import os

import pytest

import hfcore
from hfcore.automl.settings import AutoMLSettings
from hfcore.datasets.heart_failure import SAMPLE_PATIENT
from hfcore.records import ComputeSpec, DeploymentSpec
from hfcore.scoring.client import ScoringClient
from hfcore.states import EndpointState, RunState

NAME = "hf-live-test"
SETTINGS = AutoMLSettings(
    label_column_name="DEATH_EVENT",
    excluded_columns=("time",),
    iterations=4,
    experiment_timeout_minutes=30,
    n_cross_validations=3,
    compute_target=NAME,
)

if os.environ.get("HF_LIVE_AZURE") == "1":

    @pytest.mark.timeout(3 * 3600)
    def test_the_journey_in_a_true_workspace() -> None:
        """In a live workspace a run trains, its best model serves and scores a patient, and what bills is taken away again."""
        ws = hfcore.connect("azureml")
        try:
            ws.ensure_compute(ComputeSpec(NAME, min_nodes=0, max_nodes=2))
            run = ws.wait(ws.submit(NAME, SETTINGS).id, timeout=2 * 3600)
            assert run.state is RunState.COMPLETED, run.message
            assert 0.6 < ws.report(run.id).metrics["AUC_weighted"] < 0.95
            endpoint = ws.deploy(ws.register_model(run.id, name=NAME), DeploymentSpec(name=NAME))
            assert endpoint.state is EndpointState.HEALTHY
            patient = {k: v for k, v in SAMPLE_PATIENT.items() if k != "time"}
            assert sum(ScoringClient(endpoint, timeout_s=60).predict_proba([patient])[0]) == pytest.approx(1)
        finally:
            for resource in ws.resources():
                if resource.name.startswith(NAME) and resource.kind in ("endpoint", "model", "compute"):
                    ws.delete(resource.kind, resource.id)
