"""A table that somebody is about to register: what each column is meant to be, and the table and schema that follow from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from hfcore.datasets.columns import MAX_LEVELS, text_levels
from hfcore.datasets.heart_failure import HEART_FAILURE_SCHEMA
from hfcore.datasets.schema import Column, Schema
from hfcore.datasets.validation import MAX_CLASSES, infer_schema
from hfcore.errors import InvalidDataset

if TYPE_CHECKING:
    import pandas as pd

LEFT_OUT = "left out"
KINDS = ("number", "integer", "boolean", "category", LEFT_OUT)
_NOES = frozenset({"no", "n", "false", "f", "none", "absent", "negative", "nein", "non", "0", "-"})


@dataclass(frozen=True)
class Choice:
    """What somebody says of one column: its kind (one of KINDS), its unit, and whether it is known when a patient is scored."""

    name: str
    kind: str
    unit: str = ""
    known_at_scoring: bool = True


def proposed(frame: pd.DataFrame) -> tuple[Choice, ...]:
    """Return what the columns look like, those of the heart failure records with their units; one without a value is left out."""
    empty = {str(name) for name in frame.columns if frame[name].isna().all()}
    return tuple(
        Choice(c.name, LEFT_OUT if c.name in empty else c.kind, c.unit, c.known_at_scoring or c.is_label)
        for c in infer_schema(frame)
    )


def likely_label(frame: pd.DataFrame) -> str | None:
    """Return the known outcome when the table has it, None when only a person can say."""
    label = HEART_FAILURE_SCHEMA.label
    return label.name if label and label.name in frame.columns else None


def possible_labels(frame: pd.DataFrame) -> tuple[str, ...]:
    """Return the columns that have 2 to 20 different values and a value in every row, yes/no columns first."""
    distinct = {str(n): int(frame[n].nunique()) for n in frame.columns if not frame[n].isna().any()}
    fitting = [n for n, count in distinct.items() if 2 <= count <= MAX_CLASSES]
    return tuple(sorted(fitting, key=lambda n: distinct[n] > 2))


def two_outcomes(frame: pd.DataFrame, label: str) -> tuple[str, str] | None:
    """Return the two words of a label column, the one that looks like the event last; None for numbers, and for more values.

    The event is what does not say no; where neither does, the rarer one.
    """
    values = frame[label].dropna()
    levels = _levels(values)
    if values.dtype.kind in "biuf" or len(levels) != 2:
        return None
    says_no = [_says_no(level) for level in levels]
    if says_no[0] == says_no[1]:
        levels = sorted(levels, key=lambda level: -int((values == level).sum()))
    return _word(levels[0]), _word(levels[1])


def made(
    frame: pd.DataFrame, choices: Sequence[Choice], label: str | None, event: str | None = None
) -> tuple[pd.DataFrame, Schema]:
    """Return the table and the schema that the choices lead to; the frame itself is not changed.

    With `event`, one of the label's two words, the label becomes 1 where it says so and 0 where it says the other.

    Raises:
        InvalidDataset: the columns that cannot be what was chosen, and why, all at once.
    """
    wrong: dict[str, str] = {}
    columns: dict[str, pd.Series[Any]] = {}
    described = []
    for choice in choices:
        if choice.kind == LEFT_OUT and choice.name != label:
            continue
        try:
            values = frame[choice.name]
            columns[choice.name], column = _as_chosen(values, choice, event if choice.name == label else None)
            is_label = choice.name == label
            described.append(replace(column, is_label=is_label, known_at_scoring=choice.known_at_scoring and not is_label))
        except InvalidDataset as error:
            wrong |= error.fields
    if label is not None and label not in frame.columns:
        wrong["label"] = f"There is no column {label!r} to predict."
    if wrong:
        raise InvalidDataset(wrong, "Choose another type for it, or leave it out.")
    import pandas as pd

    return pd.DataFrame(columns), Schema(tuple(described))


def _as_chosen(values: pd.Series[Any], choice: Choice, event: str | None) -> tuple[pd.Series[Any], Column]:
    if choice.kind == "boolean" or event is not None:
        choice = replace(choice, kind="boolean")
        values, choices = _yes_no(values, choice.name, event)
    elif choice.kind == "category":
        values, choices = _words(values), None
    else:
        values, choices = _numbers(values, choice), None
    return values, _described(values, choice, choices)


def _described(values: pd.Series[Any], choice: Choice, choices: tuple[str, str] | None) -> Column:
    """Return the column's entry: that of the heart failure records when name, kind and unit are theirs."""
    name, kind = choice.name, "category" if choice.kind == LEFT_OUT else choice.kind
    known = next((c for c in HEART_FAILURE_SCHEMA if c.name == name), None)
    if known and known.unit == choice.unit and (known.kind == kind or {known.kind, kind} <= {"number", "integer"}):
        return replace(known, choices=known.choices if choices == ("no", "yes") else choices)
    levels = text_levels(values) if kind == "category" else ()
    bounds = (0.0, 1.0) if kind == "boolean" else (None, None)
    return Column(
        name,
        name,
        kind,
        choice.unit,
        low=bounds[0],
        high=bounds[1],
        choices=choices,
        levels=levels if len(levels) <= MAX_LEVELS else (),
    )


