"""The registered models of a workspace: a child run's pickle under a version number, with where it came from."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import requests

from hfcore.automl.settings import AutoMLSettings
from hfcore.backends.azureml import artifacts, known_as, launch, run_facts, sdk, transport
from hfcore.backends.azureml.connection import Connection
from hfcore.backends.azureml.data import OURS, Datasets
from hfcore.backends.azureml.runs import Runs
from hfcore.errors import ExportFailed, InvalidSettings, ModelNotFound, StillRunning
from hfcore.records import ChildRun, ModelOrigin, ModelVersion, Run, checked_aliases
from hfcore.reporting.kept_threshold import KeptThreshold, kept
from hfcore.reporting.threshold_choice import ThresholdChoice
from hfcore.states import RunState

DEFAULT_NAME = "heart-failure-risk"
MODEL = "outputs/model.pkl"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,126}", re.ASCII)


class Models:
    """The registered models of one workspace."""

    def __init__(self, connection: Connection, runs: Runs, data: Datasets) -> None:
        self._connection, self._runs, self._data = connection, runs, data

    def register(
        self,
        run_id: str,
        child_id: str | None,
        name: str | None,
        description: str,
        tags: Mapping[str, str] | None,
        threshold: ThresholdChoice | float | None = None,
    ) -> ModelVersion:
        """Keep a child run's model, the best one's by default, as the next version of `name`.

        Raises:
            RunNotFound: no such run or child.
            StillRunning: the run has not finished, so its winner is not known.
            ExportFailed: the child run has left no model.
            InvalidInput: the name cannot be a model's, the threshold is no probability, or the model has several classes.
        """
        chosen, cut = _checked_name(name or DEFAULT_NAME), kept(threshold)
        run = self._runs.get(run_id)
        if child_id is None and run.state.is_active:
            raise StillRunning(f"Run {run_id} is still {run.state}, so its winner is not known.", "Wait until it has finished.")
        if child_id is None and run.best_child_id is None:
            raise ExportFailed(f"Run {run_id} has no child run with a model.", "Look at its log, or train again.")
        child = self._runs.chosen_child(run_id, child_id)
        if child.state is not RunState.COMPLETED:
            raise ExportFailed(f"Child run {child.number} has no model that could be kept. It is {child.state}.")
        doing = f"registering the model {chosen}"
        properties = self._properties(run, child) | self._threshold(run, cut)
        return self._connection.change(
            doing, lambda: self._register(run, child, chosen, description, dict(tags or {}), properties), "models", "resources"
        )

    def _register(
        self, run: Run, child: ChildRun, name: str, description: str, tags: dict[str, str], properties: dict[str, str]
    ) -> ModelVersion:
        sdk_run = self._runs.sdk_run(run.id, child.id) if child.id != run.best_child_id else self._best(run)
        path = str((run_facts.facts(sdk_run).get("properties") or {}).get("model_output_path") or MODEL)
        file = artifacts.file(sdk_run, path)
        if file is None:
            raise ExportFailed(f"Child run {child.number} has left no file {path}.", "Choose another child run.")
        content = file.read_bytes()
        token = uuid.uuid4().hex
        properties |= {"sha256": hashlib.sha256(content).hexdigest(), "bytes": str(len(content))}
        with transport.making("/models", _found_by(name, token)):
            model = sdk_run.register_model(
                model_name=name,
                model_path=path,
                tags=tags,
                properties={f"{OURS}{k}": v for k, v in {**properties, "token": token}.items()},
                description=description,
            )
        return model_version(model)

    def _best(self, run: Run) -> Any:
        """Return Azure's best child as the lesson does; never its fitted model, which would have to be unpickled."""
        parent = self._runs.sdk_run(run.id)
        if hasattr(parent, "get_best_child"):
            launch.automl()  # whose settings of the run open a log file
        best = parent.get_best_child() if hasattr(parent, "get_best_child") else None
        if best is None or best.id != run.best_child_id:
            return self._runs.sdk_run(run.id, run.best_child_id)
        return best

    def _properties(self, run: Run, child: ChildRun) -> dict[str, str]:
        settings = AutoMLSettings.from_dict(run.settings)
        out = {*settings.excluded_columns, settings.label_column_name, settings.weight_column_name}
        dataset = self._data.look(run.dataset, run.dataset_version)
        features = [n for n in dataset.schema.names if n not in out]
        score = {} if child.score is None else {run.primary_metric: child.score}
        return {
            "run_id": run.id,
            "child_id": child.id,
            "algorithm": child.algorithm,
            "features": json.dumps(features, separators=(",", ":")),
            "metrics": json.dumps(score),
            "dataset": dataset.name,
            "dataset_version": str(dataset.version),
            "dataset_sha256": dataset.sha256,
        }

    def _threshold(self, run: Run, cut: KeptThreshold) -> dict[str, str]:
        """Return the threshold as properties, which Azure never changes. Raises InvalidSettings where more classes may be."""
        label = self._data.look(run.dataset, run.dataset_version).schema[str(run.settings["label_column_name"])]
        if label.kind == "boolean" or (label.low, label.high) == (0, 1):
            return {"threshold": repr(cut.value), "threshold_rule": cut.words}
        if cut.is_chosen:
            sentence = f"A threshold is for two classes; {label.name!r} may have more, and then the likeliest one is given."
            raise InvalidSettings({"threshold": sentence})
        return {}

    def update(
        self, model: ModelVersion, description: str | None, tags: Mapping[str, str] | None, wanted: Sequence[str] | None
    ) -> ModelVersion:
        """Change what people say about a version; None leaves a thing as it is. Raises ModelNotFound, InvalidSettings."""
        given = None if wanted is None else checked_aliases(wanted)
        known = self.get(model.name, model.version)
        says = known_as.Change(self._connection.identity.words, description, tags, given)
        doing = f"changing what is said about {known.label}"
        self._connection.change(doing, lambda: known_as.change(self._versions(known.name), known, says), "models", "resources")
        return self.get(known.name, known.version)

    def _versions(self, name: str) -> Sequence[Any]:
        return list(sdk.load("azureml.core").Model.list(self._connection.workspace, name=name, expand=False))

    def list(self) -> Sequence[ModelVersion]:
        """Return every registered version, newest first."""
        return self._connection.ask(("models",), "reading the models", self._read)

    def _read(self) -> Sequence[ModelVersion]:
        core = sdk.load("azureml.core")
        listed = list(core.Model.list(self._connection.workspace, expand=False))
        aliases = known_as.aliases(listed)
        found = [model_version(m, aliases.get((str(m.name), int(m.version)), ())) for m in listed]
        return sorted(found, key=lambda m: (m.created_at, m.version), reverse=True)

    def get(self, name: str, version: int) -> ModelVersion:
        """Return one version. Raises ModelNotFound, which lists the known ones."""
        found = self.list()
        for model in found:
            if (model.name, model.version) == (name, version):
                return model
        raise ModelNotFound(f"{name}:{version}", [m.label for m in found])

    def sdk_model(self, model: ModelVersion) -> Any:
        """Return the SDK's object of a version; to be called inside a call."""
        listed = self._versions(model.name)
        found = next((m for m in listed if int(m.version) == model.version), None)
        if found is None:
            raise ModelNotFound(model.label, [f"{m.name}:{m.version}" for m in listed])
        return found

    def delete(self, label: str, users: Mapping[str, str]) -> None:
        """Delete a version, given as name:version. Raises ModelNotFound, StillRunning while an endpoint serves it."""
        name, _, version = label.rpartition(":")
        model = self.get(name, int(version) if version.isdigit() else 0) if name else self.get(label, 0)
        if label in users:
            raise StillRunning(f"The endpoint {users[label]!r} serves {label}.", "Delete the endpoint first.")
        doing = f"deleting the model {label}"
        self._connection.change(doing, lambda: self.sdk_model(model).delete(), "models", "resources")


