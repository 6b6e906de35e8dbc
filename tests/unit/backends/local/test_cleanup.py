from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import insert

from hfcore.backends.local import cleanup as module
from hfcore.backends.local.files import remove_tree, write_bytes
from hfcore.backends.local.processes import ProcessId
from hfcore.backends.local.tables import endpoints, models
from hfcore.backends.local.workspace import LocalWorkspace
from hfcore.errors import ComputeNotFound, DatasetNotFound, NotFound, RunNotFound, StillRunning
from hfcore.records import ComputeSpec, Resource
from tests.faultcheck import assert_store_sound
from tests.unit.backends.local.runs_in_store import add_child, add_run

ME = ProcessId.current()


@pytest.fixture
def workspace(home: Path) -> LocalWorkspace:
    return LocalWorkspace(home)


def one(workspace: LocalWorkspace, kind: str, name: str) -> Resource:
    (found,) = [r for r in workspace.resources() if r.kind == kind and r.name == name]
    return found


def test_a_new_home_has_only_what_was_shipped(workspace: LocalWorkspace) -> None:
    """In a new home the shipped data set is all there is; it cannot be deleted and says why."""
    (shipped,) = workspace.resources()
    assert (shipped.kind, shipped.size_bytes, shipped.processes) == ("dataset", 0, ())
    assert shipped.blocked_by is not None
    with pytest.raises(StillRunning, match="comes with the program"):
        workspace.delete("dataset", shipped.id)


def test_a_run_goes_with_its_files(workspace: LocalWorkspace, home: Path) -> None:
    """An ended run tells its size, and deleting it leaves neither its rows nor its files."""
    lease = add_run(workspace._store, state="COMPLETED")
    add_child(workspace._store, lease, 0, "COMPLETED")
    write_bytes(home / "runs" / lease.run_id / "children" / "0.1.npz", b"12345")
    run = one(workspace, "run", "an-experiment")
    assert (run.size_bytes, run.blocked_by, run.detail) == (5, None, "1 child run on heart-failure-records")
    workspace.delete("run", run.id)
    with pytest.raises(RunNotFound):
        workspace.children(run.id)
    assert list((home / "runs").iterdir()) == []
    assert_store_sound(home)


def test_a_run_at_work_is_not_deleted(workspace: LocalWorkspace) -> None:
    """A run at work shows its processes, and deleting it is refused with what to do first."""
    own = {"lease_pid": ME.pid, "lease_started": ME.started, "lease_claimed": True}
    lease = add_run(workspace._store, state="RUNNING", **own)
    assert one(workspace, "run", "an-experiment").blocked_by == "It is still at work; cancel it first."
    with pytest.raises(StillRunning, match="Cancel it first"):
        workspace.delete("run", lease.run_id)
    assert workspace.run(lease.run_id).state == "RUNNING"


@pytest.mark.fault
def test_an_interrupted_deletion_is_finished_or_undone(
    workspace: LocalWorkspace, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deletion cut short is finished at the next opening when the run was forgotten, and undone when it was not."""
    for number in (1, 2):
        lease = add_run(workspace._store, number, state="COMPLETED")
        write_bytes(home / "runs" / lease.run_id / "worker.log", b"log")
    monkeypatch.setattr(module, "remove_tree", lambda folder: None)
    workspace.delete("run", "AutoML_test-1")
    (home / "runs" / "AutoML_test-2").replace(home / "runs" / ".deleted-AutoML_test-2")
    monkeypatch.setattr(module, "remove_tree", remove_tree)
    LocalWorkspace(home)
    assert [p.name for p in (home / "runs").iterdir()] == ["AutoML_test-2"]
    assert workspace.logs("AutoML_test-2") == "log"


def test_a_registered_table_is_deleted_unless_a_run_reads_it(workspace: LocalWorkspace, home: Path) -> None:
    """A data set that a run at work needs is kept and says which run; otherwise it goes with its file."""
    kept = workspace.register_dataset("mine", pd.DataFrame({"a": [1, 2]}))
    found = one(workspace, "dataset", "mine:1")
    assert found.size_bytes == kept.size_bytes > 0
    own = {"lease_pid": ME.pid, "lease_started": ME.started, "lease_claimed": True}
    lease = add_run(workspace._store, state="RUNNING", dataset="mine", **own)
    with pytest.raises(StillRunning, match=lease.run_id):
        workspace.delete("dataset", found.id)
    workspace.cancel(add_run(workspace._store, 2, state="RUNNING").run_id)
    with workspace._store.write() as connection:
        connection.exec_driver_sql("UPDATE runs SET state = 'COMPLETED', ended_at = created_at")
    workspace.delete("dataset", found.id)
    assert list(home.rglob("*.csv")) == []
    with pytest.raises(DatasetNotFound):
        workspace.dataset("mine")


def test_a_compute_target_is_deleted_by_name(workspace: LocalWorkspace) -> None:
    """A stored compute target is listed and can be deleted once."""
    workspace.ensure_compute(ComputeSpec("aml-hf", max_nodes=2))
    workspace.delete("compute", one(workspace, "compute", "aml-hf").id)
    assert [t.name for t in workspace.compute_targets()] == ["local", "ray"]
    with pytest.raises(ComputeNotFound):
        workspace.delete("compute", "aml-hf")


def test_a_model_in_service_says_who_serves_it(workspace: LocalWorkspace, home: Path) -> None:
    """A model behind an endpoint names the endpoint; the endpoint shows its living processes and what it costs."""
    now = datetime.now(UTC)
    model = {"id": "m", "name": "risk", "version": 1, "sha256": "0", "manifest_sha256": "0", "folder": "models/m", "run_id": "r"}
    model |= {"child_id": "c", "algorithm": "SVM", "features": [], "metrics": {}, "size_bytes": 1, "created_at": now}
    endpoint = {"id": "e", "name": "live", "state": "HEALTHY", "model_name": "risk", "model_version": 1, "model_sha256": "0"}
    endpoint |= {"manifest_sha256": "0", "model_dir": "models/m", "cpu_cores": 1, "memory_gb": 1, "created_at": now}
    endpoint |= {"changed_at": now, "supervisor_pid": ME.pid, "supervisor_started": ME.started}
    with workspace._store.write() as connection:
        connection.execute(insert(models).values(model))
        connection.execute(insert(endpoints).values(endpoint))
    assert one(workspace, "model", "risk:1").blocked_by == "The endpoint live serves it; delete the endpoint first."
    live = one(workspace, "endpoint", "live")
    assert live.processes == (ME.pid,)
    assert live.running_cost is not None


def test_an_unknown_kind_is_refused(workspace: LocalWorkspace) -> None:
    """Deleting a kind of thing that does not exist lists the kinds that do."""
    with pytest.raises(NotFound, match="'endpoint'"):
        workspace.delete("cluster", "x")
