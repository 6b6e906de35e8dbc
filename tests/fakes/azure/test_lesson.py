"""The lesson from end to end with the plain SDK against the double: from config.json to a prediction, and all taken away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hfcore.datasets import load_heart_failure
from tests.fakes.azure.double import AzureDouble
from tests.fakes.azure.opening import open_workspace
from tests.polling import until

OVER = ("Completed", "Failed", "Canceled")


def test_the_lesson_from_end_to_end(azure: AzureDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    """The unmodified SDK trains, picks, registers, deploys and scores, and touches no host that the double does not know."""
    monkeypatch.setenv("FORCE_CURATED_ENVIRONMENT", "true")
    from azureml.core import Dataset, Experiment, Model
    from azureml.core.compute import AmlCompute
    from azureml.core.model import InferenceConfig
    from azureml.core.webservice import AciWebservice
    from azureml.train.automl import AutoMLConfig

    ws = open_workspace(azure)
    experiment = Experiment(ws, "aml-experiment")

    azure.computes.polls = 0
    wanted = AmlCompute.provisioning_configuration(vm_size="Standard_D2_v2", min_nodes=1, max_nodes=3)
    cluster = AmlCompute.create(ws, "heart-f-cluster", wanted)
    cluster.wait_for_completion(show_output=False)

    records = load_heart_failure()
    Dataset.Tabular.register_pandas_dataframe(records, ws.get_default_datastore(), "heart-failure-records", show_progress=False)
    config = AutoMLConfig(
        compute_target=cluster,
        task="classification",
        training_data=ws.datasets["heart-failure-records"],
        label_column_name="DEATH_EVENT",
        path="./pipeline-project",
        enable_early_stopping=True,
        featurization="auto",
        debug_log="automl_errors.log",
        experiment_timeout_minutes=20,
        max_concurrent_iterations=3,
        primary_metric="AUC_weighted",
        iterations=4,
        n_cross_validations=2,
        allowed_models=["LogisticRegression", "LightGBM"],
    )
    run = experiment.submit(config, show_output=False)
    assert until(lambda: (s := run.get_status()) in OVER and s, seconds=240, every=0.2) == "Completed", run.get_details()

    best = ws.get_run(run.id).get_best_child()
    assert best.get_metrics()["AUC_weighted"] > 0.85
    best.download_file("outputs/scoring_file_v_1_0_0.py", "inference/score.py")
    best.download_files(prefix="outputs/", output_directory="fitted")
    assert Path("fitted/outputs/model.pkl").stat().st_size > 1000
    model = best.register_model(model_name="automl-heart-failure", model_path="outputs/model.pkl")
    assert [(m.name, m.version, m.run_id) for m in Model.list(ws)] == [("automl-heart-failure", 1, best.id)]

    inference = InferenceConfig(entry_script="inference/score.py", environment=best.get_environment())
    size = AciWebservice.deploy_configuration(
        cpu_cores=1, memory_gb=1, tags={"area": "heart"}, description="HF", auth_enabled=True
    )
    service = Model.deploy(ws, "automl-hf-sdk", [model], inference, size)
    until(lambda: service.update_deployment_state() or service.state != "Transitioning", seconds=60, every=0.1)
    assert service.state == "Healthy", service.get_logs()

    patients = records.drop(columns="DEATH_EVENT").to_dict("records")
    called = json.loads(service.run(json.dumps({"data": patients})))["result"]
    risk = json.loads(service.run(json.dumps({"data": patients, "method": "predict_proba"})))["result"]
    assert called == [int(died > 0.5) for _, died in risk]
    assert sum(c == d for c, d in zip(called, records["DEATH_EVENT"], strict=True)) > 240

    service.delete()
    model.delete()
    cluster.delete()
    assert (ws.webservices, ws.models) == ({}, {})
    assert cluster._get_operation_state()[0] == "Succeeded"
    assert azure.journal.strays == []
