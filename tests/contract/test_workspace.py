"""What every backend promises. A new backend passes this suite before a page sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from hfcore.automl.metrics import METRICS
from hfcore.datasets import load_heart_failure
from hfcore.datasets.dataset import Source
from hfcore.datasets.schema import Column, Schema
from hfcore.errors import (
    DatasetNotFound,
    EndpointNotFound,
    HfError,
    InvalidDataset,
    InvalidInput,
    InvalidSettings,
    ModelNotFound,
    NameTaken,
    NoEarlierVersion,
    NotFound,
    NotSupported,
    RunNotFound,
    StillRunning,
    Unauthorized,
    WaitTimedOut,
)
from hfcore.records import ComputeSpec, DeploymentSpec
from hfcore.reporting.threshold_choice import by_sensitivity
from hfcore.scoring.client import ScoringClient
from hfcore.states import EndpointState, RunState
from hfcore.workspace import Workspace
from tests.contract.conftest import Backend
from tests.finished import SHORT

LONG = replace(SHORT, iterations=1000, n_cross_validations=10, allowed_models=None, enable_early_stopping=False)


def test_the_shipped_table_is_there(empty: Workspace) -> None:
    """Every workspace knows the heart failure records, with schema and SHA-256, before anything was done."""
    dataset = empty.dataset()
    assert (dataset.name, dataset.rows, dataset.columns) == ("heart-failure-records", 299, 13)
    assert dataset.schema["age"].unit == "years"
    assert dataset.to_pandas().equals(load_heart_failure())
    assert [d.name for d in empty.datasets()] == [dataset.name]


def test_an_empty_workspace_has_nothing_else(empty: Workspace) -> None:
    """Before anything was done there are no runs, models or endpoints."""
    assert (list(empty.runs()), list(empty.models()), list(empty.endpoints())) == ([], [], [])


def test_a_table_is_registered_in_versions(empty: Workspace) -> None:
    """A registered table comes back unchanged, and registering its name again makes the next version."""
    table = pd.DataFrame({"x": [0.1, 2.5, -3.0], "y": [0, 1, 1]})
    first = empty.register_dataset("mine", table, "Three rows.")
    second = empty.register_dataset("mine", table * 2)
    assert (first.version, second.version, empty.dataset("mine").version) == (1, 2, 2)
    pd.testing.assert_frame_equal(empty.dataset("mine", 1).to_pandas(), table)


def test_a_table_keeps_what_was_said_of_it(empty: Workspace) -> None:
    """Kinds, units, the outcome, the file a table came from and who registered it are there again in another session."""
    table = pd.DataFrame({"weight": [70.5, 80.0, 61.5, 90.0], "smoker": [0, 1, 1, 0], "gone": [1, 0, 1, 0]})
    schema = Schema(
        (
            Column("weight", "weight", "number", "kg"),
            Column("smoker", "smoker", "boolean", low=0, high=1, choices=("no", "yes")),
            Column("gone", "gone", "boolean", low=0, high=1, choices=("no", "yes"), is_label=True, known_at_scoring=False),
        )
    )
    source = Source("clinic.csv", "a" * 64, 123, repairs=("Decimal commas were read as such.",))
    empty.register_dataset("clinic", table, schema=schema, source=source)
    found = empty.dataset("clinic")
    assert found.schema == schema
    assert found.source is not None
    assert (found.source.file, found.source.repairs) == (source.file, source.repairs)
    assert found.created_by
    assert found.created_at is not None


def test_a_description_that_does_not_fit_is_refused(empty: Workspace) -> None:
    """A description of other columns, of another kind or with a constant outcome is refused before anything is kept."""
    table = pd.DataFrame({"a": [1.5, 2.5], "b": [1, 1]})
    with pytest.raises(InvalidDataset, match="the table has 'a', 'b'"):
        empty.register_dataset("mine", table, schema=Schema((Column("a", "a", "number"),)))
    wrong = Schema((Column("a", "a", "boolean"), Column("b", "b", "integer", is_label=True)))
    with pytest.raises(InvalidDataset) as caught:
        empty.register_dataset("mine", table, schema=wrong)
    assert set(caught.value.fields) == {"a", "label"}
    with pytest.raises(DatasetNotFound):
        empty.dataset("mine")


def test_every_version_is_told_and_one_can_go_back(empty: Workspace) -> None:
    """All versions are listed, newest first; where the backend keeps a choice, an older one is current until the next one."""
    for factor in (1, 2):
        empty.register_dataset("mine", pd.DataFrame({"x": [1.5 * factor, 2.5]}))
    assert [d.version for d in empty.dataset_versions("mine")] == [2, 1]
    with pytest.raises(DatasetNotFound):
        empty.dataset_versions("missing")
    if empty.backend == "azureml":
        with pytest.raises(NotSupported, match="newest"):
            empty.choose_dataset_version("mine", 1)
        return
    assert empty.choose_dataset_version("mine", 1).version == 1
    assert [(d.name, d.version) for d in empty.datasets()] == [("heart-failure-records", 1), ("mine", 1)]
    assert empty.dataset("mine").to_pandas()["x"].tolist() == [1.5, 2.5]
    assert empty.register_dataset("mine", pd.DataFrame({"x": [9.5]})).version == 3
    assert empty.dataset("mine").version == 3


def test_a_bad_table_is_refused(empty: Workspace) -> None:
    """A table without rows and a name without letters are refused together."""
    with pytest.raises(InvalidDataset) as caught:
        empty.register_dataset(" ", pd.DataFrame({"x": []}))
    assert set(caught.value.fields) == {"name", "rows"}
    with pytest.raises(DatasetNotFound, match="heart-failure-records"):
        empty.dataset("mine")


def test_compute_is_got_or_created(empty: Workspace) -> None:
    """A compute target is made once; asking again returns it."""
    made = empty.ensure_compute(ComputeSpec("aml-hf", max_nodes=2))
    assert empty.ensure_compute(ComputeSpec("aml-hf", max_nodes=2)) == made
    assert made in empty.compute_targets()
    with pytest.raises(InvalidSettings):
        empty.ensure_compute(ComputeSpec("no", min_nodes=3, max_nodes=1))


def test_everything_wrong_with_a_submission_is_said_at_once(empty: Workspace) -> None:
    """A bad experiment name, label, column and compute target are all named, and no run is made."""
    settings = replace(SHORT, label_column_name="DEATH", excluded_columns=("tme",), compute_target="cluster")
    with pytest.raises(InvalidSettings) as caught:
        empty.submit("a b", settings)
    assert {"experiment", "label_column_name", "excluded_columns", "compute_target"} <= set(caught.value.fields)
    with pytest.raises(DatasetNotFound):
        empty.submit("an-experiment", SHORT, dataset="missing")
    assert list(empty.runs()) == []


@pytest.mark.parametrize(
    "ask",
    [
        lambda ws: ws.run("missing"),
        lambda ws: ws.children("missing"),
        lambda ws: ws.cancel("missing"),
        lambda ws: ws.logs("missing"),
        lambda ws: ws.wait("missing"),
        lambda ws: ws.report("missing"),
        lambda ws: ws.register_model("missing"),
        lambda ws: ws.delete("run", "missing"),
    ],
)
def test_an_unknown_run_is_not_found(empty: Workspace, ask: Callable[[Workspace], object]) -> None:
    """Every verb that takes a run says which run it does not know."""
    with pytest.raises(RunNotFound, match="missing"):
        ask(empty)


def test_a_completed_run_tells_what_it_did(backend: Backend) -> None:
    """A completed run has its times, its plan, its winner and the settings it was given."""
    run = backend.workspace.run(backend.run_id)
    children = backend.workspace.children(run.id)
    assert (run.state, run.experiment, run.message) == (RunState.COMPLETED, "short-run", None)
    assert run.settings == SHORT.to_dict()
    assert run.created_at <= run.started_at <= run.ended_at
    assert run.finished == len(children)
    best = next(c for c in children if c.id == run.best_child_id)
    assert (run.best_score, run.best_algorithm) == (best.score, best.algorithm)
    assert best.score == max(c.score for c in children if c.score is not None) or best.algorithm == "VotingEnsemble"


def test_child_runs_are_complete_and_in_order(backend: Backend) -> None:
    """Every child run has its algorithm in Azure's spelling, fold scores, every metric and its times."""
    children = backend.workspace.children(backend.run_id)
    assert [c.number for c in children] == sorted(c.number for c in children)
    assert {"VotingEnsemble", "StackEnsemble"} <= {c.algorithm for c in children}
    for child in children:
        assert child.state is RunState.COMPLETED, child.message
        assert child.run_id == backend.run_id
        if "fold scores" in backend.gives:
            assert child.score == pytest.approx(np.mean(child.fold_scores))
        else:
            assert child.fold_scores == ()
        assert set(child.metrics) == (set(METRICS) if "every metric of a child" in backend.gives else {"AUC_weighted"})
        assert child.seconds > 0
        assert child.started_at <= child.ended_at


