"""Runs in Azure: sent once, with what was asked for, found again by their id, and reported on from what Azure keeps."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import hfcore
from hfcore.backends.azureml.admission import cannot
from hfcore.backends.azureml.workspace import AzureWorkspace
from hfcore.errors import BackendUnavailable, HfError, InvalidSettings, QuotaExceeded
from hfcore.records import ComputeSpec
from hfcore.states import RunState
from tests.fakes.azure.double import AzureDouble
from tests.unit.backends.azureml.quick import QUICK

CREATE = r"/experimentids/[^/]+/run$"


@pytest.fixture
def ws(azure: AzureDouble) -> AzureWorkspace:
    """A workspace of the double with a cluster and the shipped table in it; submitted runs wait until they are let go."""
    from hfcore.datasets import load_heart_failure

    azure.computes.add("heart-f-cluster")
    azure.datasets.add("heart-failure-records", load_heart_failure())
    azure.jasmine.held = True
    opened = hfcore.connect("azureml", config="config.json")
    assert isinstance(opened, AzureWorkspace)
    return opened


def test_a_run_is_sent_and_reported_on(azure: AzureDouble, ws: AzureWorkspace, tmp_path: Path) -> None:
    """A run trains, its best child has a report with curves from Azure's tables, and the process is left as it was."""
    filters, before = list(warnings.filters), set(os.listdir())
    azure.jasmine.held = False
    run = ws.wait(ws.submit("aml-experiment", QUICK).id, timeout=240)
    assert (run.state, run.finished) == (RunState.COMPLETED, len(ws.children(run.id)))
    assert list(warnings.filters) == filters, "a submission must not silence the process"
    assert set(os.listdir()) == before, "the SDK's files belong to the temporary folder"
    report = ws.report(run.id)
    assert report.child_id == run.best_child_id
    assert report.metrics["AUC_weighted"] == pytest.approx(run.best_score)
    assert (report.rows, report.events, report.label_column) == (299, 96, "DEATH_EVENT")
    assert not report.uses_follow_up_time
    assert (report.honest, report.fold_metrics, report.intervals, report.gaps) == (None, {}, {}, ())
    assert "no prediction per patient" in report.honest_note
    assert report.artifact
    assert report.roc.x[0] == 0
    assert report.roc.y[-1] == 1
    assert 0.1 < report.brier < 0.25
    assert sum(group.rows for group in report.calibration) == 299
    kept = ws.download(run.id, tmp_path / "kept")
    assert {"model.pkl", "scoring_file_v_1_0_0.py"} <= {path.name for path in kept}


def test_training_data_leaves_columns_out(azure: AzureDouble, ws: AzureWorkspace) -> None:
    """A column that is left out is not in what AutoML is given; the part is registered once and not listed."""
    first, second = ws.submit("aml-experiment", QUICK), ws.submit("aml-experiment", QUICK)
    assert first.id != second.id
    assert [d.name for d in ws.datasets()] == ["heart-failure-records"]
    assert azure.journal.count("POST", r"/datasets$") == 1
    ws.cancel(first.id)
    assert ws.cancel(second.id).state is RunState.CANCELED


def test_what_was_asked_for_is_found_again(azure: AzureDouble, ws: AzureWorkspace) -> None:
    """A5: after a restart the run is found by its id, with its settings and data set, and can be cancelled."""
    run = ws.submit("aml-experiment", QUICK)
    again = hfcore.connect("azureml", config="config.json")
    found = again.run(run.id)
    assert (found.settings, found.dataset, found.experiment) == (QUICK.to_dict(), "heart-failure-records", "aml-experiment")
    assert found.state.is_active
    assert again.cancel(run.id).state is RunState.CANCELED


def test_a_run_without_our_note_is_read_from_azures_own(azure: AzureDouble, ws: AzureWorkspace) -> None:
    """A run whose tags could not be written is told from what Azure itself keeps of its settings."""
    azure.faults.status("PATCH", r"/runs/", 400, times=50)
    run = ws.submit("aml-experiment", QUICK)
    azure.faults.clear()
    found = ws.run(run.id)
    assert found.settings["label_column_name"] == "DEATH_EVENT"
    assert (found.settings["primary_metric"], found.settings["iterations"]) == ("AUC_weighted", 4)
    ws.cancel(run.id)


