"""Which versions an endpoint has had, which one gets the requests, and how another one takes over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from hfcore.errors import HfError
from hfcore.records import Deployment, DeploymentSpec, Endpoint, ModelVersion
from hfcore.states import DeploymentState, EndpointState
from hfcore.ui import once, smoke_check
from hfcore.ui.azure import is_azure
from hfcore.ui.guard import show
from hfcore.ui.states import plain
from hfcore.ui.table import ROW, table_height
from hfcore.ui.words import ago, exact, literal
from hfcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

_ONE_VERSION = (
    "A container instance serves one version. To serve another one, deploy it under a name of its own, move the callers, then "
    "delete this one."
)
_TEXT = st.column_config.TextColumn
_COLUMNS = {
    "number": st.column_config.NumberColumn("No.", width=40),
    "version": _TEXT("Version", width=160),
    "state": _TEXT("State", width=115),
    "share": _TEXT("Requests", width=70, help="The share of the requests that this version answers."),
    "by": _TEXT("Asked by", width=80),
    "since": st.column_config.DatetimeColumn("Since", width=125, format="distance"),
    "what": _TEXT("What happened", width=285),
}


def draw(ws: Workspace, endpoint: Endpoint) -> None:
    """Draw the versions with their traffic, the way back, and the form of an update."""
    st.markdown(sentence(endpoint))
    if not endpoint.deployments:
        st.caption(_ONE_VERSION if is_azure(ws) else "Nothing is known of its versions. Deploy another model under another name.")
        return
    _table(endpoint.deployments)
    if endpoint.state is EndpointState.TRANSITIONING or endpoint.update is not None:
        return
    if is_azure(ws):
        st.caption(_ONE_VERSION)
        return
    _way_back(ws, endpoint)
    _update(ws, endpoint)


def sentence(endpoint: Endpoint) -> str:
    """Say in markdown who answers the requests, since when, and what is kept to go back to."""
    served = f"**{literal(endpoint.label)}**"
    now = next((d for d in endpoint.deployments if d.state is DeploymentState.IN_SERVICE), None)
    since = f", since {ago(now.changed_at)}" if now else ""
    if endpoint.state not in (EndpointState.HEALTHY, EndpointState.UNHEALTHY):
        return f"No version answers requests at present; {served} was the last one asked for."
    kept = f" {literal(endpoint.rollback_to)} is kept to go back to." if endpoint.rollback_to else ""
    return f"{served} answers every request{since}.{kept}"


def _table(deployments: Sequence[Deployment]) -> None:
    st.dataframe(
        _frame(deployments),
        hide_index=True,
        height=table_height(len(deployments), 6),
        row_height=ROW,
        placeholder="",
        column_config=_COLUMNS,
        alt="Deployments of this endpoint, newest first",
    )


def _frame(deployments: Sequence[Deployment]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame([_row(d) for d in deployments], columns=list(_COLUMNS))


def _row(deployment: Deployment) -> dict[str, object]:
    return {
        "number": deployment.number,
        "version": deployment.label,
        "state": plain(deployment.state),
        "share": "100 %" if deployment.state is DeploymentState.IN_SERVICE else "0 %",
        "by": deployment.by,
        "since": deployment.changed_at,
        "what": deployment.message or f"Asked for {exact(deployment.created_at)}",
    }


def _way_back(ws: Workspace, endpoint: Endpoint) -> None:
    if endpoint.rollback_to is None:
        return
    last = once.last(f"rollback-last-{endpoint.name}")
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            f"Roll back to {literal(endpoint.rollback_to)}", key=f"rollback-{endpoint.name}", icon=":material/undo:"
        )
        st.caption("Takes a moment; callers notice nothing.", width="content")
    if pressed and not last.just_now:
        last.done()
        _ask(lambda: ws.rollback(endpoint.name))


def _update(ws: Workspace, endpoint: Endpoint) -> None:
    """Draw the form of an update: which version, whether it has passed its smoke test, and the button."""
    others = candidates(ws.models(), endpoint)
    if not others:
        st.caption("To update: register another version that takes the same variables. Address and keys stay as they are.")
        return
    known = {m.label: m for m in others}
    label = st.selectbox(
        "Update to", list(known), key=f"update-model-{endpoint.name}", format_func=lambda v: _written(known[v]), width=520
    )
    model = known[str(label)]
    verdict = smoke_check.draw(ws, model, f"update-{endpoint.name}")
    last = once.last(f"update-last-{endpoint.name}")
    pressed = st.button(
        f"Update to version {model.version}",
        key=f"update-{endpoint.name}",
        icon=":material/upgrade:",
        disabled=not verdict.passed,
        help=None if verdict.passed else "Live when this version has passed its smoke test.",
    )
    st.caption("It is started and checked beside the version in service, which answers until the new one takes over.")
    if pressed and not last.just_now:
        last.done()
        _ask(lambda: ws.deploy(model, _same(endpoint), wait=False))


def candidates(models: Sequence[ModelVersion], endpoint: Endpoint) -> list[ModelVersion]:
    """Return the registered versions that could take over: others than the present one, with the same variables."""
    others = [m for m in models if m.label != endpoint.label]
    return [m for m in others if not endpoint.features or m.features == endpoint.features]


def _same(endpoint: Endpoint) -> DeploymentSpec:
    """Return the deployment as it is, for another version."""
    return DeploymentSpec(
        name=endpoint.name,
        cpu_cores=endpoint.cpu_cores,
        memory_gb=endpoint.memory_gb,
        tags=endpoint.tags,
        description=endpoint.description,
        auth=endpoint.auth,
    )


def _written(model: ModelVersion) -> str:
    return f"{model.label}: {model.algorithm}"


def _ask(what: Callable[[], object]) -> None:
    """Do what was asked for and draw the page again, or say why it cannot be done."""
    try:
        what()
    except HfError as error:
        show(error)
    else:
        st.rerun()