def _yes_no(values: pd.Series[Any], name: str, yes: str | None = None) -> tuple[pd.Series[Any], tuple[str, str]]:
    """Return a column of two values as 0 and 1, and what the two stand for; `yes` is the word for 1."""
    present = values.dropna()
    if values.dtype.kind == "b" or (len(present) and bool(present.isin((0, 1)).all()) and values.dtype.kind in "iuf"):
        return values, ("no", "yes")
    levels = _levels(present)
    if len(levels) != 2:
        raise InvalidDataset({name: f"{name!r} has {len(levels):,} different values; yes/no needs exactly two."})
    if yes == _word(levels[0]):
        levels.reverse()
    coded = values.map({levels[0]: 0.0, levels[1]: 1.0})
    whole = coded.astype("int64") if not coded.isna().any() else coded
    return whole, (_word(levels[0]), _word(levels[1]))


def _levels(present: pd.Series[Any]) -> list[Any]:
    """Return the different values, those that say no first, then in their own order."""
    as_numbers = present.dtype.kind in "iuf"
    return sorted(present.unique(), key=lambda v: (not _says_no(v), v if as_numbers else str(v)))


def _says_no(value: Any) -> bool:
    return str(value).strip().lower() in _NOES


def _words(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column as text: whole numbers without a decimal point, missing cells as they are."""
    return values.map(_word, na_action="ignore").astype(object)


def _word(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _numbers(values: pd.Series[Any], choice: Choice) -> pd.Series[Any]:
    import pandas as pd

    if values.dtype.kind == "b":
        values = values.astype("int64")
    if values.dtype.kind not in "iuf":
        numbers = pd.to_numeric(values, errors="coerce")
        lost = (numbers.isna() & values.notna()).to_numpy()
        if lost.any():
            where = f"{int(lost.sum()):,} of its cells are not numbers, the first in row {int(lost.argmax()) + 1:,}"
            raise InvalidDataset({choice.name: f"{choice.name!r} cannot be numbers: {where}."})
        values = numbers
    if choice.kind == "integer" and values.dtype.kind == "f":
        fractions = (values.dropna() % 1 != 0).to_numpy()
        if fractions.any():
            raise InvalidDataset(
                {choice.name: f"{choice.name!r} cannot be whole numbers: {int(fractions.sum()):,} have decimals."}
            )
        return values if values.isna().any() else values.astype("int64")
    return values


@dataclass(frozen=True)
class OutOfRange:
    """How many values of a column no living patient has, out of how many, and the rows of the first ones, counted from 1."""

    column: Column
    count: int
    present: int
    rows: tuple[int, ...]


def out_of_range(frame: pd.DataFrame, schema: Schema) -> tuple[OutOfRange, ...]:
    """Compare the columns that have a clinical range with it; the ranges and their sources stand in the schema."""
    found = []
    for column in schema:
        values = frame[column.name]
        if column.low is None or column.high is None or values.dtype.kind not in "iuf":
            continue
        outside = ((values < column.low) | (values > column.high)).to_numpy()
        if outside.any():
            rows = tuple(int(i) + 1 for i in outside.nonzero()[0][:5])
            found.append(OutOfRange(column, int(outside.sum()), int(values.notna().sum()), rows))
    return tuple(found)
