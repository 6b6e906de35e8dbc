"""Scoring a table of patients at an endpoint: in order, with progress, refused rows set aside instead of stopping the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hfcore.errors import ScoringFailed
from hfcore.scoring.batch import ROWS_PER_REQUEST, Progress
from hfcore.scoring.client import ScoringClient
from hfcore.scoring.patient_table import Ready

MOST_REFUSED = 200
_UNUSABLE = 422


@dataclass
class Scores:
    """What came of a table: risk and label per row in the table's order (None where there is none), and why not.

    `threshold` is what the endpoint told, None when it told nothing; of more than two `classes` the likeliest is called, by no
    threshold.
    """

    risks: list[float | None]
    called: list[bool | None]
    problems: dict[int, str]
    model: str = ""
    threshold: float | None = None
    classes: int = 2
    milliseconds: float = 0.0
    stopped: bool = False

    @property
    def has_cut(self) -> bool:
        """True when a threshold calls the rows, told or not."""
        return self.classes <= 2

    @property
    def scored(self) -> int:
        """The number of rows that have a risk."""
        return sum(r is not None for r in self.risks)


@dataclass
class _Round:
    """One pass over a table."""

    client: ScoringClient
    ready: Ready
    scores: Scores
    refused: int = 0
    place: int = -1

    def score(self, first: int, rows: Sequence[dict[str, Any]]) -> None:
        """Score rows in one request; when some are refused, halve until these are alone. Raises what the client raises."""
        try:
            scored = self.client.score(rows)
        except ScoringFailed as error:
            if error.status != _UNUSABLE or self.refused >= MOST_REFUSED:
                raise
            self._halve(first, rows, error)
            return
        if self.place < 0:
            positive, labels = scored.positive_label, scored.labels
            self.place = labels.index(positive) if positive in labels else len(labels) - 1
            self.scores.model, self.scores.threshold = scored.model_version or "", scored.threshold
            self.scores.classes = len(labels)
        self.scores.milliseconds += scored.latency_ms
        yes = scored.labels[self.place]
        for at, (probabilities, label) in enumerate(zip(scored.probabilities, scored.predictions, strict=True), start=first):
            where = self.ready.places[at]
            self.scores.risks[where], self.scores.called[where] = probabilities[self.place], bool(label == yes)

    def _halve(self, first: int, rows: Sequence[dict[str, Any]], error: ScoringFailed) -> None:
        if len(rows) == 1:
            self.refused += 1
            self.scores.problems[self.ready.places[first]] = error.message
            return
        half = len(rows) // 2
        self.score(first, rows[:half])
        self.score(first + half, rows[half:])


def score_table(client: ScoringClient, ready: Ready, on_progress: Progress | None = None) -> Scores:
    """Score a table that is ready.

    Args:
        client: The endpoint's client.
        ready: The rows.
        on_progress: Called after every request with the rows dealt with and all that can be scored; returning False stops,
            and what was scored until then is returned.

    Raises:
        Unauthorized, EndpointUnreachable, ScoringFailed: as the client does, up to 200 refused rows aside.
    """
    scores = Scores([None] * ready.total, [None] * ready.total, dict(ready.problems))
    one = _Round(client, ready, scores)
    total = len(ready.rows)
    for first in range(0, total, ROWS_PER_REQUEST):
        one.score(first, ready.rows[first : first + ROWS_PER_REQUEST])
        done = min(first + ROWS_PER_REQUEST, total)
        if on_progress is not None and on_progress(done, total) is False and done < total:
            scores.stopped = True
            break
    return scores
