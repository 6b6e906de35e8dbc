"""A workspace in memory: every state a page can meet, made at once, without a process or a file."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hfcore.automl.settings import AutoMLSettings
from hfcore.datasets import shipped_dataset
from hfcore.datasets.dataset import Dataset, Source
from hfcore.datasets.schema import Schema
from hfcore.errors import DatasetNotFound, ModelNotFound, NotFound, NotSupported, ReportNotAvailable, RunNotFound, StillRunning
from hfcore.records import (
    ChildRun,
    ComputeSpec,
    ComputeTarget,
    DeploymentSpec,
    Endpoint,
    ModelVersion,
    Resource,
    Run,
    check_experiment_name,
)
from hfcore.reporting.kept_threshold import kept
from hfcore.states import EndpointState, RunState
from hfcore.workspace import DEFAULT_DATASET, Workspace

if TYPE_CHECKING:
    import pandas as pd

    from hfcore.reporting.report import ModelReport
    from hfcore.reporting.threshold_choice import ThresholdChoice

SETTINGS = AutoMLSettings(label_column_name="DEATH_EVENT", excluded_columns=("time",), max_concurrent_iterations=2)
CHILDREN = (
    ("StandardScalerWrapper, LogisticRegression", 0.762),
    ("MaxAbsScaler, LightGBM", 0.781),
    ("StandardScalerWrapper, SVM", 0.744),
    ("MinMaxScaler, RandomForest", 0.795),
    ("MaxAbsScaler, XGBoostClassifier", 0.774),
    ("StandardScalerWrapper, KNN", 0.702),
    ("MinMaxScaler, ExtremeRandomTrees", 0.789),
    ("VotingEnsemble", 0.803),
)


class MemoryWorkspace(Workspace):
    """Everything in lists. Tests fill `run_list`, `child_lists`, `model_list`, `endpoint_list` as they need."""

    def __init__(self) -> None:
        self.run_list: list[Run] = []
        self.child_lists: dict[str, list[ChildRun]] = {}
        self.model_list: list[ModelVersion] = []
        self.endpoint_list: list[Endpoint] = []
        self.dataset_list: list[Dataset] = [shipped_dataset()]
        self.log_texts: dict[str, str] = {}
        self.blocked: dict[str, str] = {}
        self._numbers = itertools.count(1)

    @property
    def name(self) -> str:
        """Tell this workspace from every other one."""
        return f"memory-{id(self)}"

    @property
    def backend(self) -> str:
        """Return the name that `connect` knows."""
        return "memory"

    def dataset(self, name: str = DEFAULT_DATASET, version: int | None = None) -> Dataset:
        """Return a data set by name."""
        for data in self.dataset_list:
            if data.name == name and version in (None, data.version):
                return data
        raise DatasetNotFound(name, [d.name for d in self.dataset_list])

    def datasets(self) -> Sequence[Dataset]:
        """Return every data set."""
        return tuple(self.dataset_list)

    def dataset_versions(self, name: str) -> Sequence[Dataset]:
        """Return every version of a data set."""
        return tuple(d for d in self.dataset_list if d.name == name) or (self.dataset(name),)

    def register_dataset(
        self,
        name: str,
        table: pd.DataFrame | str | Path,
        description: str = "",
        schema: Schema | None = None,
        source: Source | None = None,
    ) -> Dataset:
        """Refuse: the double keeps no tables."""
        raise NotSupported("The workspace in memory takes no tables.")

    def compute_targets(self) -> Sequence[ComputeTarget]:
        """Return this machine."""
        return (ComputeTarget("local", "this machine", 1, 1, "Ready", "2 cores"),)

    def ensure_compute(self, spec: ComputeSpec) -> ComputeTarget:
        """Refuse: there is one target."""
        raise NotSupported("The workspace in memory has one compute target.")

    def submit(self, experiment: str, settings: AutoMLSettings, dataset: str = DEFAULT_DATASET) -> Run:
        """Keep a waiting run."""
        check_experiment_name(experiment)
        self.dataset(dataset)
        return self.add_run(RunState.QUEUED, experiment=experiment, settings=settings, age_minutes=0)

    def run(self, run_id: str) -> Run:
        """Return a run."""
        for run in self.run_list:
            if run.id == run_id:
                return run
        raise RunNotFound(run_id, [r.id for r in self.run_list])

    def runs(self, experiment: str | None = None, limit: int | None = None) -> Sequence[Run]:
        """Return runs, newest first."""
        found = [r for r in self.run_list if experiment in (None, r.experiment)]
        return tuple(sorted(found, key=lambda r: r.created_at, reverse=True)[:limit])

    def children(self, run_id: str) -> Sequence[ChildRun]:
        """Return a run's children."""
        return tuple(self.child_lists[self.run(run_id).id])

    def cancel(self, run_id: str) -> Run:
        """Move an active run to CANCELED."""
        run = self.run(run_id)
        return self.change(run_id, state=RunState.CANCELED, ended_at=now()) if run.state.is_active else run

    def logs(self, run_id: str, tail: int = 500) -> str:
        """Return the end of a run's log."""
        return "\n".join(self.log_texts.get(self.run(run_id).id, "").splitlines()[-tail:])

    def report(self, run_id: str, child: str | None = None) -> ModelReport:
        """Refuse: the double computes nothing."""
        raise ReportNotAvailable(f"Run {self.run(run_id).id} has no report.")

    def register_model(
        self,
        run_id: str,
        child: str | None = None,
        name: str | None = None,
        description: str = "",
        tags: dict[str, str] | None = None,
        threshold: ThresholdChoice | float | None = None,
    ) -> ModelVersion:
        """Keep the best child's model."""
        run, version = self.run(run_id), len(self.model_list) + 1
        model = ModelVersion(
            name=name or "heart-failure-risk",
            version=version,
            sha256="0" * 64,
            run_id=run.id,
            child_id=child or str(run.best_child_id),
            algorithm=str(run.best_algorithm),
            features=self.dataset().schema.names[:-2],
            created_at=now(),
            size_bytes=48_213,
            description=description,
            threshold=kept(threshold).value,
            threshold_rule=kept(threshold).words,
        )
        self.model_list.insert(0, model)
        return model

    def update_model(
        self,
        model: ModelVersion,
        *,
        description: str | None = None,
        tags: Mapping[str, str] | None = None,
        aliases: Sequence[str] | None = None,
    ) -> ModelVersion:
        """Change what is said about a version; an alias leaves the other versions of the name."""
        said = {"description": description, "tags": tags, "aliases": aliases and tuple(aliases)}
        for i, known in enumerate(self.model_list):
            if known.name == model.name and aliases is not None:
                self.model_list[i] = replace(known, aliases=tuple(a for a in known.aliases if a not in aliases))
            if known.label == model.label:
                changes: dict[str, Any] = {k: v for k, v in said.items() if v is not None}
                self.model_list[i] = replace(known, changed_at=now(), **changes)
        return next(m for m in self.model_list if m.label == model.label)

    def models(self) -> Sequence[ModelVersion]:
        """Return models, newest first."""
        return tuple(self.model_list)

    def deploy(self, model: ModelVersion, spec: DeploymentSpec, wait: bool = True) -> Endpoint:
        """Keep a healthy endpoint."""
        if model not in self.model_list:
            raise ModelNotFound(model.label)
        endpoint = Endpoint(spec.name, EndpointState.HEALTHY, model.name, model.version, now(), "http://127.0.0.1:9/score")
        self.endpoint_list.append(endpoint)
        return endpoint

    def endpoints(self) -> Sequence[Endpoint]:
        """Return endpoints."""
        return tuple(self.endpoint_list)

    def endpoint_logs(self, name: str, tail: int = 500) -> str:
        """Return an empty log."""
        return self.endpoint(name) and ""

    def endpoint_keys(self, name: str) -> tuple[str, str]:
        """Return two keys."""
        self.endpoint(name)
        return "first", "second"

    def resources(self) -> Sequence[Resource]:
        """Return everything in the lists."""
        found = [
            Resource("endpoint", e.name, e.name, e.state, e.created_at, 2_000, f"serves {e.model_name}:{e.model_version}")
            for e in self.endpoint_list
        ]
        found += [
            Resource("model", m.label, m.label, "Registered", m.created_at, m.size_bytes, m.algorithm, aliases=m.aliases)
            for m in self.model_list
        ]
        found += [Resource("run", r.id, r.experiment, r.state, r.created_at, 90_000, r.id) for r in self.runs()]
        found += [
            Resource("dataset", d.name, d.name, "Ready", d.created_at, d.size_bytes, f"{d.rows} x {d.columns}")
            for d in self.dataset_list
        ]
        return tuple(replace(r, blocked_by=self.blocked.get(r.id)) for r in found)

    def delete(self, kind: str, resource_id: str) -> None:
        """Take one thing out of its list."""
        if resource_id in self.blocked:
            raise StillRunning(self.blocked[resource_id])
        lists: dict[str, tuple[list[Any], str]] = {
            "run": (self.run_list, "id"),
            "model": (self.model_list, "label"),
            "endpoint": (self.endpoint_list, "name"),
            "dataset": (self.dataset_list, "name"),
        }
        things, attribute = lists[kind]
        kept = [t for t in things if getattr(t, attribute) != resource_id]
        if len(kept) == len(things):
            raise NotFound(resource_id)
        things[:] = kept

    # -- what tests put in --------------------------------------------------------------------
    def add_run(self, state: RunState, children: int = 0, age_minutes: float = 10, **changes: Any) -> Run:
        """Keep a run in any state with its first children done."""
        number, created = next(self._numbers), now() - timedelta(minutes=age_minutes)
        settings: AutoMLSettings = changes.pop("settings", SETTINGS)
        run = Run(
            id=f"run-{number:05d}",
            experiment=changes.pop("experiment", "aml-experiment"),
            state=state,
            settings=settings.to_dict(),
            dataset=DEFAULT_DATASET,
            dataset_version=1,
            created_at=created,
            started_at=None if state is RunState.QUEUED else created + timedelta(seconds=1),
            ended_at=created + timedelta(seconds=190) if state.is_finished else None,
            planned=len(CHILDREN) if children else None,
        )
        self.run_list.append(run)
        self.child_lists[run.id] = []
        for _ in range(children):
            self.add_child(run.id)
        return self.change(run.id, **changes)

    def add_child(self, run_id: str, state: RunState = RunState.COMPLETED, message: str | None = None) -> ChildRun:
        """Keep the next child of a run and bring the run's own figures up to date."""
        children = self.child_lists[run_id]
        algorithm, score = CHILDREN[len(children) % len(CHILDREN)]
        done = state is RunState.COMPLETED
        folds = tuple(score + step for step in (-0.06, -0.03, 0.0, 0.03, 0.06)) if done else ()
        child = ChildRun(
            id=f"{run_id}_{len(children)}",
            run_id=run_id,
            number=len(children),
            algorithm=algorithm,
            state=state,
            score=score if done else None,
            fold_scores=folds,
            seconds=4.2 if state.is_finished else None,
            started_at=now(),
            message=message,
        )
        children.append(child)
        self._summarise(run_id)
        return child

    def _summarise(self, run_id: str) -> None:
        children = self.child_lists[run_id]
        scored = [c for c in children if c.score is not None]
        best = max(scored, key=lambda c: c.score or 0, default=None)
        self.change(
            run_id,
            finished=sum(c.state.is_finished for c in children),
            best_child_id=best and best.id,
            best_algorithm=best and best.algorithm,
            best_score=best and best.score,
        )

    def change(self, run_id: str, **changes: Any) -> Run:
        """Replace fields of a run."""
        index = next(i for i, r in enumerate(self.run_list) if r.id == run_id)
        self.run_list[index] = replace(self.run_list[index], **changes)
        return self.run_list[index]


def now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)