def test_held_out_risks_are_those_of_the_report(backend: Backend) -> None:
    """Where a backend keeps predictions, they are told with the outcome and give the report's figures; else it says so."""
    if "held out" not in backend.gives:
        with pytest.raises(NotSupported, match="per patient"):
            backend.workspace.held_out(backend.run_id)
        return
    found = backend.workspace.held_out(backend.run_id)
    report = backend.workspace.report(backend.run_id)
    assert found.event.tolist() == load_heart_failure()["DEATH_EVENT"].astype(bool).tolist()
    assert np.mean((found.risk - found.event) ** 2) == pytest.approx(report.brier)
    with pytest.raises(RunNotFound):
        backend.workspace.held_out(backend.run_id, "nobody")


def test_the_report_is_that_of_the_best(backend: Backend) -> None:
    """Without a child's name the report is the winner's, with curves and the honest estimate; others have theirs."""
    run = backend.workspace.run(backend.run_id)
    report = backend.workspace.report(run.id)
    assert (report.run_id, report.child_id) == (run.id, run.best_child_id)
    assert report.metrics["AUC_weighted"] == pytest.approx(run.best_score)
    assert (report.rows, report.events, report.uses_follow_up_time) == (299, 96, False)
    assert set(report.metrics) == set(METRICS)
    if "honest estimate" in backend.gives:
        assert 0.5 < report.honest.low < report.honest.value < report.honest.high < 1
    else:
        assert (report.honest, report.intervals) == (None, {})
        assert report.honest_note
    simpler = ["logistic regression", "random forest of 500 trees", "the same risk for everyone"]
    assert [r.name for r in report.references] == (simpler if "references" in backend.gives else [])
    for reference in report.references[:2]:
        assert 0.6 < reference.auc.low < reference.auc.high < 0.95
        assert reference.auc_difference.low < reference.auc_difference.value < reference.auc_difference.high
        assert reference.auc_difference.value == pytest.approx(report.honest.value - reference.auc.value, abs=1e-9)
    other = next(c for c in backend.workspace.children(run.id) if c.id != run.best_child_id)
    assert backend.workspace.report(run.id, other.id).honest is None
    assert backend.workspace.report(run.id, other.id).references == ()
    with pytest.raises(RunNotFound):
        backend.workspace.report(run.id, "missing")


