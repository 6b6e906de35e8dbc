"""What an analyst should know about a table before training on it: passed, alerted or done, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from hfcore.datasets.columns import plan_columns
from hfcore.datasets.filled_in import filled_in_values
from hfcore.datasets.leakage import leakage
from hfcore.datasets.repeats import near_repeats, repeated_rows
from hfcore.datasets.schema import Column, Schema
from hfcore.datasets.validation import infer_schema
from hfcore.records import Guardrail as Guardrail

if TYPE_CHECKING:
    import pandas as pd

PASSED, ALERTED, DONE = "Passed", "Alerted", "Done"
MIN_MINORITY_SHARE = 0.2
MIN_EVENTS_PER_VARIABLE = 10
MOST_JUDGED = 100_000
MIN_NUMBERED = 20
MOST_NAMED = 8


def check_guardrails(
    frame: pd.DataFrame, label: str, schema: Schema | None = None, excluded: Iterable[str] = ()
) -> tuple[Guardrail, ...]:
    """Check a table that is to be trained on.

    Args:
        frame: The table, the label column included.
        label: The column to predict.
        schema: Units and ranges; inferred when not given.
        excluded: Columns that will be left out of the features.
    """
    schema = schema or infer_schema(frame)
    left_out = tuple(excluded)
    features = [c for c in frame.columns if c != label and c not in left_out]
    some = frame if len(frame) <= MOST_JUDGED else frame.sample(MOST_JUDGED, random_state=0)
    drawn = () if some is frame else (f" Judged by {MOST_JUDGED:,} rows drawn at random.",)
    return (
        _noted(leakage(some, label, schema, left_out), *drawn),
        class_balance(frame[label]),
        _events_per_variable(frame[label], features),
        _missing(frame[[*features, label]]),
        _constant(frame[features]),
        _identifiers(frame[features]),
        _duplicates(frame),
        _noted(_near_duplicates(some), *drawn),
        _out_of_range(frame, schema),
        _noted(_filled_in(some[features], schema), *drawn),
    )


def _noted(check: Guardrail, note: str = "") -> Guardrail:
    return replace(check, sentence=check.sentence + note)


def class_balance(label: pd.Series) -> Guardrail:
    """Check that the rarest outcome has at least a fifth of the rows."""
    counts = label.value_counts()
    if counts.empty:
        return Guardrail("Class balance", ALERTED, "There are no rows.", "Choose other rows.")
    share = float(counts.min() / counts.sum())
    sentence = f"The rarest outcome has {int(counts.min())} of {int(counts.sum())} rows ({100 * share:.0f} %)."
    if len(counts) > 1 and share >= MIN_MINORITY_SHARE:
        return Guardrail("Class balance", PASSED, sentence)
    return Guardrail("Class balance", ALERTED, sentence, "Judge models by AUC and by recall, not by accuracy.")


def _events_per_variable(label: pd.Series, features: list[str]) -> Guardrail:
    """Ten events per variable is the rule of thumb of Peduzzi et al. 1996, J Clin Epidemiol 49:1373-1379."""
    events = int(label.value_counts().min()) if len(label) else 0
    ratio = events / max(len(features), 1)
    sentence = f"{events} events for {len(features)} variables: {ratio:.1f} events per variable."
    if ratio >= MIN_EVENTS_PER_VARIABLE:
        return Guardrail("Events per variable", PASSED, sentence)
    advice = f"Below {MIN_EVENTS_PER_VARIABLE} a model learns chance as well: trust the intervals, prefer simple models."
    return Guardrail("Events per variable", ALERTED, sentence, advice)


def _missing(frame: pd.DataFrame) -> Guardrail:
    counts = frame.isna().sum()
    gaps = counts[counts > 0]
    if gaps.empty:
        return Guardrail("Missing values", PASSED, "No value is missing.")
    sentence = f"{int(gaps.sum())} values are missing: " + ", ".join(f"{name!r} {int(n)}" for name, n in gaps.items()) + "."
    return Guardrail(
        "Missing values",
        ALERTED,
        sentence,
        "Training fills a feature with its median; find out first why it is missing, for the reason may matter.",
    )


def _constant(features: pd.DataFrame) -> Guardrail:
    constant = [str(c) for c in features.columns if features[c].nunique(dropna=False) <= 1]
    if not constant:
        return Guardrail("Constant columns", PASSED, "Every variable varies.")
    return Guardrail("Constant columns", ALERTED, f"{_named(constant)} has one value only.", "Leave it out: it can tell nothing.")


def _identifiers(features: pd.DataFrame) -> Guardrail:
    """Look for columns that name rows rather than describe patients, and for text with too many different values."""
    numbering = [str(c) for c in features.columns if _is_numbering(features[c])]
    text = plan_columns(features, [c for c in features.columns if features[c].dtype.kind == "O"], "auto").too_many
    parts = [f"{_named(numbering)} numbers the rows."] if numbering else []
    parts += [f"Text in {_named(text)} has too many different values to learn from; training leaves it out."] if text else []
    if not parts:
        return Guardrail("High cardinality", PASSED, "No column numbers the rows, and no text has too many different values.")
    if not numbering:
        return Guardrail("High cardinality", DONE, " ".join(parts))
    advice = f"Leave out {_named(numbering)}: a row's number tells at best in which order patients came."
    return Guardrail("High cardinality", ALERTED, " ".join(parts), advice)


def _is_numbering(values: pd.Series) -> bool:
    """Tell whether a column holds consecutive whole numbers, each once."""
    if values.dtype.kind not in "iu" or len(values) < MIN_NUMBERED:
        return False
    return int(values.max()) - int(values.min()) + 1 == len(values) and bool(values.is_unique)


def _duplicates(frame: pd.DataFrame) -> Guardrail:
    repeated = repeated_rows(frame)
    if not repeated:
        return Guardrail("Duplicate rows", PASSED, "No row occurs twice.")
    advice = "Remove them if they are one patient: a copy in training and validation flatters every figure."
    return Guardrail("Duplicate rows", ALERTED, f"{repeated} rows repeat an earlier row.", advice)


def _near_duplicates(frame: pd.DataFrame) -> Guardrail:
    """Look for rows that differ from another one in a single cell."""
    found = near_repeats(frame)
    if not found.judged:
        few = "Too few columns have many different values to tell a copy from a patient who is alike."
        return Guardrail("Near-duplicates", PASSED, few)
    if not found.rows:
        return Guardrail("Near-duplicates", PASSED, "No two different rows agree in all columns but one.")
    where = ", ".join(f"{name!r} {rows}" for name, rows in list(found.columns.items())[:5])
    sentence = f"{found.rows} rows agree with an earlier one in all columns but one: {where}."
    advice = "Look whether they are one patient, typed twice or corrected: such a pair leaks from training to validation too."
    return Guardrail("Near-duplicates", ALERTED, sentence, advice)


def _out_of_range(frame: pd.DataFrame, schema: Schema) -> Guardrail:
    found = {c.name: _outside(frame[c.name], c) for c in schema if c.name in frame.columns and frame[c.name].dtype.kind in "biuf"}
    found = {name: rows for name, rows in found.items() if rows}
    if not found:
        return Guardrail("Accepted ranges", PASSED, "Every value lies in its accepted range.")
    parts = [
        f"{name!r} {rows} outside {schema[name].low:g} to {schema[name].high:g} {schema[name].unit}"
        for name, rows in found.items()
    ]
    sentence = ", ".join(part.strip() for part in parts) + "."
    return Guardrail("Accepted ranges", ALERTED, sentence, "Look for typing errors and for another unit.")


def _outside(values: pd.Series, column: Column) -> int:
    if column.low is None or column.high is None:
        return 0
    return int(((values < column.low) | (values > column.high)).sum())


def _filled_in(features: pd.DataFrame, schema: Schema) -> Guardrail:
    parts = []
    for name in features.columns:
        if name in schema and schema[name].kind in ("number", "integer") and features[name].dtype.kind in "iuf":
            values = features[name].to_numpy(dtype="float64", na_value=np.nan)
            parts += [f"{name!r} is {f.value:.12g} in {f.rows} rows: {f.reason}" for f in filled_in_values(values)]
    if not parts:
        return Guardrail("Filled-in values", PASSED, "No value looks filled in.")
    if len(parts) > MOST_NAMED:
        parts = [*parts[:MOST_NAMED], f"{len(parts) - MOST_NAMED} more values look so too"]
    advice = "They look filled in rather than measured: ask the source, and do not read meaning into them."
    return Guardrail("Filled-in values", ALERTED, "; ".join(parts) + ".", advice)


def _named(names: Iterable[str]) -> str:
    return ", ".join(repr(n) for n in names)
