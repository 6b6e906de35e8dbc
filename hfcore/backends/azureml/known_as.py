"""What people say about a model version in Azure: description, tags, and aliases, which are tags of ours.

An alias holds the moment at which it was given, and of several versions that have it the last one counts. So moving it is one
request, and when nothing more gets through afterwards it is at its new place all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from hfcore.backends.azureml import run_facts
from hfcore.backends.azureml.dataset_tags import OURS
from hfcore.errors import ModelNotFound
from hfcore.records import ModelVersion

ALIAS = f"{OURS}alias."
CHANGED_AT, CHANGED_BY = f"{OURS}changed_at", f"{OURS}changed_by"


@dataclass(frozen=True)
class Change:
    """Who changes what; None leaves a thing as it is."""

    by: str
    description: str | None
    tags: Mapping[str, str] | None
    aliases: Sequence[str] | None


def aliases(models: Sequence[Any]) -> Mapping[tuple[str, int], tuple[str, ...]]:
    """Return the aliases in order by name and version, out of every version's tags."""
    last: dict[tuple[str, str], tuple[str, int]] = {}
    for model in models:
        for alias, moment in _given(model).items():
            at = (str(model.name), alias)
            last[at] = max(last.get(at, ("", 0)), (moment, int(model.version)))
    found: dict[tuple[str, int], tuple[str, ...]] = {}
    for (name, alias), (_, version) in sorted(last.items()):
        found[name, version] = (*found.get((name, version), ()), alias)
    return found


def _given(model: Any) -> dict[str, str]:
    return {k.removeprefix(ALIAS): str(v) for k, v in (model.tags or {}).items() if k.startswith(ALIAS)}


def last_change(model: Any) -> tuple[datetime | None, str]:
    """Return when a version's words were changed last, and by whom."""
    tags = model.tags or {}
    return run_facts.moment(tags.get(CHANGED_AT)), str(tags.get(CHANGED_BY) or "")


def change(versions: Sequence[Any], model: ModelVersion, says: Change) -> None:
    """Write a change to one of a name's versions, then take aliases that are not its own any more from the others."""
    target = next((m for m in versions if int(m.version) == model.version), None)
    if target is None:
        raise ModelNotFound(model.label, [f"{m.name}:{m.version}" for m in versions])
    before = _given(target)
    # Azure's SDK takes an empty description for none, so that the old one would stay.
    target.update(tags=_tags(target, says), description=None if says.description is None else says.description or " ")
    if says.aliases is None:
        return
    for other in versions:
        stale = [f"{ALIAS}{a}" for a in _given(other) if a in {*before, *says.aliases}]
        if other is not target and stale:
            other.update_tags_properties(remove_tags=stale)


def _tags(model: Any, says: Change) -> dict[str, str]:
    """Return every tag that a version has from now on, ours included."""
    now, old = datetime.now(UTC).isoformat(), {k: str(v) for k, v in (model.tags or {}).items()}
    theirs = {k: v for k, v in old.items() if not k.startswith(OURS)} if says.tags is None else _plain(says.tags)
    given = _given(model) if says.aliases is None else dict.fromkeys(says.aliases, now)
    ours = {k: v for k, v in old.items() if k.startswith(OURS) and not k.startswith(ALIAS)}
    return theirs | ours | {f"{ALIAS}{a}": at for a, at in given.items()} | {CHANGED_AT: now, CHANGED_BY: says.by}


def _plain(tags: Mapping[str, str]) -> dict[str, str]:
    return {str(k): str(v) for k, v in tags.items()}