def test_the_log_has_a_tail(backend: Backend) -> None:
    """The log tells what the run did, and only as many lines as were asked for."""
    whole = backend.workspace.logs(backend.run_id)
    assert backend.run_id in whole
    assert backend.workspace.logs(backend.run_id, tail=2) == "".join(whole.splitlines(keepends=True)[-2:])


def test_any_number_of_workspaces_see_the_same(backend: Backend) -> None:
    """A workspace opened again has the same name and sees the same run."""
    again = backend.reopen()
    assert (again.name, again.backend) == (backend.workspace.name, backend.workspace.backend)
    assert list(again.runs()) == list(backend.workspace.runs())


def test_runs_are_listed_newest_first(backend: Backend) -> None:
    """Runs come newest first, of one experiment when asked, and no more than asked for."""
    workspace = backend.workspace
    new = workspace.submit("another", LONG)
    try:
        assert [r.id for r in workspace.runs()] == [new.id, backend.run_id]
        assert [r.id for r in workspace.runs("short-run")] == [backend.run_id]
        assert [r.id for r in workspace.runs(limit=1)] == [new.id]
    finally:
        workspace.cancel(new.id)


def test_a_run_at_work_can_be_watched_and_cancelled(backend: Backend) -> None:
    """While a run works it can be waited for in vain, neither deleted nor registered, and cancelled at any time, twice."""
    workspace = backend.workspace
    run = workspace.submit("another", LONG)
    assert run.state.is_active
    with pytest.raises(WaitTimedOut):
        workspace.wait(run.id, timeout=0)
    with pytest.raises(StillRunning):
        workspace.delete("run", run.id)
    with pytest.raises(StillRunning):
        workspace.register_model(run.id)
    assert workspace.cancel(run.id).state is RunState.CANCELED
    ended = workspace.run(run.id)
    assert workspace.cancel(run.id) == ended
    assert ended.ended_at is not None


