"""Which columns of a table say how long each patient was observed and whether the patient died."""

from __future__ import annotations

from dataclasses import dataclass

from hfcore.datasets.schema import Column, Schema

TIME_NAME = "time"
GROUP = "follow-up"


@dataclass(frozen=True)
class FollowUp:
    """Names of the column of days under observation and of the yes/no column that is 1 for a death."""

    time: str
    event: str


def follow_up(schema: Schema) -> FollowUp | None:
    """Return both columns, or None when the table does not tell when something happened and whether.

    The time is the column `time`, else the first number in the group "follow-up"; the event is the outcome, else the first
    yes/no column of that group.
    """
    times = [c for c in schema if not c.is_label and c.kind in ("number", "integer") and c.group == GROUP]
    named = [c for c in schema if c.name == TIME_NAME and not c.is_label and c.kind in ("number", "integer")]
    events = [c for c in schema if _is_event(c)]
    found = (*named, *times)
    return FollowUp(found[0].name, events[0].name) if found and events else None


def _is_event(column: Column) -> bool:
    return column.kind == "boolean" and (column.is_label or column.group == GROUP)
