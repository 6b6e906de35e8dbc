"""The two outcomes of a data set in words: who died and who survived, or a label and its values."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import astuple, dataclass

from hfcore.datasets.schema import Schema
from hfcore.ui.words import literal

VERBS = ("survived", "died")
NEUTRAL = {("no", "yes"), ("false", "true"), ("0", "1")}


@dataclass(frozen=True)
class Outcome:
    """How the two outcomes are written: `event` and `other` as verbs, `who_event` and `who_other` after a noun."""

    event: str
    other: str
    who_event: str
    who_other: str

    @property
    def is_verb(self) -> bool:
        """True when the outcomes are verbs, as died and survived are."""
        return (self.other, self.event) == VERBS

    @property
    def did(self) -> str:
        """The event as patients are said to have had it: died; had diagnosis = malignant."""
        return self.event if self.is_verb else f"had {self.event}"

    def for_markdown(self) -> Outcome:
        """Return the words escaped for markdown, since a label's name comes from data."""
        return self._mapped(literal)

    def for_figure(self) -> Outcome:
        """Return the words escaped for a figure, whose texts understand some HTML."""
        return self._mapped(lambda text: html.escape(text, quote=False))

    def _mapped(self, escape: Callable[[str], str]) -> Outcome:
        return Outcome(*(escape(text) for text in astuple(self)))


def of(schema: Schema, label_column: str = "", positive_label: str = "1") -> Outcome:
    """Return the words for the outcome of a table, or for a label that the schema does not describe."""
    label = schema.label
    named = label is not None and label.choices is not None and label_column in ("", label.name)
    if label is not None and label.choices is not None and named and label.choices not in NEUTRAL:
        other, event = label.choices
        if label.choices == VERBS:
            return Outcome(event, other, f"who {event}", f"who {other}")
        event, other = f"{label.name} = {event}", f"{label.name} = {other}"
        return Outcome(event, other, f"with {event}", f"with {other}")
    name = label_column or (label.name if label else "the label")
    event, other = f"{name} = {positive_label}", f"{name} ≠ {positive_label}"
    return Outcome(event, other, f"with {event}", f"with {other}")
