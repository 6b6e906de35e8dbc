"""The two outcomes of a data set in words: who died and who survived, or a label and its values."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import astuple, dataclass

from hfcore.datasets.schema import Schema
from hfcore.ui.words import inside, literal

VERBS = ("survived", "died")
NEUTRAL = {None, ("no", "yes"), ("false", "true"), ("0", "1")}
_YES = {"1", "1.0", "True", "true", "yes"}


@dataclass(frozen=True)
class Outcome:
    """How the two outcomes are written: `event` and `other` as verbs, `who_event` and `who_other` after a noun.

    `risk` is what the probability is a risk of: death during follow-up; "" when nobody knows.
    """

    event: str
    other: str
    who_event: str
    who_other: str
    risk: str = ""

    @property
    def question(self) -> str:
        """What a score answers: Risk of death during follow-up."""
        return f"Risk of {self.risk}" if self.risk else "Probability"

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
    label = schema.label if schema.label and label_column in ("", schema.label.name) else None
    words = None if label is None or label.choices in NEUTRAL else label.choices
    if label and words == VERBS:
        return Outcome(words[1], words[0], f"who {words[1]}", f"who {words[0]}", _risk(schema, inside(label.title)))
    name = label_column or (label.name if label else "the label")
    event, other = f"{name} = {positive_label}", f"{name} ≠ {positive_label}"
    if words:
        event, other = f"{name} = {words[1]}", f"{name} = {words[0]}"
    risk = event if label_column else ""
    if label:
        risk = _risk(schema, inside(label.title) if words is None and positive_label in _YES else event)
    return Outcome(event, other, f"with {event}", f"with {other}", risk)


def _risk(schema: Schema, what: str) -> str:
    return what + (" during follow-up" if "time" in schema else "")
