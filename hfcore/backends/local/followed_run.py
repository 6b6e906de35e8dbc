"""A run as somebody sees it who follows it in the store: its row, the child runs that have ended, and what they have left."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, select

from hfcore.backends.local.data import Datasets
from hfcore.backends.local.files import read_checked
from hfcore.backends.local.moves import UNFINISHED
from hfcore.backends.local.runs import run_record
from hfcore.backends.local.store import Store
from hfcore.backends.local.tables import children, runs
from hfcore.errors import HfError
from hfcore.records import Run
from hfcore.reporting.model_card import CardFacts, DataFacts, card, to_html, to_markdown
from hfcore.reporting.report import ModelReport
from hfcore.reporting.serial import report_from_json

PROGRAM = "Heart Failure Studio"


class FollowedRun:
    """What the store holds of one run, as of the last `look`."""

    record: Run
    children: Sequence[Row[Any]] = ()

    def __init__(self, store: Store, run_id: str) -> None:
        self._store, self._id = store, run_id
        self._pulse, self._moved = "", time.monotonic()

    def look(self) -> bool:
        """Read the run again; tell whether it is still there."""
        ended = (children.c.run_id == self._id) & children.c.state.not_in(UNFINISHED)
        with self._store.read() as connection:
            row = connection.execute(select(runs).where(runs.c.id == self._id)).one_or_none()
            self.children = connection.execute(select(children).where(ended).order_by(children.c.number)).all()
        if row is None:
            return False
        self.record = run_record(row)
        pulse = f"{row.state} {row.finished} {row.lease_beat}"
        self._pulse, self._moved = pulse, self._moved if pulse == self._pulse else time.monotonic()
        return True

    @property
    def has_ended(self) -> bool:
        """Whether nothing will be added any more."""
        return self.record.state.is_finished

    @property
    def still_for_s(self) -> float:
        """For how many seconds nothing has happened to it, its worker's heartbeat included."""
        return time.monotonic() - self._moved

    def winner(self) -> Row[Any] | None:
        """Return the best child run of a run that has ended with one."""
        return next((c for c in self.children if c.id == self.record.best_child_id), None)

    def report(self, child: Row[Any]) -> tuple[ModelReport, bytes]:
        """Return a child run's report, and its file. Raises ArtifactDamaged."""
        data = read_checked(self._store.home / child.report_file, child.report_sha256)
        return report_from_json(data), data

    def model(self, child: Row[Any]) -> bytes:
        """Return a child run's ONNX file. Raises ArtifactDamaged."""
        return read_checked(self._store.home / child.model_file, child.model_sha256)

    def model_card(self, report: ModelReport) -> tuple[str, str]:
        """Return the card of a child run as HTML and as Markdown."""
        table = Datasets(self._store).get(self.record.dataset, self.record.dataset_version)
        try:
            missing = {str(name): int(n) for name, n in table.to_pandas().isna().sum().items()}
        except HfError:  # the card says that the number is not known
            missing = None
        label = table.schema.label
        verbs = label.choices if label and label.choices and label.name == report.label_column else None
        facts = CardFacts(report, self.record, DataFacts.of(table, missing), datetime.now(UTC), PROGRAM)
        written = card(replace(facts, event=verbs[1], other=verbs[0]) if verbs else facts)
        return to_html(written), to_markdown(written)
