"""What is said about a registered version everywhere: its aliases, its threshold, and which one is the champion."""

from __future__ import annotations

from collections.abc import Sequence

from hfcore.records import CHAMPION, ModelVersion
from hfcore.ui.words import literal, percent


def champion(models: Sequence[ModelVersion]) -> ModelVersion | None:
    """Return the version to show first: the champion that was registered last, None when there is none."""
    return next((m for m in models if CHAMPION in m.aliases), None)


def foremost(models: Sequence[ModelVersion]) -> ModelVersion | None:
    """Return the champion, else the newest version, None when nothing is registered."""
    return champion(models) or next(iter(models), None)


def standing(model: ModelVersion) -> str:
    """Say what a version is: champion, challenger, or only registered."""
    return ", ".join(model.aliases) or "registered"


def cut(threshold: float) -> str:
    """Write a threshold as a percentage with as many decimals as it needs: 31 %, 31.5 %."""
    return percent(threshold, 0 if abs(threshold * 100 - round(threshold * 100)) < 1e-9 else 1)


def threshold(model: ModelVersion) -> str:
    """Say in markdown from which risk on a version predicts the outcome, "" when that is not known."""
    if model.threshold is None:
        return ""
    chosen = f" ({literal(model.threshold_rule)})" if model.threshold_rule else ""
    return f"threshold {cut(model.threshold)}{chosen}"