def test_cancelling_an_ended_run_changes_nothing(backend: Backend) -> None:
    """A completed run stays completed when it is cancelled."""
    before = backend.workspace.run(backend.run_id)
    assert backend.workspace.cancel(backend.run_id) == before


def test_what_exists_is_listed_and_can_be_deleted(backend: Backend) -> None:
    """The run is among the resources with its size; deleted, it is gone."""
    workspace = backend.workspace
    (run,) = [r for r in workspace.resources() if r.kind == "run"]
    assert (run.id, run.blocked_by, run.processes) == (backend.run_id, None, ())
    assert (run.size_bytes > 0) == ("sizes" in backend.gives)
    workspace.delete("run", run.id)
    assert [r.kind for r in workspace.resources() if r.kind == "run"] == []
    with pytest.raises(RunNotFound):
        workspace.run(run.id)


@pytest.mark.parametrize("kind", ["run", "model", "endpoint", "dataset", "compute"])
def test_deleting_the_unknown_is_refused(empty: Workspace, kind: str) -> None:
    """Deleting something that does not exist says so, for every kind."""
    with pytest.raises(NotFound, match="missing"):
        empty.delete(kind, "missing")


def test_a_model_is_registered_in_versions(backend: Backend) -> None:
    """The winner, and any other child run, becomes the next version of a name, with its SHA-256 and where it came from."""
    workspace = backend.workspace
    run = workspace.run(backend.run_id)
    other = next(c for c in workspace.children(run.id) if c.id != run.best_child_id)
    best = workspace.register_model(run.id, name="risk", description="The winner.", tags={"lesson": "1"})
    second = workspace.register_model(run.id, child=other.id, name="risk")
    assert [(m.name, m.version, m.child_id) for m in workspace.models()] == [
        ("risk", 2, other.id),
        ("risk", 1, run.best_child_id),
    ]
    assert (best.algorithm, best.description, best.tags) == (run.best_algorithm, "The winner.", {"lesson": "1"})
    assert best.features == tuple(c for c in load_heart_failure().columns if c not in ("time", "DEATH_EVENT"))
    assert best.parity <= 1e-6 if "parity" in backend.gives else best.parity is None
    assert len({best.sha256, second.sha256}) == 2
    assert not best.uses_follow_up_time


def test_a_threshold_belongs_to_a_version_for_good(backend: Backend) -> None:
    """A version keeps the threshold it was registered with, 0.5 without one, and its endpoint predicts by it."""
    workspace = backend.workspace
    first = workspace.register_model(backend.run_id)
    chosen = workspace.register_model(backend.run_id, threshold=by_sensitivity(workspace.report(backend.run_id).thresholds, 0.9))
    by_hand = workspace.register_model(backend.run_id, threshold=0.2)
    assert (first.threshold, by_hand.threshold, by_hand.threshold_rule) == (0.5, 0.2, "set by hand")
    assert 0 < chosen.threshold < 0.5
    assert chosen.threshold_rule == "sensitivity of at least 90 %"
    workspace.update_model(by_hand, description="The threshold stays.")
    assert [m.threshold for m in backend.reopen().models()] == [0.2, chosen.threshold, 0.5]
    with pytest.raises(InvalidInput, match=r"1\.2"):
        workspace.register_model(backend.run_id, threshold=1.2)
    assert len(workspace.models()) == 3
    patients = load_heart_failure().drop(columns=["DEATH_EVENT", "time"]).head(60).to_dict("records")
    spec = DeploymentSpec(name="contract-hf", entry_script="own" if workspace.backend == "azureml" else "")
    endpoint = workspace.deploy(by_hand, spec)
    try:
        assert endpoint.threshold == 0.2
        client = ScoringClient(endpoint)
        risk = np.asarray(client.predict_proba(patients))[:, 1]
        assert client.predict(patients) == (risk >= 0.2).astype(int).tolist()
        assert ((risk >= 0.2) & (risk < 0.5)).any(), "nobody lies between the two thresholds, so nothing was shown"
    finally:
        workspace.delete_endpoint(spec.name)


