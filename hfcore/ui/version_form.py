"""What is said about one registered version, and the form that changes it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from hfcore.records import CHALLENGER, CHAMPION, ModelVersion
from hfcore.ui import navigation, tags, version_words
from hfcore.ui.words import ago, exact, literal, size
from hfcore.workspace import Workspace

_ALIASES = (
    "An alias points at one version of a name: giving it to this one takes it from the other. The champion is shown first "
    "everywhere; the challenger is the one that may replace it."
)


def draw(ws: Workspace, models: Sequence[ModelVersion]) -> None:
    """Draw the choice of a version, its facts and its form."""
    known = {m.label: m for m in models}
    model = known[str(st.selectbox("Version", list(known), key="version-chosen", width=420))]
    st.markdown("  \n".join(facts(model)))
    navigation.link("model", "Its report", ":material/monitoring:", run=model.run_id, child=model.child_id)
    _form(ws, model, models)


def facts(model: ModelVersion) -> list[str]:
    """Return what is known about a version, a line each, in markdown."""
    origin = model.origin
    who = f" by {literal(model.registered_by)}" if model.registered_by else ""
    changed = f"; described anew {ago(model.changed_at)} by {literal(model.changed_by)}" if model.changed_at else ""
    libraries = ", ".join(f"{name} {version}" for name, version in origin.libraries.items())
    data = f"{origin.dataset}:{origin.dataset_version}, SHA-256 {origin.dataset_sha256[:12]}" if origin.dataset else ""
    lines = {
        "Registered": f"{exact(model.created_at)}{who}{changed}",
        "Threshold": version_words.threshold(model).removeprefix("threshold ") or "not known here",
        "Data set": literal(data) or "not known",
        "File": f"{size(model.size_bytes)}, SHA-256 {model.sha256[:12] or 'not known'}",
        "Trained with": literal(libraries) or "not known",
    }
    return [f"**{name}**: {value}" for name, value in lines.items()]


def _form(ws: Workspace, model: ModelVersion, models: Sequence[ModelVersion]) -> None:
    """Draw the form; its fields are new ones whenever the version is another or was changed by somebody."""
    key = f"{model.label}-{model.changed_at}"
    offered = dict.fromkeys((CHAMPION, CHALLENGER, *(a for m in models if m.name == model.name for a in m.aliases)))
    with st.form(f"version-form-{key}"):
        wanted = st.multiselect(
            "Known as", list(offered), list(model.aliases), key=f"version-aliases-{key}", accept_new_options=True, help=_ALIASES
        )
        description = st.text_area("Description", model.description, key=f"version-description-{key}", height=80)
        written = st.text_input(
            "Tags", tags.write(model.tags), key=f"version-tags-{key}", placeholder="team=cardiology, stage=test"
        )
        saved = st.form_submit_button("Save what is said about it", key=f"version-save-{key}", icon=":material/save:")
    if not saved:
        return
    read, wrong = tags.read(written or "")
    if wrong:
        st.error(literal(wrong["tags"]), icon=":material/error:")
        return
    ws.update_model(model, description=(description or "").strip(), tags=read, aliases=wanted)
    st.rerun()
