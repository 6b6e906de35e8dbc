"""The guardrails that Azure shows with a run: what was checked in its table and what was done about it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from hfcore.datasets.columns import MAX_DISTINCT_SHARE, MAX_LEVELS, ColumnPlan
from hfcore.datasets.guardrails import ALERTED, DONE, PASSED, Guardrail, class_balance

if TYPE_CHECKING:
    import pandas as pd


def run_guardrails(label: pd.Series[Any], plan: ColumnPlan, featurization: str) -> tuple[Guardrail, ...]:
    """Return Azure's three checks and one of constant columns, under Azure's names."""
    if featurization == "off":
        off = "featurization is off, so every column is used as it is."
        return (_balance(label), Guardrail("Featurization", ALERTED, off[0].upper() + off[1:]))
    return (_balance(label), _missing(plan), _high_cardinality(plan), _constant(plan))


def _balance(label: pd.Series[Any]) -> Guardrail:
    found = class_balance(label)
    return Guardrail("Class balancing detection", found.state, found.sentence, found.what_to_do)


def _missing(plan: ColumnPlan) -> Guardrail:
    name = "Missing feature values imputation"
    if not plan.gaps:
        return Guardrail(name, PASSED, "No value of a feature is missing.")
    filled = {n: count for n, count in plan.gaps.items() if n not in plan.levels}
    parts = [f"{sum(filled.values())} missing numbers are filled with the column's median: {_counted(filled)}."] if filled else []
    words = {n: count for n, count in plan.gaps.items() if n in plan.levels}
    parts += [f"{sum(words.values())} missing texts are a value of their own: {_counted(words)}."] if words else []
    return Guardrail(name, DONE, " ".join(parts), "Find out why they are missing; the reason may matter.")


def _high_cardinality(plan: ColumnPlan) -> Guardrail:
    name = "High cardinality feature detection"
    if plan.too_many:
        limit = f"more than {MAX_LEVELS} different texts, or different ones in more than {MAX_DISTINCT_SHARE:.0%} of the rows"
        return Guardrail(name, DONE, f"Left out: {_named(plan.too_many)}, with {limit.replace('%', ' %')}.")
    text = f" {len(plan.levels)} text columns are turned into yes/no columns." if plan.levels else ""
    return Guardrail(name, PASSED, f"No text column has too many different values.{text}")


def _constant(plan: ColumnPlan) -> Guardrail:
    name = "Constant column detection"
    gone = (*plan.constant, *plan.empty)
    if not gone:
        return Guardrail(name, PASSED, "Every feature varies.")
    return Guardrail(name, DONE, f"Left out, because the value is the same in every row: {_named(gone)}.")


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{name!r} {count}" for name, count in counts.items())


def _named(names: Iterable[str]) -> str:
    return ", ".join(repr(n) for n in names)
