"""Text columns from the table to the exported file: named for the table, learned per training fold, the same in the graph."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import hfcore.automl
from hfcore.automl.graph import run_model
from hfcore.automl.levels import fit_one_hot
from hfcore.automl.pipeline import fit_pipeline
from hfcore.automl.settings import AutoMLSettings
from hfcore.automl.table import feature_values, training_table
from tests.unit.automl.runs import first_of_each_family, same_bits, small, task_of

FAMILIES = first_of_each_family()


def clinic(rows: int = 300, classes: int = 2) -> pd.DataFrame:
    """Rows with numbers, text of few values, text with gaps, ids, a constant, an empty column, and a label that follows some."""
    rng = np.random.default_rng(rows + classes)
    ward = rng.choice(["cardiology", "general", "surgery"], rows, p=[0.5, 0.3, 0.2])
    age = rng.normal(60, 12, rows)
    signal = (ward == "surgery") * 1.5 + (age - 60) / 15 + rng.normal(0, 0.8, rows)
    smoker = rng.choice(np.array(["never", "now", None], dtype=object), rows)
    age[rng.random(rows) < 0.1] = np.nan
    label = pd.qcut(signal, classes, labels=[f"grade {i}" for i in range(classes)]).astype(str)
    return pd.DataFrame(
        {
            "age": age,
            "ward": ward,
            "smoker": smoker,
            "patient": [f"P{i:05}" for i in range(rows)],
            "land": "Pakistan",
            "nothing": np.nan,
            "seen": rng.integers(0, 2, rows).astype(bool),
            "grade": label,
        }
    )


def settings(**changes: Any) -> AutoMLSettings:
    """Settings for the table above."""
    return small(**({"label_column_name": "grade"} | changes))


def test_what_becomes_of_each_column_is_told() -> None:
    """Ids, constants and empty columns are left out, text is kept with its values, and the guardrails say so."""
    table = training_table(clinic(), settings())
    assert table.features == ("age", "ward", "smoker", "seen")
    assert table.levels == {"ward": ("cardiology", "general", "surgery"), "smoker": ("never", "now")}
    assert table.text == (1, 2)
    assert set(np.unique(table.values[:, 2])) == {-1.0, 0.0, 1.0}
    states = {g.name: g.state for g in table.guardrails}
    assert states == {
        "Class balancing detection": "Passed",
        "Missing feature values imputation": "Done",
        "High cardinality feature detection": "Done",
        "Constant column detection": "Done",
    }
    told = " ".join(g.sentence for g in table.guardrails)
    assert all(f"'{name}'" in told for name in ("age", "smoker", "patient", "land", "nothing"))


def test_a_table_of_complete_numbers_passes_every_guardrail(heart: pd.DataFrame) -> None:
    """The heart failure records have nothing to fill, to leave out or to balance; rare events are alerted."""
    table = training_table(heart, AutoMLSettings(label_column_name="DEATH_EVENT"))
    assert [g.state for g in table.guardrails] == ["Passed"] * 4
    assert table.text == ()
    rare = heart.assign(DEATH_EVENT=[1] * 10 + [0] * 289)
    assert training_table(rare, AutoMLSettings(label_column_name="DEATH_EVENT")).guardrails[0].state == "Alerted"


def test_levels_are_learned_from_training_rows_only() -> None:
    """A level with fewer than five training rows gets no column; missing cells do; an unknown level is no in all."""
    x = np.array([[0.0, 7]] * 6 + [[1.0, 7]] * 5 + [[2.0, 7]] * 4 + [[-1.0, 7]] * 5)
    step = fit_one_hot(x, (0,))
    assert step.codes.tolist() == [-1, 0, 1]
    seen = step.apply(np.array([[0.0, 3], [-1, 3], [2, 3], [9, 3]]))
    assert seen.tolist() == [[3, 0, 1, 0], [3, 1, 0, 0], [3, 0, 0, 0], [3, 0, 0, 0]]
    assert step.parameters == {"columns": 1, "levels": 3}


def test_a_level_of_the_held_out_fold_alone_is_unknown_to_its_model() -> None:
    """Rows of a level that only fold 0 has are predicted as if they had any other unknown level."""
    frame = clinic()
    table = training_table(frame, settings())
    task = task_of(table, export=False, text=table.text)
    values = table.values.copy()
    values[task.folds == 0, 1] = 5.0
    kept = task.folds != 0
    pipeline = fit_pipeline(FAMILIES[0], values[kept], table.codes[kept], 2, seed=1, impute=True, text=table.text)
    other = values[~kept].copy()
    other[:, 1] = 77.0
    assert same_bits(pipeline.predict(values[~kept]), pipeline.predict(other))


@pytest.mark.parametrize("plan", FAMILIES, ids=[p.family for p in FAMILIES])
@pytest.mark.parametrize("classes", [2, 3])
def test_a_thousand_rows_of_text_agree_with_the_file(classes: int, plan: Any) -> None:
    """On 1,000 new rows, with missing and unknown text among them, file and pipeline agree to 1e-6."""
    table = training_table(clinic(classes=classes), settings())
    pipeline = fit_pipeline(plan, table.values, table.codes, classes, seed=5, impute=True, text=table.text)
    fresh = clinic(1000, classes)
    fresh.loc[::9, "ward"] = "unheard of"
    rows = feature_values(fresh, table.features, table.levels)
    assert np.abs(run_model(pipeline.to_onnx(), rows) - pipeline.predict(rows)).max() <= 1e-6


@pytest.mark.parametrize("plan", FAMILIES, ids=[p.family for p in FAMILIES])
def test_only_text_is_enough(plan: Any) -> None:
    """A table whose features are all text is learned from and exported."""
    table = training_table(clinic()[["ward", "smoker", "grade"]], settings())
    pipeline = fit_pipeline(plan, table.values, table.codes, 2, seed=5, impute=True, text=table.text)
    assert np.abs(run_model(pipeline.to_onnx(), table.values) - pipeline.predict(table.values)).max() <= 1e-6


def test_text_carries_its_weight_through_a_whole_run() -> None:
    """With the text column the run ranks better than without it, and scores frames with text nobody has seen."""
    frame = clinic()
    with_text = hfcore.automl.fit(frame, settings(iterations=5))
    without = hfcore.automl.fit(frame, settings(iterations=5, excluded_columns=["ward"]), export=False)
    assert with_text.best.score is not None
    assert without.best.score is not None
    assert with_text.best.score > without.best.score + 0.03
    assert with_text.best.parity is not None
    assert with_text.best.parity <= 1e-6
    assert with_text.guardrails == training_table(frame, settings()).guardrails
    strange = frame.drop(columns="grade").assign(ward="unheard of")
    assert np.isfinite(with_text.predict_proba(strange)).all()
    step = next(c for c in with_text.children if not c.members).steps[0]
    assert (step.name, dict(step.parameters)) == ("OneHotEncoder", {"columns": 2, "levels": 6})


@pytest.mark.parametrize(
    "values",
    [
        pd.Categorical(["a", "b"] * 10),
        pd.array(["a", "b"] * 10, dtype="string"),
        np.array(["a", 1, True, None] * 5, dtype=object),
    ],
    ids=["category", "string", "mixed"],
)
def test_every_kind_of_text_is_text(values: Any) -> None:
    """Categories, strings and mixed cells are levels; numbers among them are written as text."""
    frame = pd.DataFrame({"x": values, "y": [0, 0, 1, 1] * 5})
    table = training_table(frame, AutoMLSettings(label_column_name="y"))
    assert table.text == (0,)
    assert set(table.levels["x"]) <= {"a", "b", "1", "True"}


def test_numbers_in_an_untyped_column_stay_numbers() -> None:
    """A column of plain numbers with gaps that pandas keeps as objects is no text."""
    frame = pd.DataFrame({"x": np.array([1, 2.5, None, 4] * 5, dtype=object), "y": [0, 0, 1, 1] * 5})
    table = training_table(frame, AutoMLSettings(label_column_name="y"))
    assert table.levels == {}
    assert table.values[:4, 0].tolist()[:2] == [1.0, 2.5]
    assert np.isnan(table.values[2, 0])
