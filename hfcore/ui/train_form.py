"""The form of a run in three groups: data, search, where. What is typed stays when the page is left."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hfcore.automl.executors.targets import NOT_THERE
from hfcore.automl.settings import ALGORITHMS, PRIMARY_METRICS, AutoMLSettings
from hfcore.datasets.dataset import Dataset
from hfcore.datasets.schema import Column, Schema
from hfcore.errors import InvalidSettings
from hfcore.records import ComputeTarget, check_experiment_name
from hfcore.ui import cluster_form, data_sets, follow_up, train_more
from hfcore.ui.azure import is_azure
from hfcore.ui.metric_words import meaning
from hfcore.ui.words import literal
from hfcore.workspace import Workspace

DEFAULT_EXPERIMENT = "aml-experiment"
DEFAULT_MINUTES = 20
_KEEP: dict[str, Any] = {"persist_state": "session"}
_ADDRESS = " For a Ray cluster type its address: `ray://host:10001`."
_LABEL_KINDS = ("boolean", "category")


@dataclass
class Wish:
    """What the form says: experiment, data set, the values for AutoMLSettings, and where to write what is wrong."""

    experiment: str
    dataset: Dataset
    values: dict[str, Any]
    slots: dict[str, DeltaGenerator] = field(default_factory=dict)

    def settings(self) -> tuple[AutoMLSettings | None, Mapping[str, str]]:
        """Return the settings, or None and what is wrong with each field, all at once."""
        wrong: dict[str, str] = {}
        try:
            check_experiment_name(self.experiment)
        except InvalidSettings as error:
            wrong |= error.fields
        try:
            settings = AutoMLSettings(**self.values)
        except InvalidSettings as error:
            return None, wrong | error.fields
        if not self.features:
            wrong["excluded_columns"] = "Every column is left out; leave at least one in to learn from."
        return (None if wrong else settings), wrong

    @property
    def features(self) -> tuple[Column, ...]:
        """The columns that remain to learn from."""
        out = {*self.values["excluded_columns"], self.values["label_column_name"], self.values.get("weight_column_name")}
        return tuple(c for c in self.dataset.schema if c.name not in out)


def draw(ws: Workspace) -> Wish:
    """Draw the three groups and return what they say."""
    slots: dict[str, DeltaGenerator] = {}
    with st.container(border=True, key="group-data"):
        st.markdown("**Data**")
        dataset, values = _data(ws, slots)
    with st.container(border=True, key="group-search"):
        st.markdown("**Search**")
        experiment = _experiment(slots)
        values |= _search(is_azure(ws), slots)
        values |= train_more.draw(dataset, str(values["label_column_name"]), slots)
    with st.container(border=True, key="group-where"):
        st.markdown("**Where**")
        values |= _where(ws, slots)
    return Wish(experiment, dataset, values, slots)


def show_wrong(wish: Wish, wrong: Mapping[str, str]) -> None:
    """Write under each field what is wrong with it."""
    for name, sentence in wrong.items():
        if name in wish.slots:
            wish.slots[name].markdown(f":red[:material/error: {literal(sentence)}]")


_LESSONS = ComputeTarget(
    cluster_form.NAME,
    "Standard_D2_v2",
    0,
    3,
    "Not made yet",
    "It is made when the run starts, without idle nodes: it costs nothing while nothing runs.",
)


def _azure(name: str, sentence: str = "") -> str:
    return f"{sentence}\n\nAzure's name: `{name}`".strip()


def _data(ws: Workspace, slots: dict[str, DeltaGenerator]) -> tuple[Dataset, dict[str, Any]]:
    known = {d.name: d for d in data_sets.shipped_first(ws)}
    name = st.selectbox("Data set", list(known), 0, lambda n: f"{n} ({known[n].rows} rows)", key="train-dataset", **_KEEP)
    data = known[name]
    label = _label(data, slots)
    return data, {"label_column_name": label, "excluded_columns": _left_out(data, label, slots)}


def _label(data: Dataset, slots: dict[str, DeltaGenerator]) -> str:
    schema = data.schema
    own = schema.label.name if schema.label else None
    names = [c.name for c in schema if c.kind in _LABEL_KINDS or c.name == own] or list(schema.names)
    first = names.index(own) if own in names else 0
    help_text = _azure("label_column_name", "The outcome to predict.")
    label = st.selectbox(
        "Label", names, first, lambda n: _titled(schema, n), key=f"train-label-{data.name}", help=help_text, **_KEEP
    )
    slots["label_column_name"] = st.container()
    return str(label)


def _titled(schema: Schema, name: str) -> str:
    title = schema[name].title if name in schema else name
    return name if title == name else f"{title} ({name})"


def _left_out(data: Dataset, label: str, slots: dict[str, DeltaGenerator]) -> tuple[str, ...]:
    late = [n for n in follow_up.late_columns(data.schema) if n != label]
    out: list[str] = []
    if late:
        written = ", ".join(f"`{n}`" for n in late)
        if st.toggle(f"Leave out {written}", True, key=f"train-late-{data.name}", **_KEEP):
            out += late
        st.caption(follow_up.WHY)
    others = [n for n in data.schema.names if n not in (*late, label)]
    out += st.multiselect(
        "Other columns to leave out",
        others,
        format_func=lambda n: _titled(data.schema, n),
        key=f"train-excluded-{data.name}-{label}",
        placeholder="None",
        help=_azure("excluded_columns", "Columns that the models must not learn from."),
        **_KEEP,
    )
    slots["excluded_columns"] = st.container()
    return tuple(out)


def _experiment(slots: dict[str, DeltaGenerator]) -> str:
    name = st.text_input(
        "Experiment name",
        DEFAULT_EXPERIMENT,
        key="train-experiment",
        live=True,
        help="Keeps runs together. 3 to 36 characters: a letter or a digit first, then letters, digits, _ or -.",
        **_KEEP,
    )
    slots["experiment"] = st.container()
    return (name or "").strip()


def _search(afar: bool, slots: dict[str, DeltaGenerator]) -> dict[str, Any]:
    values: dict[str, Any] = {"primary_metric": _metric(slots)}
    with st.grid(2, min_column_width=170, key="train-limits"):
        with st.container():
            values["experiment_timeout_minutes"] = _minutes(slots)
        with st.container():
            values["max_concurrent_iterations"] = _concurrent(afar, slots)
    enough = "Azure stops when its scores get no better." if afar else "Stop when the last ten child runs brought nothing better."
    values["enable_early_stopping"] = st.toggle(
        "Stop early",
        True,
        key="train-early",
        help=_azure("enable_early_stopping", enough),
        **_KEEP,
    )
    values["allowed_models"] = _allowed(afar, slots)
    return values


def _metric(slots: dict[str, DeltaGenerator]) -> str:
    explained = "\n".join(f"- **{meaning(m).title}**: {meaning(m).sentence}" for m in PRIMARY_METRICS)
    chosen = st.selectbox(
        "Primary metric",
        PRIMARY_METRICS,
        format_func=lambda m: meaning(m).title,
        key="train-metric",
        help=_azure("primary_metric", f"The figure that decides which model is best.\n\n{explained}"),
        **_KEEP,
    )
    slots["primary_metric"] = st.container()
    return str(chosen)


def _minutes(slots: dict[str, DeltaGenerator]) -> int:
    minutes = st.number_input(
        "Time limit, minutes",
        1,
        10_080,
        DEFAULT_MINUTES,
        key="train-minutes",
        help=_azure("experiment_timeout_minutes", "No new child run starts after this time."),
        **_KEEP,
    )
    slots["experiment_timeout_minutes"] = st.container()
    return int(minutes)


def _concurrent(afar: bool, slots: dict[str, DeltaGenerator]) -> int:
    cores = os.cpu_count() or 1
    most = "the cluster has nodes" if afar else f"the {cores} processor cores of this machine"
    number = st.number_input(
        "Child runs at a time",
        1,
        64,
        min(2, cores),
        key="train-concurrent",
        help=_azure("max_concurrent_iterations", f"More than {most} brings nothing here."),
        **_KEEP,
    )
    slots["max_concurrent_iterations"] = st.container()
    return int(number)


def _allowed(afar: bool, slots: dict[str, DeltaGenerator]) -> tuple[str, ...] | None:
    empty = f"Leave it empty to {'let Azure choose' if afar else 'try all of them'}."
    chosen = st.multiselect(
        "Kinds of model",
        ALGORITHMS,
        key="train-allowed",
        placeholder="Azure chooses" if afar else f"All {len(ALGORITHMS)}",
        help=_azure("allowed_models", f"{empty} Two ensembles of the best are added at the end."),
        **_KEEP,
    )
    slots["allowed_models"] = st.container()
    return tuple(chosen) or None


def _where(ws: Workspace, slots: dict[str, DeltaGenerator]) -> dict[str, Any]:
    targets = {t.name: t for t in ws.compute_targets()}
    if is_azure(ws) and cluster_form.NAME not in targets:
        targets["local"] = _LESSONS
    chosen = st.selectbox(
        "Compute target",
        list(targets),
        format_func=lambda n: f"{targets[n].name}: {targets[n].vm_size}" if n in targets else n,
        accept_new_options=not is_azure(ws),
        key="train-compute",
        help=_azure("compute_target", "The machine that does the work." + ("" if is_azure(ws) else _ADDRESS)),
        **_KEEP,
    )
    _say_about(targets.get(chosen or ""))
    slots["compute_target"] = st.container()
    if is_azure(ws):
        cluster_form.draw(ws)
    return {"compute_target": (chosen or "").strip()}


def _say_about(target: ComputeTarget | None) -> None:
    """Say what a target is, or what it lacks."""
    if target is not None and target.detail:
        said = literal(target.detail)
        st.caption(f":orange[:material/warning: {said}]" if target.state == NOT_THERE else said)