def model_version(model: Any, aliases: Sequence[str] = ()) -> ModelVersion:
    """Return the SDK's model as a record; of one that another program registered, only what Azure knows."""
    told = {k.removeprefix(OURS): v for k, v in (model.properties or {}).items() if k.startswith(OURS)}
    features = tuple(json.loads(told.get("features") or "[]"))
    changed_at, changed_by = known_as.last_change(model)
    return ModelVersion(
        name=str(model.name),
        version=int(model.version),
        sha256=told.get("sha256", ""),
        run_id=told.get("run_id") or str(model.run_id or "").rpartition("_")[0],
        child_id=told.get("child_id") or str(model.run_id or ""),
        algorithm=told.get("algorithm") or str(model.model_framework or "Not known"),
        features=features,
        created_at=run_facts.moment(model.created_time) or _EPOCH,
        size_bytes=int(told.get("bytes") or 0),
        metrics=json.loads(told.get("metrics") or "{}"),
        uses_follow_up_time="time" in features,
        description=str(model.description or "").strip(),
        tags={k: str(v) for k, v in (model.tags or {}).items() if not k.startswith(OURS)},
        threshold=float(told["threshold"]) if told.get("threshold") else None,
        threshold_rule=told.get("threshold_rule", ""),
        aliases=tuple(aliases),
        registered_by=str(dict(model.created_by or {}).get("userName") or ""),
        changed_at=changed_at,
        changed_by=changed_by,
        origin=_origin(told),
    )


def _origin(told: Mapping[str, str]) -> ModelOrigin:
    """Return what is known of where a version came from; its settings and steps are the run's, which Azure keeps."""
    version = told.get("dataset_version", "")
    return ModelOrigin(
        dataset=told.get("dataset", ""),
        dataset_version=int(version) if version.isdigit() else None,
        dataset_sha256=told.get("dataset_sha256", ""),
    )


_EPOCH = datetime.fromtimestamp(0, UTC)


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        sentence = f"The model name {name!r} does not fit: up to 127 letters, digits, dots, hyphens or underscores."
        raise InvalidSettings({"name": sentence})
    return name


def _found_by(name: str, token: str) -> transport.Finder:
    """Return what looks for a registration of ours whose answer was lost."""

    def find(request: requests.PreparedRequest) -> requests.Response | None:
        base = str(request.url).partition("?")[0]
        listed = (transport.look_up(request, f"{base}?name={name}") or {}).get("value") or []
        made = [m for m in listed if (m.get("properties") or {}).get(f"{OURS}token") == token]
        return transport.answer(made[0]) if made else None

    return find
