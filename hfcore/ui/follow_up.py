"""Whether a run learns from columns that nobody knows when a new patient is scored, said beside every score."""

from __future__ import annotations

from collections.abc import Sequence

from hfcore.datasets.schema import Schema
from hfcore.errors import DatasetNotFound
from hfcore.records import Run
from hfcore.workspace import Workspace

WITHOUT = "without follow-up time"
WITH = "with follow-up time"
WHY = (
    "How long a patient was followed is known only afterwards. A model that uses it looks better than it is "
    "and cannot be used for a new patient."
)


def late_columns(schema: Schema) -> tuple[str, ...]:
    """Return the columns, the label aside, that nobody knows when a new patient is scored."""
    return tuple(c.name for c in schema.features if not c.known_at_scoring)


def words(ws: Workspace, run: Run) -> str:
    """Say whether a run uses follow-up time; "" when its data set has no such column."""
    try:
        late = late_columns(ws.dataset(run.dataset, run.dataset_version).schema)
    except DatasetNotFound:  # deleted since; the run's own settings still tell what was left out
        late = ("time",)
    return _words(late, run.excluded_columns)


def _words(late: Sequence[str], excluded: Sequence[str]) -> str:
    if not late:
        return ""
    return WITHOUT if set(late) <= set(excluded) else WITH
