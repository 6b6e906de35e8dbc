"""The threshold that is kept with a registered model: a cut on the risk, and how it was chosen in words."""

from __future__ import annotations

from dataclasses import dataclass

from hfcore.reporting.threshold_choice import ThresholdChoice

DEFAULT = 0.5
UNASKED = "nobody has chosen one"


@dataclass(frozen=True)
class KeptThreshold:
    """The cut (0 to 1) and its words; `is_chosen` is False for the one that every model has until somebody chooses."""

    value: float = DEFAULT
    words: str = UNASKED
    is_chosen: bool = False


def kept(wish: ThresholdChoice | float | None) -> KeptThreshold:
    """Return what is kept of a wish. Raises InvalidInput when it is no probability."""
    if wish is None:
        return KeptThreshold()
    choice = wish if isinstance(wish, ThresholdChoice) else ThresholdChoice(float(wish), detail="set by hand")
    return KeptThreshold(choice.value, choice.detail or choice.rule, is_chosen=True)
