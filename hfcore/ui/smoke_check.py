"""The smoke test of a registered model, made once in the background and shown before its button is live."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from dataclasses import dataclass

import streamlit as st

from hfcore.errors import HfError
from hfcore.records import ModelVersion, SmokeTest
from hfcore.ui.azure import is_azure
from hfcore.ui.words import count, literal
from hfcore.workspace import Workspace

_IN_AZURE = (
    "Before anything is sent, the entry script is tried here with the model where AutoML's runtime is installed; "
    "elsewhere only its form is checked."
)
REFRESH_S = 0.5
PATIENCE_S = 0.05


@dataclass(frozen=True)
class Verdict:
    """How a smoke test stands: `passed` None while it is under way; `sentence` says it in markdown."""

    passed: bool | None
    sentence: str


def of(ws: Workspace, model: ModelVersion) -> Verdict:
    """Return how the smoke test of a model stands; the first call starts it."""
    if type(ws).smoke_test is Workspace.smoke_test:
        return Verdict(
            True, _IN_AZURE if is_azure(ws) else "This version is checked when it is deployed, before it answers anybody."
        )
    future = _started(ws.name, model.label, model.sha256, lambda: ws.smoke_test(model))
    try:
        return _told(future.result(timeout=PATIENCE_S))
    except NotYet:
        return Verdict(None, f"Smoke test of {literal(model.label)} under way")
    except HfError as error:
        if error.retryable:
            _started.clear()  # type: ignore[attr-defined]
        return Verdict(False, literal(str(error)))


@st.cache_resource(show_spinner=False, max_entries=200)
def _started(workspace: str, label: str, sha256: str, _test: Callable[[], SmokeTest]) -> Future[SmokeTest]:
    return _pool().submit(_test)


@st.cache_resource(show_spinner=False)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="smoke-test")


def _told(found: SmokeTest) -> Verdict:
    patients = count(found.rows, "recorded patient")
    difference = "exactly" if found.difference == 0 else f"to within {found.difference:.1g}"
    return Verdict(True, f"Smoke test passed: {patients} scored {difference} as when the model was registered.")


def draw(ws: Workspace, model: ModelVersion, key: str) -> Verdict:
    """Draw how the smoke test stands; while it is under way the place looks again by itself. Return the verdict."""
    verdict = of(ws, model)
    with st.container(height=56, border=False, key=f"{key}-smoke"):
        st.fragment(_draw, run_every=REFRESH_S if verdict.passed is None else None)(ws, model, verdict.passed is None)
    return verdict


def _draw(ws: Workspace, model: ModelVersion, was_pending: bool) -> None:
    verdict = of(ws, model)
    if was_pending and verdict.passed is not None:
        st.rerun()
    if verdict.passed is None:
        st.caption(f":material/hourglass_top: {verdict.sentence}: it is opened and scores its recorded patients.")
    elif verdict.passed:
        st.caption(f":green[:material/check_circle:] {verdict.sentence}")
    else:
        st.markdown(f":red[:material/error: {verdict.sentence}]")
