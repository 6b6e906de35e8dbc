"""The tab History: which requests were made from this page, without a value of any patient, and whether inputs have moved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import streamlit as st

from hfcore.errors import HfError
from hfcore.records import Endpoint
from hfcore.scoring.history import Asked, History
from hfcore.settings import Settings
from hfcore.ui import inputs_drift
from hfcore.ui.predict_place import Place
from hfcore.ui.table import table_height
from hfcore.ui.words import ago, count, exact, literal
from hfcore.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 200
MOST_ROWS = 12
ONE, BATCH = "one patient", "batch"
_UNNOTED = "history-unnoted"
_HOW = (
    "Kept on this machine, whichever backend scores; it only grows. It holds no values: the fingerprint is a keyed hash, with "
    "a secret of this home, the same again for the same patient. Requests of other programs are not listed here."
)


def note(
    ws: Workspace,
    endpoint: Endpoint,
    what: Sequence[Mapping[str, Any]] | bytes,
    kind: str = ONE,
    rows: int = 1,
    model: str | None = None,
    outcome: str = "answered",
    milliseconds: float = 0.0,
) -> None:
    """Add a request to the list; when that fails, the score stands all the same and the tab says what went wrong."""
    history = History(Settings.from_env().home)
    try:
        fingerprint = history.fingerprint(what)
        told = model or endpoint.label
        history.note(Asked(datetime.now(UTC), ws.name, endpoint.name, told, kind, rows, fingerprint, outcome, milliseconds))
    except HfError as error:
        st.session_state[_UNNOTED] = str(error)


def draw(place: Place) -> None:
    """Draw the list, newest first, and under it how far the inputs have moved from the training patients."""
    history, name = History(Settings.from_env().home), place.workspace.name
    found, total = history.latest(name, SHOWN), history.count(name)
    place.opening.markdown(opening(found, total))
    unnoted = st.session_state.get(_UNNOTED)
    if unnoted:
        st.warning(f"The last request could not be noted. {literal(unnoted)}", icon=":material/warning:")
    if found:
        st.dataframe(table(found), key="requests", hide_index=True, height=table_height(len(found), MOST_ROWS))
    st.caption(_HOW)
    st.markdown("**Are these patients like those the model was trained on?**")
    inputs_drift.draw(place.workspace, place.endpoint)


def opening(found: Sequence[Asked], total: int) -> str:
    """Say how many requests were made, and when the last one."""
    if not found:
        return "No request was made from this page yet."
    shown = f", the latest {len(found)} shown" if total > len(found) else ""
    last = f"the last one {ago(found[0].at)} to {literal(found[0].endpoint)}"
    return f"**{count(total, 'request')}** made from this page{shown}; {last}."


def table(found: Sequence[Asked]) -> pd.DataFrame:
    """Return the requests as text, with titles."""
    import pandas as pd

    rows = [
        (exact(a.at), a.endpoint, a.model, a.kind, a.rows, a.fingerprint[:12], f"{a.milliseconds:,.0f} ms", a.outcome)
        for a in found
    ]
    return pd.DataFrame(rows, columns=["When", "Endpoint", "Model", "What", "Rows", "Fingerprint", "Took", "Outcome"])
