"""Putting a model into service once per click, however fast the button is pressed."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hfcore.ui import deployment_form, once, script, sdk_script, show_code, smoke_check, work
from hfcore.ui.azure import is_azure
from hfcore.ui.deployment_form import Wish
from hfcore.ui.once import Last as Last
from hfcore.ui.words import count
from hfcore.workspace import Workspace


def button(ws: Workspace, action: DeltaGenerator, wish: Wish) -> None:
    """Draw the primary action; when it is pressed, start the deployment and draw the page again."""
    last = once.last("deploy-last")
    verdict = smoke_check.draw(ws, wish.model, "deploy")
    waiting = _waits_for(wish, verdict)
    pressed = action.button(
        f"Deploy version {wish.model.version}", key="deploy", type="primary", disabled=waiting is not None, help=waiting
    )
    spec, sending = wish.spec, work.of("deploy")
    if sending.future is None and (not pressed or spec is None or last.just_now):
        return
    if not is_azure(ws) and spec is not None:
        ws.deploy(wish.model, spec, wait=False)
    else:
        if spec is not None and pressed:
            sending.begin(f"sending the deployment {spec.name}", lambda: ws.deploy(wish.model, spec, wait=False))
        sending.wait()
    last.done()
    deployment_form.suggest_another_name()
    st.rerun()


def code(ws: Workspace, wish: Wish) -> None:
    """Show what deploys this version, as code; nothing while a field is wrong."""
    if wish.spec is None:
        return
    spec, model = wish.spec, wish.model
    chosen = f", entry_script={spec.entry_script!r}" if spec.entry_script else ""
    ours = (
        f"model = next(m for m in ws.models() if m.label == {model.label!r})\n"
        f"spec = hfcore.DeploymentSpec(\n    name={spec.name!r},\n    cpu_cores={spec.cpu_cores:g},\n"
        f"    memory_gb={spec.memory_gb:g},\n    tags={dict(spec.tags)!r},\n    description={spec.description!r},\n"
        f"    auth={spec.auth}{chosen},\n)\nendpoint = ws.deploy(model, spec)\nprint(endpoint.state, endpoint.scoring_uri)\n"
    )
    show_code.draw(ws, "deploy", script.step(ws, ours), sdk_script.found_again(model.label), sdk_script.deploy(spec))


def _waits_for(wish: Wish, verdict: smoke_check.Verdict) -> str | None:
    """Say what the button waits for, None when it is live."""
    if wish.spec is None:
        return f"{count(len(wish.wrong), 'entry', 'entries')} in the form below to put right first."
    if verdict.passed is None:
        return "The smoke test of this version is under way."
    return None if verdict.passed else "This version has failed its smoke test; the form below says why."
