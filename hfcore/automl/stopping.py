"""When a search has seen enough: Azure's early stopping and the exit score, decided in plan order only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hfcore.automl.settings import AutoMLSettings

LEAST_TRIALS = 20
PATIENCE = 10


@dataclass(frozen=True)
class StoppingRule:
    """Stop after trial k when its score reaches the exit score, or when trials k-9 to k brought no better best.

    The rule looks at trials in the order of their numbers, never of their ends, so it stops at the same
    trial however many are worked on at once.
    """

    early: bool
    exit_score: float | None = None

    @classmethod
    def of(cls, settings: AutoMLSettings) -> StoppingRule:
        """Return the rule that the settings ask for."""
        return cls(settings.enable_early_stopping, settings.experiment_exit_score)

    def stop(self, scores: Sequence[float | None]) -> int | None:
        """Return the number of the last trial that belongs to the search, or None while it goes on.

        Args:
            scores: Scores of trials 1, 2, ... without a gap; None for a trial that did not end well.
        """
        best, improved_at = float("-inf"), 0
        for number, score in enumerate(scores, start=1):
            if score is not None and score > best:
                best, improved_at = score, number
            if self.exit_score is not None and best >= self.exit_score:
                return number
            if self.early and number >= LEAST_TRIALS and number - improved_at >= PATIENCE:
                return number
        return None

    def certain(self, known: int, planned: int) -> int:
        """Return up to which number trials belong to the search for certain, when the first `known` did not stop it."""
        if self.exit_score is not None:
            return min(known + 1, planned)
        return min(max(known + 1, LEAST_TRIALS), planned) if self.early else planned
