"""AutoML's own service: takes what the SDK submits, has it trained in a process, and keeps the run's history meanwhile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.fakes.azure.exchange import Answer, Ask, Refusal, error_body
from tests.fakes.azure.history import RunRecord
from tests.fakes.azure.metrics import ACCURACY_TABLE, CONFUSION_MATRIX
from tests.fakes.azure.place import API, guid
from tests.fakes.azure.routes import route

if TYPE_CHECKING:
    from tests.fakes.azure.double import AzureDouble

ROOT = Path(__file__).parents[3]
_AT = "/jasmine/v1.0{ws}/experimentids/{experiment}"
_OVER = ("Completed", "Failed", "Canceled")
_TABLES = {"accuracy_table": ACCURACY_TABLE, "confusion_matrix": CONFUSION_MATRIX}


@dataclass
class Job:
    """One AutoML run at work: its process, the thread that listens to it, and the folder between them."""

    run: RunRecord
    settings: dict[str, Any]
    folder: tempfile.TemporaryDirectory[str]
    process: subprocess.Popen[str] | None = None
    listener: threading.Thread | None = None
    ended: threading.Event = field(default_factory=threading.Event)


class Jasmine:
    """Submits, trains, cancels. `held` keeps a submitted run in Preparing until it is released; `failure` makes runs fail."""

    def __init__(self, double: AzureDouble) -> None:
        self._double = double
        self.jobs: dict[str, Job] = {}
        self.held = False
        self.failure = ""

    @route("POST", API, _AT + "/validation")
    def validate(self, ask: Ask) -> Any:
        """Look at what is about to be submitted; an empty answer means that nothing is wrong with it."""
        settings = json.loads(ask.json["amlSettingsJsonString"])
        label, frame = settings.get("label_column_name"), self._double.datasets.frame(_saved_id(ask.json))
        if label in frame.columns:
            return Answer(None, 204)
        said = f"The label column {label!r} was not found in the training data."
        details = [{"code": "UserError", "message": said, "target": "label_column_name", "details": []}]
        return error_body("UserError", said) | {"error": {"code": "UserError", "message": said, "details": details}}

    @route("POST", API, _AT + "/run")
    def create(self, ask: Ask) -> Any:
        """Make a parent run and return its id; nothing is trained yet."""
        sent, history = ask.json, self._double.history
        run_id = f"AutoML_{guid()}"
        target = sent.get("target") or "local"
        run = history.add(run_id, history.experiment(ask["experiment"]), "automl", status="NotStarted", target=target)
        run.properties.update(_parent_properties(sent, run))
        run.tags.update(sent.get("tags") or {})
        self.jobs[run_id] = Job(run, json.loads(sent["amlSettingsJsonString"]), tempfile.TemporaryDirectory(prefix="azure-job-"))
        return Answer(json.dumps(run_id).encode(), 200, {"content-type": "application/json; charset=utf-8"})

    @route("POST", API, _AT + "/runs/{run}/submitSnapshotRun")
    def submit(self, ask: Ask) -> Any:
        """Set a parent run to work, once."""
        job = self._job(ask["run"])
        if job.run.status == "NotStarted":
            job.run.status, job.run.definition = "Preparing", (ask.json or {}).get("configuration")
            self._start(job)
        return {"runId": job.run.id, "validationResponse": None}

    @route("POST", API, _AT + "/cancelrun/{run}")
    @route("POST", API, _AT + "/cancel/{run}")
    def cancel(self, ask: Ask) -> Any:
        """Stop a run; the process ends a moment later, and with it the run."""
        job = self._job(ask["run"])
        if job.run.status not in _OVER:
            job.run.status = "CancelRequested"
            _end(job)
        return Answer(None, 200)

    def release(self) -> None:
        """Let runs go on that were held in Preparing."""
        with self._double.lock:
            self.held = False
            for job in self.jobs.values():
                if job.run.status == "Preparing" and job.process is None:
                    self._start(job)

    def close(self) -> None:
        """End every process and wait until it is gone."""
        for job in self.jobs.values():
            with self._double.lock:
                job.run.status = job.run.status if job.run.status in _OVER else "CancelRequested"
                _end(job)
            if job.listener is not None:
                job.listener.join(10)
            job.folder.cleanup()

    def _job(self, run_id: str) -> Job:
        if run_id not in self.jobs:
            raise Refusal(404, "UserError", f"Run {run_id} was not found")
        return self.jobs[run_id]

    def _start(self, job: Job) -> None:
        if self.held:
            return
        if self.failure:
            self._on_failed(job, {"message": self.failure})
            return
        folder = Path(job.folder.name)
        (folder / "order.json").write_text(json.dumps(job.settings))
        self._double.datasets.frame(job.run.properties["_double_dataset"]).to_parquet(folder / "table.parquet")
        command = [sys.executable, "-m", "tests.fakes.azure.training", str(folder)]
        with (folder / "errors.log").open("w") as errors:
            job.process = subprocess.Popen(
                command, cwd=ROOT, env=_environment(), stdout=subprocess.PIPE, stderr=errors, text=True
            )
        job.listener = threading.Thread(target=self._listen, args=(job, job.process), name=job.run.id, daemon=True)
        job.listener.start()

    def _listen(self, job: Job, process: subprocess.Popen[str]) -> None:
        """Turn what the process tells into the run's history."""
        with process.stdout as lines:  # type: ignore[union-attr]
            for line in lines:
                told = json.loads(line)
                with self._double.lock:
                    if job.run.status != "CancelRequested":
                        getattr(self, f"_on_{told.pop('event')}")(job, told)
        process.wait()
        with self._double.lock:
            self._settle(job)
        job.ended.set()

    def _on_plan(self, job: Job, told: dict[str, Any]) -> None:
        run, now = job.run, datetime.now(UTC)
        run.status, run.started = "Running", now
        for part in ("setup", "featurize"):
            child = self._child(run, part, "azureml.scriptrun", {"runTemplate": f"automl_{part}"})
            child.status, child.started, child.ended = "Completed", now, now
        run.properties["SetupRunId"], run.properties["FeaturizationRunId"] = f"{run.id}_setup", f"{run.id}_featurize"
        problem = {"dataset_samples": told["rows"], "dataset_features": told["columns"], "dataset_classes": told["classes"]}
        run.properties["ProblemInfoJsonString"] = json.dumps({**problem, "is_sparse": False, "subsampling": False})
        self._double.metrics.log(run.id, "experiment_status", "ModelSelection")
        self._double.metrics.log(run.id, "experiment_status_description", "Beginning model selection.")

    def _on_start(self, job: Job, told: dict[str, Any]) -> None:
        scaler, _, learner = told["algorithm"].rpartition(", ")
        spec = {"objects": [{"class_name": name, "spec_class": "sklearn", "param_args": [], "param_kwargs": {}} for name in
                            (scaler, learner) if name]}  # fmt: skip
        if spec["objects"]:
            spec["objects"][-1]["param_kwargs"] = told["parameters"]
        properties = {
            "runTemplate": "automl_child",
            "iteration": str(told["number"] - 1),
            "pipeline_id": "__AutoML_Ensemble__" if not scaler else guid(),
            "pipeline_spec": json.dumps(spec),
            "training_percent": "100",
            "run_preprocessor": scaler,
            "run_algorithm": learner,
            "primary_metric": job.run.properties["primary_metric"],
        }
        child = self._child(job.run, str(told["number"] - 1), "azureml.scriptrun", properties)
        child.status, child.started = "Running", datetime.now(UTC)

    def _on_child(self, job: Job, told: dict[str, Any]) -> None:
        child = self._double.history.runs[f"{job.run.id}_{told['number'] - 1}"]
        child.ended = datetime.now(UTC)
        if not told["well"]:
            child.status, child.error = "Failed", _error(told["message"] or "The pipeline failed.")
            return
        self._keep_files(child, Path(job.folder.name) / str(told["number"]))
        for name, value in told["metrics"].items():
            self._double.metrics.log(child.id, name, float(value))
        for name, kind in _TABLES.items():
            self._double.metrics.log(child.id, name, f"aml://artifactId/ExperimentRun/{child.container}/{name}", kind)
        child.properties |= _child_properties(child, told, job)
        child.status = "Completed"

    def _on_done(self, job: Job, told: dict[str, Any]) -> None:
        """Name the child run with the highest score, as Azure does, whichever our own engine would have taken."""
        run = job.run
        finished = [c for c in self._double.history.children(run) if "score" in c.properties]
        run.tags["automl_best_child_run_id"] = max(finished, key=lambda c: float(c.properties["score"])).id
        for name in ("score", "run_algorithm", "run_preprocessor", "iteration"):
            run.tags[f"{name}_000"] = ";".join(c.properties[name] for c in finished)
        run.status, run.ended = "Completed", datetime.now(UTC)

    def _on_failed(self, job: Job, told: dict[str, Any]) -> None:
        job.run.status, job.run.ended, job.run.error = "Failed", datetime.now(UTC), _error(told["message"])
        job.run.properties["errors"] = told["message"]

    def _settle(self, job: Job) -> None:
        """Give a run whose process has ended its last state."""
        if job.run.status in _OVER:
            return
        canceled = job.run.status == "CancelRequested"
        if not canceled:
            self._double.journal.stray(f"the training process died: {(Path(job.folder.name) / 'errors.log').read_text()[-2000:]}")
            job.run.error = _error("The compute node failed.")
        for run in (job.run, *self._double.history.children(job.run)):
            if run.status not in _OVER:
                run.status, run.ended = "Canceled" if canceled else "Failed", datetime.now(UTC)

    def _child(self, run: RunRecord, name: str, kind: str, properties: dict[str, str]) -> RunRecord:
        made = self._double.history.add(f"{run.id}_{name}", run.experiment, kind, parent=run, target=run.target)
        made.properties.update(properties)
        environment = {"name": "AzureML-AutoML", "version": self._double.environments.version}
        made.definition = {"script": "automl_driver.py", "target": run.target, "environment": environment}
        return made

    def _keep_files(self, child: RunRecord, folder: Path) -> None:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            name = path.relative_to(folder).as_posix()
            self._double.artifacts.put("ExperimentRun", child.container, name, path.read_bytes())


