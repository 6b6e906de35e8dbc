"""Deleting things: in the order in which they hold each other, each failure told by name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hfcore.errors import HfError, NotFound
from hfcore.records import Resource
from hfcore.states import ACTIVE_RUN_STATES
from hfcore.ui import script, sdk_script, show_code
from hfcore.ui.words import count, literal, size
from hfcore.workspace import Workspace

KINDS = {"endpoint": "endpoint", "model": "model", "run": "run", "dataset": "data set", "compute": "compute target"}
_ORDER = tuple(KINDS)  # an endpoint holds a model, a run at work holds a data set and a compute target


@dataclass(frozen=True)
class Outcome:
    """What came of a deletion: what is gone, and why the rest is still there, by name."""

    gone: tuple[Resource, ...]
    kept: tuple[tuple[Resource, str], ...]


def in_order(resources: Sequence[Resource]) -> list[Resource]:
    """Return the things in the order in which they can be deleted."""
    return sorted(resources, key=lambda r: _ORDER.index(r.kind) if r.kind in _ORDER else len(_ORDER))


def is_at_work(resource: Resource) -> bool:
    """Tell whether this is a run that has not ended."""
    return resource.kind == "run" and resource.state in ACTIVE_RUN_STATES


def is_held(resource: Resource, chosen: Sequence[Resource]) -> bool:
    """Tell whether a thing stays even when everything chosen is deleted in order."""
    if resource.blocked_by is None or is_at_work(resource):
        return False
    words = set(re.findall(r"[\w-]+", resource.blocked_by))  # the reason names who holds it
    return not any(r.id in words for r in chosen if r is not resource)


def delete(ws: Workspace, resources: Sequence[Resource]) -> Outcome:
    """Delete each thing, a run at work after it was cancelled; go on with the rest when one cannot go."""
    gone: list[Resource] = []
    kept: list[tuple[Resource, str]] = []
    for resource in in_order(resources):
        try:
            _delete(ws, resource)
            gone.append(resource)
        except NotFound:
            gone.append(resource)  # somebody else was quicker, which is what was wanted
        except HfError as error:
            kept.append((resource, str(error)))
    return Outcome(tuple(gone), tuple(kept))


def _delete(ws: Workspace, resource: Resource) -> None:
    if is_at_work(resource):
        ws.cancel(resource.id)
    ws.delete(resource.kind, resource.id)


def code(ws: Workspace, removable: Sequence[Resource]) -> None:
    """Show what deletes everything that can go, as code; with Azure's SDK what bills."""
    ours = "".join(f"ws.delete({r.kind!r}, {r.id!r})\n" for r in in_order(removable)) or "print(ws.resources())\n"
    names = {kind: [r.id for r in removable if r.kind == kind] for kind in ("endpoint", "compute")}
    show_code.draw(ws, "cleanup", script.step(ws, ours), sdk_script.clean_up(names["endpoint"], names["compute"]))


def by_kind(resources: Sequence[Resource]) -> str:
    """Write how many of each kind there are: 2 runs, 1 model and 1 endpoint."""
    parts = [count(n, word) for kind, word in KINDS.items() if (n := sum(r.kind == kind for r in resources))]
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)


def told(outcome: Outcome) -> str:
    """Say what is gone and what is still there and why, in markdown."""
    freed = sum(r.size_bytes for r in outcome.gone)
    done = f"Deleted {by_kind(outcome.gone)}; {size(freed)} are free again." if outcome.gone else "Nothing was deleted."
    rest = [f"- **{literal(r.name)}** ({KINDS.get(r.kind, r.kind)}) is still there: {literal(why)}" for r, why in outcome.kept]
    return "\n".join([done, "", *rest]) if rest else done