def test_what_is_said_about_a_version_can_be_changed(backend: Backend) -> None:
    """Description, tags and aliases change one by one; an alias points at one version of a name, and goes with it."""
    workspace = backend.workspace
    model = workspace.register_model(backend.run_id, description="First words.", tags={"lesson": "1"})
    assert (model.aliases, model.changed_at) == ((), None)
    assert model.registered_by
    assert (model.origin.dataset, model.origin.dataset_version) == ("heart-failure-records", 1)
    assert model.origin.dataset_sha256 == workspace.dataset().sha256
    changed = workspace.update_model(model, description="Second words.")
    assert (changed.description, changed.tags, changed.aliases) == ("Second words.", {"lesson": "1"}, ())
    assert changed.changed_at is not None
    assert changed.changed_by
    changed = workspace.update_model(model, tags={"ward": "3 <b>"}, aliases=["champion"])
    assert (changed.description, changed.tags, changed.aliases) == ("Second words.", {"ward": "3 <b>"}, ("champion",))
    (found,) = backend.reopen().models()
    assert found == changed
    assert replace(found, **dict.fromkeys(("description", "changed_by"), ""), tags=model.tags, aliases=(), changed_at=None) == (
        replace(model, description="")
    )
    emptied = workspace.update_model(model, description="", tags={}, aliases=[])
    assert (emptied.description, emptied.tags, emptied.aliases) == ("", {}, ())
    with pytest.raises(InvalidSettings, match="v2"):
        workspace.update_model(model, aliases=["v2"])
    with pytest.raises(ModelNotFound, match="heart-failure-risk:1"):
        workspace.update_model(replace(model, version=7), description="Nobody.")
    workspace.delete("model", next(r.id for r in workspace.resources() if r.kind == "model"))
    an_alias_points_at_one_version(backend)


def an_alias_points_at_one_version(backend: Backend) -> None:
    """Giving an alias to another version of a name moves it, and other names keep theirs."""
    workspace = backend.workspace
    first, second = (workspace.register_model(backend.run_id, name="risk") for _ in range(2))
    other = workspace.register_model(backend.run_id, name="other")
    for model in (first, other):
        workspace.update_model(model, aliases=["champion", "challenger"])
    workspace.update_model(second, aliases=["champion"])
    assert {m.label: m.aliases for m in backend.reopen().models()} == {
        "risk:1": ("challenger",),
        "risk:2": ("champion",),
        "other:1": ("challenger", "champion"),
    }
    held = {r.name: r for r in workspace.resources() if r.kind == "model"}
    assert held["risk:2"].aliases == ("champion",)
    workspace.delete("model", held["risk:2"].id)
    assert {m.label: m.aliases for m in workspace.models() if m.name == "risk"} == {"risk:1": ("challenger",)}


def test_a_model_is_put_into_service_and_taken_out(backend: Backend) -> None:
    """A deployed model answers over HTTP with its key, its name is taken meanwhile, it is found again, and goes when deleted."""
    workspace = backend.workspace
    model = workspace.register_model(backend.run_id)
    spec = DeploymentSpec(name="contract-hf", description="In service.", tags={"lesson": "1"})
    endpoint = workspace.deploy(model, spec)
    try:
        assert (endpoint.state, endpoint.name, endpoint.description) == (EndpointState.HEALTHY, spec.name, "In service.")
        assert (endpoint.model_name, endpoint.model_version) == (model.name, model.version)
        patients = load_heart_failure().drop(columns=["DEATH_EVENT", "time"]).head(3).to_dict("records")
        risk = np.asarray(ScoringClient(endpoint).predict_proba(patients))
        assert risk.shape == (3, 2)
        assert np.allclose(risk.sum(axis=1), 1)
        assert ScoringClient(endpoint).predict(patients) == risk.argmax(axis=1).tolist()
        with pytest.raises(NameTaken):
            workspace.deploy(model, spec)
        assert backend.reopen().endpoint(spec.name).scoring_uri == endpoint.scoring_uri
        primary, secondary = workspace.endpoint_keys(spec.name)
        assert primary != secondary
        assert primary not in repr(endpoint) + workspace.endpoint_logs(spec.name)
        (in_service,) = [r for r in workspace.resources() if r.kind == "model"]
        assert spec.name in str(in_service.blocked_by)
        with pytest.raises(StillRunning):
            workspace.delete("model", in_service.id)
    finally:
        workspace.delete_endpoint(spec.name)
    assert list(workspace.endpoints()) == []
    with pytest.raises(EndpointNotFound):
        workspace.endpoint_keys(spec.name)
    workspace.delete("model", in_service.id)
    assert list(workspace.models()) == []


