"""The double's AutoML, driven by the unmodified SDK: it really trains, keeps what Azure keeps of a run, and stops when told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hfcore.automl.metrics import METRICS
from hfcore.datasets import load_heart_failure
from tests.fakes.azure.double import AzureDouble
from tests.fakes.azure.opening import open_workspace
from tests.polling import until

OVER = ("Completed", "Failed", "Canceled")


def submit(azure: AzureDouble, **settings: Any) -> Any:
    """Submit a short run on the heart failure records without `time`, and return the SDK's run."""
    from azureml.core import Experiment
    from azureml.train.automl import AutoMLConfig

    azure.computes.add("heart-f-cluster")
    azure.datasets.add("heart-failure-records", load_heart_failure())
    ws = open_workspace(azure)
    short = {"iterations": 4, "n_cross_validations": 2, "allowed_models": ["LogisticRegression", "DecisionTree"]}
    config = AutoMLConfig(
        task="classification",
        primary_metric="AUC_weighted",
        training_data=ws.datasets["heart-failure-records"].drop_columns(["time"]),
        label_column_name=settings.pop("label", "DEATH_EVENT"),
        compute_target=ws.compute_targets["heart-f-cluster"],
        experiment_timeout_minutes=20,
        show_warnings=True,
        **{**short, **settings},
    )
    return Experiment(ws, "aml-experiment").submit(config, show_output=False)


@pytest.fixture(autouse=True)
def _curated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the SDK from looking for eight environments that only Microsoft has."""
    monkeypatch.setenv("FORCE_CURATED_ENVIRONMENT", "true")


def test_a_run_really_trains(azure: AzureDouble) -> None:
    """A submitted run prepares, runs and completes; its children have scores, metrics, tables and files; the best is named."""
    run = submit(azure)
    seen = {run.get_status()}
    until(lambda: seen.add(status := run.get_status()) or status in OVER, seconds=240, every=0.2)
    assert run.get_status() == "Completed", run.get_details()
    assert {"Preparing", "Running"} <= seen
    children = [c for c in run.get_children() if c.properties["runTemplate"] == "automl_child"]
    scores = {c.id: float(c.properties["score"]) for c in children}
    assert len(scores) == 4
    assert {c.properties["run_algorithm"] for c in children} >= {"LogisticRegression", "VotingEnsemble"}
    best = run.get_best_child()
    assert scores[best.id] == max(scores.values()) > 0.7
    metrics = best.get_metrics()
    assert set(metrics) == {*METRICS, "accuracy_table", "confusion_matrix"}
    assert metrics["AUC_weighted"] == scores[best.id]
    assert json.loads(best.get_metrics(name="confusion_matrix", populate=True)["confusion_matrix"].data)["data"]["class_labels"]
    best.download_file("accuracy_table", "accuracy_table.json")
    with open("accuracy_table.json") as file:
        table = json.load(file)["data"]
    assert (len(table["probability_tables"]), len(table["probability_tables"][1])) == (2, 100)
    assert [sum(counts) for counts in table["probability_tables"][1]] == [299] * 100
    assert table["probability_tables"][1][0] == [96, 203, 0, 0]
    assert {"outputs/model.pkl", "outputs/scoring_file_v_1_0_0.py", "outputs/conda_env_v_1_0_0.yml"} <= set(best.get_file_names())
    assert best.get_environment().name == "AzureML-AutoML"
    assert azure.journal.count("POST", "submitSnapshotRun") == 1


def test_a_run_at_work_is_canceled(azure: AzureDouble) -> None:
    """A run that works ends as Canceled with everything that was at work under it, and no process of it remains."""
    run = submit(azure, iterations=50, allowed_models=None)
    until(lambda: run.get_status() == "Running", seconds=240, what="the run works")
    run.cancel()
    until(lambda: run.get_status() == "Canceled", seconds=30, what="the run is canceled")
    assert {c.status for c in run.get_children()} <= {"Completed", "Canceled"}
    assert azure.jasmine.jobs[run.id].process.poll() is not None


def test_a_wrong_label_is_found_before_the_run(azure: AzureDouble) -> None:
    """The validation service says that a label is missing, and no run is made."""
    from azureml.automl.core.shared.exceptions import ValidationException

    with pytest.raises(ValidationException, match="'DEATH' was not found"):
        submit(azure, label="DEATH")
    assert azure.history.runs == {}


def test_a_failure_is_told(azure: AzureDouble) -> None:
    """A run that was ordered to fail has Failed with the sentence that was ordered."""
    azure.jasmine.failure = "The compute target is out of quota."
    run = submit(azure)
    assert run.get_status() == "Failed"
    assert run.get_details()["error"]["error"]["message"] == "The compute target is out of quota."


def test_what_is_at_work_ends_with_the_test(azure: AzureDouble) -> None:
    """Closing the double ends a run at work, so that no process of a test outlives it, and calls nothing of it a fault."""
    run = submit(azure, iterations=50, allowed_models=None)
    until(lambda: run.get_status() == "Running", seconds=240, what="the run works")
    azure.close()
    assert azure.history.runs[run.id].status == "Canceled"
    assert azure.jasmine.jobs[run.id].process.poll() is not None
