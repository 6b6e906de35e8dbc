"""Where a workspace stands, in one or two sentences."""

from __future__ import annotations

from collections.abc import Sequence

from hfcore.records import Endpoint, Run
from hfcore.states import EndpointState
from hfcore.ui.run_words import best_words, headline
from hfcore.ui.words import literal
from hfcore.workspace import Workspace


def sentence(ws: Workspace, runs: Sequence[Run], endpoints: Sequence[Endpoint]) -> str:
    """Say what is under way or what was found last, and what is in service, in markdown."""
    return f"{_search(ws, runs)} {_service(endpoints)}"


def _search(ws: Workspace, runs: Sequence[Run]) -> str:
    active = next((r for r in runs if r.state.is_active), None)
    if active is not None:
        return f"A run is under way. {headline(ws, active)}"
    scored = next((r for r in runs if r.best_score is not None), None)
    if scored is not None:
        return f"The latest result is {best_words(ws, scored)}."
    return "No run has given a result yet."


def _service(endpoints: Sequence[Endpoint]) -> str:
    live = [e for e in endpoints if e.state is EndpointState.HEALTHY]
    if not live:
        return "Nothing is in service." if not endpoints else "No endpoint answers at present."
    first = live[0]
    also = f" and {len(live) - 1} more" if len(live) > 1 else ""
    return f"In service: **{literal(first.name)}** with version {first.model_version}{also}."