def _end(job: Job) -> None:
    if job.process is not None and job.process.poll() is None:
        job.process.kill()
    elif job.process is None and job.run.status == "CancelRequested":
        job.run.status, job.run.ended = "Canceled", datetime.now(UTC)


def _environment() -> dict[str, str]:
    """Return the environment of a compute node: nothing of the proxy, one thread."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return kept | {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}


def _saved_id(sent: Mapping[str, Any]) -> str:
    """Return which saved data set is to be trained on."""
    text = str(sent["dataPrepJsonString"]).replace('\\"', '"').replace("\\\\", "\\")
    return str(json.loads(text)["training_data"]["datasetId"])


def _parent_properties(sent: Mapping[str, Any], run: RunRecord) -> dict[str, str]:
    return {
        "num_iterations": str(sent.get("numIterations")),
        "training_type": "TrainFull",
        "acquisition_function": "EI",
        "primary_metric": str(sent.get("primaryMetric")),
        "train_split": str(sent.get("trainSplit") or 0),
        "acquisition_parameter": "0",
        "num_cross_validation": str(sent.get("numCrossValidation") or ""),
        "target": run.target,
        "AMLSettingsJsonString": str(sent["amlSettingsJsonString"]),
        "DataPrepJsonString": str(sent.get("dataPrepJsonString")),
        "EnableSubsampling": "False",
        "runTemplate": "AutoML",
        "azureml.runsource": "automl",
        "_aml_system_scenario_identification": "Remote.Parent",
        "ClientType": "SDK",
        "environment_cpu_name": "AzureML-AutoML",
        "environment_cpu_label": "prod",
        "root_attribution": "automl",
        "attribution": "AutoML",
        "Orchestrator": "AutoML",
        "snapshotId": "00000000-0000-0000-0000-000000000000",
        "_double_dataset": _saved_id(sent),
        **(sent.get("properties") or {}),
    }


def _child_properties(child: RunRecord, told: Mapping[str, Any], job: Job) -> dict[str, str]:
    at = f"aml://artifact/ExperimentRun/{child.container}/outputs"
    properties = {
        "score": repr(told["score"]),
        "score_table": "NaN",
        "fit_time": f"{told['seconds']:.6f}",
        "goal": f"{job.run.properties['primary_metric']}_max",
        "training_type": "MeanCrossValidation",
        "errors": "{}",
        "model_output_path": "outputs/model.pkl",
        "model_data_location": f"{at}/model.pkl",
        "model_name": f"{job.run.id.replace('_', '').replace('-', '')[:15]}{child.properties['iteration']}",
        "conda_env_data_location": f"{at}/conda_env_v_1_0_0.yml",
        "scoring_data_location": f"{at}/scoring_file_v_1_0_0.py",
        "scoring_data_location_v2": f"{at}/scoring_file_v_2_0_0.py",
        "pipeline_graph_version": "1.0.0",
        "model_exp_support": "True",
    }
    members = told["members"]
    if members:
        properties["ensembled_iterations"] = str([m["number"] - 1 for m in members])
        properties["ensembled_algorithms"] = str([m["algorithm"].rpartition(", ")[2] for m in members])
        properties["ensembled_run_ids"] = str([f"{job.run.id}_{m['number'] - 1}" for m in members])
        properties["ensemble_weights"] = str([m["weight"] for m in members])
    return properties


def _error(message: str) -> dict[str, Any]:
    return error_body("UserError", message)
