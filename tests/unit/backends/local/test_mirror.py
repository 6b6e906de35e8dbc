"""The MLflow mirror: everything of a run is at a plain MLflow server, once, and the run never depends on it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from hfcore.backends.local import mirror, runs
from hfcore.backends.local.workspace import LocalWorkspace
from hfcore.records import ChildRun
from tests.finished import SHORT, FinishedRun
from tests.mlflow_server import INSTALL, mlflow_server, program
from tests.polling import until

MIRROR = [sys.executable, "-m", "hfcore.backends.local.mirror"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of an MLflow server that holds nothing yet."""
    if program() is None:
        pytest.skip(f"MLflow's server is not there; build it with {INSTALL}")
    (tmp_path / "mlflow").mkdir()
    with mlflow_server(tmp_path / "mlflow") as address:
        yield address


def start(finished: FinishedRun, uri: str, command: list[str] | None = None) -> subprocess.Popen[str]:
    """Start a mirror of the finished run."""
    env = {**os.environ, **mirror.LIMITS, "MLFLOW_TRACKING_URI": uri}
    arguments = [*(command or MIRROR), str(finished.home), finished.run_id]
    return subprocess.Popen(arguments, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def mirrored(finished: FinishedRun, uri: str) -> str:
    """Mirror the finished run to the end and return what was logged."""
    process = start(finished, uri)
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said
    return said


def written(uri: str) -> list[dict[str, Any]]:
    """Return every run at the server, asked without MLflow's client."""
    found = requests.get(f"{uri}/api/2.0/mlflow/experiments/get-by-name", {"experiment_name": "short-run"}, timeout=30)
    if found.status_code == 404:
        return []
    asked = {"experiment_ids": [found.json()["experiment"]["experiment_id"]], "max_results": 1000}
    answer = requests.post(f"{uri}/api/2.0/mlflow/runs/search", json=asked, timeout=30).json()
    return list(answer.get("runs", []))


def named(pairs: list[dict[str, Any]]) -> dict[str, Any]:
    return {p["key"]: p["value"] for p in pairs}


def files(uri: str, run: dict[str, Any], path: str = "") -> dict[str, int]:
    """Return the sizes of a run's files by path."""
    asked = {"run_id": run["info"]["run_id"], **({"path": path} if path else {})}
    listed = requests.get(f"{uri}/api/2.0/mlflow/artifacts/list", asked, timeout=30).json().get("files", [])
    found: dict[str, int] = {}
    for file in listed:
        found |= files(uri, run, file["path"]) if file["is_dir"] else {file["path"]: int(file["file_size"])}
    return found


def parted(uri: str) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
    """Return the runs of the app at the server, and the child runs by their id here."""
    everything = [(run, named(run["data"]["tags"])) for run in written(uri)]
    children = {tags["hf.child_id"]: run for run, tags in everything if "hf.child_id" in tags}
    parents = [run for run, tags in everything if "hf.child_id" not in tags]
    assert len(everything) == len(children) + len(parents)
    return parents, children


def test_a_run_is_at_the_server_once_even_when_its_mirror_was_killed(finished_home: FinishedRun, server: str) -> None:
    """A mirror that is killed on the way is followed by one that writes nothing twice; all of the run is there in the end."""
    first = start(finished_home, server)
    until(lambda: len(written(server)) > 1 or first.poll() is not None, 300, what="the first child run is at the server")
    first.kill()
    first.communicate()
    mirrored(finished_home, server)
    (parent,), children = parted(server)
    check_everything(finished_home.open(), finished_home.run_id, server, parent, children)
    folds = history(server, children, finished_home.open().children(finished_home.run_id)[0])
    assert folds == sorted(set(folds))


def history(uri: str, children: dict[str, dict[str, Any]], child: ChildRun) -> list[int]:
    """Return the steps at which a child run's fold scores were written."""
    asked = {"run_id": children[child.id]["info"]["run_id"], "metric_key": "fold_score"}
    metrics = requests.get(f"{uri}/api/2.0/mlflow/metrics/get-history", asked, timeout=30).json()["metrics"]
    return [int(m.get("step", 0)) for m in metrics]


def check_everything(
    ws: LocalWorkspace, run_id: str, uri: str, parent: dict[str, Any], children: dict[str, dict[str, Any]]
) -> None:
    """Compare what is at the server with what the store holds."""
    run, here = ws.run(run_id), ws.children(run_id)
    assert parent["info"]["status"] == "FINISHED"
    assert named(parent["data"]["tags"])["hf.run_id"] == run.id
    assert named(parent["data"]["params"])["primary_metric"] == run.primary_metric
    report = ws.report(run_id)
    assert named(parent["data"]["metrics"])["AUC_weighted"] == pytest.approx(report.metrics["AUC_weighted"])
    assert named(parent["data"]["metrics"])["honest_AUC"] == pytest.approx(report.honest and report.honest.value)
    assert set(children) == {c.id for c in here}
    for child in here:
        there = children[child.id]
        assert named(there["data"]["tags"])["mlflow.parentRunId"] == parent["info"]["run_id"]
        assert named(there["data"]["metrics"])["score"] == pytest.approx(child.score)
        assert there["info"]["status"] == "FINISHED"
    sizes = files(uri, parent)
    assert set(sizes) == {"report.json", "model-card.html", "model-card.md", "model/model.onnx"}
    assert sizes["model/model.onnx"] == ws.register_model(run_id).size_bytes - manifest_bytes(ws)


def manifest_bytes(ws: LocalWorkspace) -> int:
    """Return the size of the only registered model's manifest."""
    (path,) = (Path(ws.name.removeprefix("local:")) / "models").glob("*/model.json")
    return path.stat().st_size


def test_a_server_that_does_not_answer_harms_nothing(finished_home: FinishedRun) -> None:
    """The mirror says so once, gives up after its time, and the run and its files stay as they were."""
    code = "import sys; from hfcore.backends.local import mirror; mirror.PATIENCE_S = 0.0; sys.exit(mirror.main(sys.argv[1:]))"
    before = finished_home.open().run(finished_home.run_id)
    process = start(finished_home, "http://127.0.0.1:9", [sys.executable, "-c", code])
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 1
    assert said.count("MLflow does not take the run now") == 1
    assert "The mirror gives up" in said
    assert finished_home.open().run(finished_home.run_id) == before


def test_a_mirror_is_started_only_when_it_is_wanted(workspace: LocalWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an address nothing is started; with one, a process that gets MLflow's settings, which no worker gets."""
    seen: list[dict[str, str]] = []
    monkeypatch.setattr(mirror, "spawn_detached", lambda command, env, log: seen.append(dict(env)))
    monkeypatch.setattr(runs, "launch", lambda store, lease, processes, target: None)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    workspace.submit("an-experiment", SHORT)
    assert seen == []
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "secret")
    workspace.submit("an-experiment", SHORT)
    (env,) = seen
    assert (env["MLFLOW_TRACKING_TOKEN"], env["MLFLOW_HTTP_REQUEST_TIMEOUT"]) == ("secret", "10")
    from hfcore.backends.local.processes import plain_environment

    assert not any(name.startswith("MLFLOW_") for name in plain_environment())
