"""What Azure's run history says of a run and its children, as our records."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from hfcore.automl.settings import ALGORITHMS, PRIMARY_METRICS, AutoMLSettings
from hfcore.backends.azureml.data import OURS
from hfcore.backends.azureml.statuses import run_state
from hfcore.backends.azureml.translation import sentence_of
from hfcore.errors import InvalidSettings
from hfcore.records import ChildRun, Run
from hfcore.states import RunState

HIDDEN = f"{OURS}hidden"
BEST = "automl_best_child_run_id"
MANY = 1000  # iterations that nobody has bounded
UNKNOWN_LABEL = "unknown"


def facts(run: Any) -> dict[str, Any]:
    """Return the history's entry of a run, as the SDK keeps it."""
    entry: dict[str, Any] = run._run_dto
    return entry


def is_automl(entry: Mapping[str, Any]) -> bool:
    """Tell whether this is an AutoML run of its own, not one of its parts, and not hidden."""
    parent = entry.get("parent_run_id")
    return str(entry.get("run_type")) == "automl" and not parent and HIDDEN not in (entry.get("tags") or {})


def run_record(run: Any, children: Sequence[ChildRun]) -> Run:
    """Return a run as a record."""
    entry = facts(run)
    tags, properties = entry.get("tags") or {}, entry.get("properties") or {}
    state, phase = run_state(entry.get("status"))
    settings = settings_of(tags, properties)
    name, _, version = str(tags.get(f"{OURS}dataset", "")).rpartition(":")
    best = best_child(tags, children)
    finished = sum(c.state.is_finished for c in children)
    created = moment(entry.get("created_utc")) or moment(entry.get("start_time_utc")) or datetime.now(UTC)
    started = moment(entry.get("start_time_utc"))
    iterations = settings.iterations if settings.iterations < MANY else None
    return Run(
        id=str(run.id),
        experiment=str(run.experiment.name),
        state=state,
        settings=settings.to_dict(),
        dataset=name or "unknown",
        dataset_version=int(version) if version.isdigit() else 1,
        created_at=min(created, started) if started else created,
        started_at=started,
        ended_at=moment(entry.get("end_time_utc")) if state.is_finished else None,
        phase=phase,
        message=message_of(entry.get("error")) if state is RunState.FAILED else None,
        planned=finished if state.is_finished else iterations,
        finished=finished,
        best_child_id=best.id if best else None,
        best_algorithm=best.algorithm if best else None,
        best_score=best.score if best else None,
        attempts=1,
    )


def child_records(run: Any, children: Sequence[Any]) -> list[ChildRun]:
    """Return the pipelines that a run has tried, by number; its preparing steps are no pipelines."""
    metric = settings_of(facts(run).get("tags") or {}, facts(run).get("properties") or {}).primary_metric
    found = [_child(str(run.id), metric, facts(child)) for child in children if _is_pipeline(facts(child))]
    return sorted(found, key=lambda c: c.number)


def _is_pipeline(entry: Mapping[str, Any]) -> bool:
    properties = entry.get("properties") or {}
    return properties.get("runTemplate") == "automl_child" or "run_algorithm" in properties


def _child(run_id: str, metric: str, entry: Mapping[str, Any]) -> ChildRun:
    properties = entry.get("properties") or {}
    state, _ = run_state(entry.get("status"))
    started, ended = moment(entry.get("start_time_utc")), moment(entry.get("end_time_utc"))
    score = number(properties.get("score")) if state is RunState.COMPLETED else None
    return ChildRun(
        id=str(entry.get("run_id")),
        run_id=run_id,
        number=_iteration(properties, str(entry.get("run_id"))),
        algorithm=_algorithm(properties),
        state=state,
        score=score,
        metrics={} if score is None else {metric: score},
        seconds=(ended - started).total_seconds() if started and ended else None,
        started_at=started,
        ended_at=ended if state.is_finished else None,
        message=message_of(entry.get("error")) if state is RunState.FAILED else None,
    )


def _iteration(properties: Mapping[str, str], run_id: str) -> int:
    tail = re.search(r"_(\d+)$", run_id)
    told = str(properties.get("iteration", ""))
    return int(told) if told.isdigit() else int(tail[1]) if tail else 0


def _algorithm(properties: Mapping[str, str]) -> str:
    """Write a pipeline as Azure's studio does: preprocessor, algorithm."""
    parts = (properties.get("run_preprocessor") or "", properties.get("run_algorithm") or "Pipeline")
    return ", ".join(p for p in parts if p)


def best_child(tags: Mapping[str, str], children: Sequence[ChildRun]) -> ChildRun | None:
    """Return the child that Azure calls the best, else the one with the highest score, else None."""
    named = next((c for c in children if c.id == tags.get(BEST)), None)
    scored = [c for c in children if c.score is not None]
    return named or max(scored, key=lambda c: c.score or 0.0, default=None)


def settings_of(tags: Mapping[str, str], properties: Mapping[str, str]) -> AutoMLSettings:
    """Return what a run was asked for: as this app noted it, else as far as Azure's own record says."""
    try:
        if f"{OURS}settings" in tags:
            return AutoMLSettings.from_dict(json.loads(tags[f"{OURS}settings"]))
        return _read_azure(json.loads(properties.get("AMLSettingsJsonString") or "{}"), properties)
    except (ValueError, TypeError, InvalidSettings):
        return AutoMLSettings(label_column_name=UNKNOWN_LABEL)


def _read_azure(told: Mapping[str, Any], properties: Mapping[str, str]) -> AutoMLSettings:
    def chosen(name: str) -> tuple[str, ...] | None:
        listed = told.get(name)
        return tuple(a for a in ALGORITHMS if a in listed) or None if isinstance(listed, list) else None

    values: dict[str, Any] = {
        "label_column_name": told.get("label_column_name") or UNKNOWN_LABEL,
        "compute_target": str(told.get("compute_target") or properties.get("target") or "unknown"),
        "allowed_models": chosen("whitelist_models"),
        "blocked_models": chosen("blacklist_algos"),
    }
    same = ("experiment_timeout_minutes", "iterations", "max_concurrent_iterations", "enable_early_stopping")
    values |= {name: told[name] for name in same if told.get(name)}
    if told.get("primary_metric") in PRIMARY_METRICS:
        values["primary_metric"] = told["primary_metric"]
    if isinstance(told.get("n_cross_validations"), int):
        values["n_cross_validations"] = told["n_cross_validations"]
    return AutoMLSettings(**values)


def message_of(error: Any) -> str | None:
    """Return the sentence of an error that the history holds, in whichever form the SDK has it."""
    inner = error.get("error", error) if isinstance(error, Mapping) else getattr(error, "error", None)
    told = inner.get("message") if isinstance(inner, Mapping) else getattr(inner, "message", None)
    return f"{sentence_of(str(told))}." if told else None


def number(value: Any) -> float | None:
    """Return a figure that Azure sends as text, None for what is none."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def moment(value: Any) -> datetime | None:
    """Return a moment with its time zone, from whatever form the SDK has it in."""
    if isinstance(value, str) and value:
        text = re.sub(r"(\.\d{6})\d+", r"\1", value).replace("Z", "+00:00")
        try:
            value = datetime.fromisoformat(text)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