@pytest.mark.fault
@pytest.mark.parametrize(
    "fault",
    [
        lambda f: f.status("POST", CREATE, 503, times=1),
        lambda f: f.status("POST", CREATE, 429, retry_after=1, times=1),
        lambda f: f.reset("POST", CREATE, times=1, effect=True),
        lambda f: f.truncated("POST", CREATE, times=1),
        lambda f: f.status("POST", CREATE, 500, times=1, effect=True),
    ],
    ids=["503", "429", "made, then reset", "made, answer broken off", "made, then 500"],
)
def test_one_submission_makes_one_run(azure: AzureDouble, ws: AzureWorkspace, fault: Callable[..., object]) -> None:
    """A2: whatever happens to the answer, one submission makes exactly one run, and it is the one that is returned."""
    fault(azure.faults)
    run = ws.submit("aml-experiment", QUICK)
    assert [r.id for r in ws.runs()] == [run.id]
    ws.cancel(run.id)


@pytest.mark.fault
def test_a_service_that_stays_down_starts_nothing(azure: AzureDouble, ws: AzureWorkspace) -> None:
    """A2: when the run cannot be made after three attempts, a sentence says so and there is no run."""
    fault = azure.faults.status("POST", CREATE, 503, times=100)
    with pytest.raises(BackendUnavailable, match="503"):
        ws.submit("aml-experiment", QUICK)
    azure.faults.clear()
    assert fault.struck == 3
    assert list(ws.runs()) == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"experiment_timeout_minutes": 14}, "experiment_timeout_minutes"),
        ({"experiment_timeout_minutes": 20.5}, "experiment_timeout_minutes"),
        ({"iteration_timeout_minutes": 0.5}, "iteration_timeout_minutes"),
        ({"iteration_timeout_minutes": 30}, "iteration_timeout_minutes"),
        ({"random_state": 7}, "random_state"),
    ],
)
def test_what_azure_cannot_do_is_said_by_field(changes: dict[str, float], field: str) -> None:
    """A setting that Azure's AutoML does not take is named, and what it takes."""
    assert set(cannot(replace(QUICK, **changes))) == {field}  # type: ignore[arg-type]
    assert cannot(QUICK) == {}


def test_nothing_is_sent_for_a_setting_that_azure_cannot_do(azure: AzureDouble, ws: AzureWorkspace) -> None:
    """Too short a time limit is refused before anything is made: no cluster, no experiment, no run."""
    with pytest.raises(InvalidSettings, match="no less than 15 minutes"):
        ws.submit("aml-experiment", replace(QUICK, experiment_timeout_minutes=5))
    assert azure.journal.count("POST", CREATE) == 0
    assert azure.journal.count("POST", r"/experiments/") == 0


@pytest.mark.fault
@pytest.mark.parametrize("name", ["a", "1cluster", "x" * 25, "heart_cluster", "heart-"])
def test_a_bad_cluster_name_is_refused_before_azure_is_asked(azure: AzureDouble, ws: AzureWorkspace, name: str) -> None:
    """A4: a cluster name that Azure would not take is said with the rule, and no request is made."""
    azure.journal.calls.clear()
    with pytest.raises(InvalidSettings, match="2 to 24 letters"):
        ws.ensure_compute(ComputeSpec(name))
    assert azure.journal.calls == []


@pytest.mark.fault
def test_a_quota_that_is_used_up_tells_the_smaller_choice(azure: AzureDouble, ws: AzureWorkspace) -> None:
    """A4: a cluster that the quota has no room for is a sentence with Azure's reason and what to choose instead."""
    azure.computes.quota = 2
    with pytest.raises(QuotaExceeded, match="fewer cores or nodes"):
        ws.ensure_compute(ComputeSpec("large", vm_size="Standard_DS3_v2", min_nodes=1, max_nodes=3))
    assert [t.name for t in ws.compute_targets()] == ["heart-f-cluster"]


@pytest.mark.fault
def test_an_outage_is_not_taken_for_an_empty_workspace(azure: AzureDouble, ws: AzureWorkspace) -> None:
    """A data set that cannot be read because Azure is down is an outage, never "there is no such data set"."""
    azure.faults.status("GET", r"/dataset/v1.0/", 500, times=100)
    with pytest.raises(BackendUnavailable, match="answers 500"):
        ws.dataset("heart-failure-records")
    with pytest.raises(HfError, match="answers 500"):
        ws.submit("aml-experiment", QUICK)


def test_a_cluster_says_what_it_costs(ws: AzureWorkspace) -> None:
    """A cluster with a node that is always on says that it is billed while nothing runs; one without says it is not."""
    lesson = ws.ensure_compute(ComputeSpec("lesson"))
    idle = ws.ensure_compute(ComputeSpec("idle", min_nodes=0))
    assert "1 node is billed all the time" in lesson.detail
    assert "nothing while nothing runs" in idle.detail


def test_a_deleted_cluster_is_gone(ws: AzureWorkspace) -> None:
    """A cluster that is deleted on the clean-up page does not bill any more and is not listed."""
    ws.delete("compute", "heart-f-cluster")
    assert list(ws.compute_targets()) == []