def refuses(ask: Callable[[], object], kind: type[HfError]) -> bool:
    """Tell whether a backend refuses to do something at all; it must then say what to do instead."""
    try:
        ask()
    except kind as refusal:
        return bool(refusal.hint)
    return False


def test_another_version_takes_over_and_goes_back(backend: Backend) -> None:
    """An endpoint is updated at its address with its keys, tells its versions and goes back; or the backend says why not."""
    workspace = backend.workspace
    spec = DeploymentSpec(name="contract-hf")
    first, second = (workspace.register_model(backend.run_id) for _ in range(2))
    endpoint = workspace.deploy(first, spec)
    try:
        keys = workspace.endpoint_keys(spec.name)
        if refuses(lambda: workspace.deploy(second, spec), NameTaken):
            assert refuses(lambda: workspace.rollback(spec.name), NotSupported)
            return
        updated = workspace.endpoint(spec.name)
        assert (updated.state, updated.label, updated.rollback_to) == (EndpointState.HEALTHY, second.label, first.label)
        assert (updated.scoring_uri, workspace.endpoint_keys(spec.name)) == (endpoint.scoring_uri, keys)
        assert [d.label for d in updated.deployments] == [second.label, first.label]
        back = workspace.rollback(spec.name)
        assert (back.label, back.rollback_to, back.scoring_uri) == (first.label, None, endpoint.scoring_uri)
        with pytest.raises(NoEarlierVersion):
            workspace.rollback(spec.name)
        with pytest.raises(EndpointNotFound):
            workspace.rollback("missing")
    finally:
        workspace.delete_endpoint(spec.name)


def test_a_key_is_replaced_while_the_other_goes_on(backend: Backend) -> None:
    """A rotated key is a new one, the other stays, both score; or the backend says that it cannot."""
    workspace = backend.workspace
    spec = DeploymentSpec(name="contract-hf")
    workspace.deploy(workspace.register_model(backend.run_id), spec)
    try:
        old = workspace.endpoint_keys(spec.name)
        if refuses(lambda: workspace.rotate_key(spec.name, "primary"), NotSupported):
            return
        new = workspace.rotate_key(spec.name, "primary")
        assert workspace.endpoint_keys(spec.name) == (new, old[1])
        assert new not in old
        patient = load_heart_failure().drop(columns=["DEATH_EVENT", "time"]).head(1).to_dict("records")
        uri = str(workspace.endpoint(spec.name).scoring_uri)
        assert [len(ScoringClient(uri, key=key).predict(patient)) for key in (new, old[1])] == [1, 1]
        with pytest.raises(Unauthorized):
            ScoringClient(uri, key=old[0]).predict(patient)
        with pytest.raises(InvalidSettings):
            workspace.rotate_key(spec.name, "third")
    finally:
        workspace.delete_endpoint(spec.name)


def test_a_model_is_tried_out_before_it_serves(backend: Backend) -> None:
    """A registered model repeats its recorded predictions without being deployed; or the backend says that it cannot."""
    workspace = backend.workspace
    model = workspace.register_model(backend.run_id)
    if refuses(lambda: workspace.smoke_test(model), NotSupported):
        return
    found = workspace.smoke_test(model)
    assert found.rows > 0
    assert found.difference <= 1e-9
    assert list(workspace.endpoints()) == []
