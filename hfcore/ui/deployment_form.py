"""The short form of a new deployment: which model, under which name, how large, with a key or without."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hfcore.errors import InvalidSettings
from hfcore.records import CHALLENGER, CHAMPION, DeploymentSpec, Endpoint, ModelVersion
from hfcore.ui import session, version_words
from hfcore.ui.azure import is_azure
from hfcore.ui.registration import DEFAULT_NAME as DEFAULT_MODEL
from hfcore.ui.tags import read as read_written
from hfcore.ui.words import clock, literal, slug
from hfcore.workspace import Workspace

DEFAULT_NAME = "automl-hf-sdk"
_LONGEST = 28  # of 32, which leaves room for a number
_KEEP: dict[str, Any] = {"persist_state": "session"}


@dataclass(frozen=True)
class Wish:
    """What the form says: the model, its deployment when every field is right, and what is wrong with which field."""

    model: ModelVersion
    spec: DeploymentSpec | None
    wrong: Mapping[str, str]


def draw(ws: Workspace, models: Sequence[ModelVersion], endpoints: Sequence[Endpoint]) -> Wish:
    """Draw the form, write under each field what is wrong with it, and return what it says."""
    slots: dict[str, DeltaGenerator] = {}
    with st.grid(2, min_column_width=300, key="deployment-form"):
        with st.container():
            model = _model(models)
            _already_served(model, endpoints)
        with _field(slots, "name"):
            name = _name(endpoints, model.name)
        description = st.text_input("Description", key="deploy-description", placeholder="What it is for (optional)", **_KEEP)
        with _field(slots, "tags"):
            tags = st.text_input("Tags", key="deploy-tags", live=True, placeholder=_TAGS, **_KEEP)
        with _field(slots, "cpu_cores"):
            cores = _amount("Processor cores", 0.1, 16.0, "deploy-cores", _CORES)
        with _field(slots, "memory_gb"):
            memory = _amount("Memory, GB", 0.5, 64.0, "deploy-memory", _MEMORY)
    auth = st.toggle("Ask callers for a key", True, key="deploy-auth", help="Key authentication: auth_enabled in Azure.", **_KEEP)
    values = {"cpu_cores": cores, "memory_gb": memory, "description": (description or "").strip(), "auth": auth}
    values["entry_script"] = _entry_script(cores, memory) if is_azure(ws) else ""
    spec, wrong = read(name, tags or "", endpoints, **values)
    refused = ws.cannot(spec) if spec else {}
    spec, wrong = (None if refused else spec), {**wrong, **refused}
    for field, sentence in wrong.items():
        slots.get(field, st).markdown(f":red[:material/error: {literal(sentence)}]")
    return Wish(model, spec, wrong)


def _entry_script(cores: float, memory: float) -> str:
    """Let the reader choose who answers requests in Azure, and say what the service costs."""
    chosen = st.radio(
        "Entry script",
        list(_SCRIPTS),
        format_func=lambda name: _SCRIPTS[name],
        key="deploy-script",
        help="The program in the container that opens the model and answers requests.",
        **_KEEP,
    )
    size = "1 core" if cores == 1 else f"{cores:g} cores"
    st.caption(
        f":orange[:material/payments:] Billed per second for {size} and {memory:g} GB from the deployment until it is deleted. "
        "It takes Azure 10 to 30 minutes to start it. Deploying to ACI with SDK v1 is deprecated."
    )
    return str(chosen)


_SCRIPTS = {
    "generated": "AutoML's own, from the run: always classes at 50 %",
    "own": "Ours: obeys the threshold, reads “false” as false, gives probabilities",
}


def suggest_another_name() -> None:
    """Let the form suggest a free name when it is drawn next."""
    st.session_state.pop(_NAME, None)


@contextmanager
def _field(slots: dict[str, DeltaGenerator], name: str) -> Iterator[None]:
    """Hold a field and, under it, the place for what is wrong with it."""
    with st.container():
        yield
        slots[name] = st.container()


def _name(endpoints: Sequence[Endpoint], model: str) -> str:
    if _NAME not in st.session_state:
        st.session_state[_NAME] = free_name(endpoints, model)
    return (st.text_input("Endpoint name", key=_NAME, live=True, help=_NAME_RULE, **_KEEP) or "").strip()


def free_name(endpoints: Sequence[Endpoint], model: str = DEFAULT_MODEL) -> str:
    """Return the lesson's endpoint name, or one like the name of another model, numbered when it is in use."""
    taken = {e.name for e in endpoints}
    like = slug(model)
    like = like if like[:1].isalpha() else f"model-{like}"
    base = DEFAULT_NAME if model == DEFAULT_MODEL else like[:_LONGEST].strip("-")
    names = (base if i == 1 else f"{base}-{i}" for i in itertools.count(1))
    return next(name for name in names if name not in taken)


def _already_served(model: ModelVersion, endpoints: Sequence[Endpoint]) -> None:
    names = [literal(e.name) for e in endpoints if (e.model_name, e.model_version) == (model.name, model.version)]
    if names:
        st.caption(f"Already served by {', '.join(names)}.")


_NAME = "deploy-name"
_NAME_RULE = "3 to 32 lower-case letters, digits or hyphens, starting with a letter and not ending with a hyphen."
_TAGS = "team=cardiology, stage=test (optional)"
_CORES = "What the service may use: cpu_cores in Azure."
_MEMORY = "What the service may use: memory_gb in Azure."


def read(name: str, tags: str, endpoints: Sequence[Endpoint], **values: Any) -> tuple[DeploymentSpec | None, Mapping[str, str]]:
    """Return the deployment that the fields describe, or None and what is wrong with each field, all at once."""
    read_tags, wrong = read_written(tags)
    if any(e.name == name for e in endpoints):
        wrong["name"] = f"An endpoint called {name} exists already. Choose another name, or delete that endpoint first."
    try:
        spec = DeploymentSpec(name=name, tags=read_tags, **values)
    except InvalidSettings as error:
        return None, {**wrong, **error.fields}
    return (None if wrong else spec), wrong


def _amount(label: str, low: float, high: float, key: str, help_: str) -> float:
    return st.number_input(label, low, high, 1.0, 0.5, format="%g", key=key, help=help_, **_KEEP) or 0.0


def _model(models: Sequence[ModelVersion]) -> ModelVersion:
    known = {m.label: m for m in in_order(models)}
    wanted = session.chosen("model")
    key = "deploy-model"
    st.session_state[key] = wanted if wanted in known else next(iter(known))  # the address rules

    def remember() -> None:
        session.choose("model", st.session_state[key])

    chosen = st.selectbox("Model", list(known), key=key, format_func=lambda label: _written(known[label]), on_change=remember)
    return known[str(chosen)]


def in_order(models: Sequence[ModelVersion]) -> list[ModelVersion]:
    """Return the versions as they are offered: champions first, then challengers, then the others, each newest first."""
    rank = {CHAMPION: 0, CHALLENGER: 1}
    return sorted(models, key=lambda m: min((rank.get(a, 2) for a in m.aliases), default=2))


def _written(model: ModelVersion) -> str:
    known_as = f" ({', '.join(model.aliases)})" if model.aliases else ""
    cut = f", threshold {version_words.cut(model.threshold)}" if model.threshold is not None else ""
    note = ", uses follow-up time" if model.uses_follow_up_time else ""
    return f"{model.label}{known_as}: {model.algorithm}{cut}, {clock(model.created_at)}{note}"
