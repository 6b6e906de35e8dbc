"""Taking one patient's prediction apart, against the formula itself."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pandas as pd
import pytest

from hfcore.errors import InvalidInput, ScoringFailed
from hfcore.reporting.attribution import attribute, complete_rows

NAMES = list("abcde")


def table(rows=20, columns=5, seed=0):
    """Rows of numbers, the last column yes/no."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(rows, columns)), columns=[chr(97 + i) for i in range(columns)])
    return frame.assign(**{frame.columns[-1]: rng.integers(2, size=rows)})


def bent(frame):
    """A model with a bend, a product and a step."""
    a, b, c, d, e = (frame[name].to_numpy(dtype=float) for name in NAMES)
    return 1 / (1 + np.exp(-(a * b + np.abs(c) - 0.5 * d * (e > 0) + e)))


def by_formula(predict, patient, background):
    """Shapley's formula, term by term."""
    names, whole = list(background.columns), dict(patient)

    def worth(known):
        return float(np.mean(predict(background.assign(**{n: whole[n] for n in known}))))

    def added(name):
        others = [n for n in names if n != name]
        terms = (
            (worth((*known, name)) - worth(known)) / (len(names) * comb(len(others), size))
            for size in range(len(names))
            for known in combinations(others, size)
        )
        return sum(terms)

    return {name: added(name) for name in names}


def test_every_combination_gives_shapleys_values():
    """Where all combinations fit, each contribution is that of Shapley's formula."""
    frame = table()
    patient = table(1, seed=5).iloc[0].to_dict()
    found = attribute(bent, patient, frame)
    truth = by_formula(bent, patient, frame)
    assert found.exact
    assert {c.feature: c.amount for c in found.contributions} == pytest.approx(truth, abs=1e-12)
    assert found.base == pytest.approx(bent(frame).mean(), abs=1e-12)
    assert (found.background, found.calls) == (20, 1)


@pytest.mark.parametrize("most_rows", [20, 200, 400, 6000])
def test_contributions_add_up_to_the_prediction(most_rows):
    """Base and contributions are the prediction, however few rows may be predicted."""
    frame, patient = table(), table(1, seed=5).iloc[0].to_dict()
    found = attribute(bent, patient, frame, most_rows=most_rows)
    assert found.prediction == pytest.approx(float(bent(pd.DataFrame([patient]))[0]), abs=1e-12)
    assert found.base + sum(c.amount for c in found.contributions) == pytest.approx(found.prediction, abs=1e-12)
    assert found.rows <= most_rows


def test_walks_come_close_to_the_formula():
    """Drawn orders differ from the formula by no more than their standard errors explain."""
    frame, patient = table(200), table(1, seed=5).iloc[0].to_dict()
    exact = attribute(bent, patient, frame, most_rows=10_000)
    drawn = attribute(bent, patient, frame, most_rows=2_400)
    assert (exact.exact, drawn.exact) == (True, False)
    assert exact.background == drawn.background == 200
    for one, other in zip(exact.contributions, drawn.contributions, strict=True):
        assert abs(one.amount - other.amount) < 3 * other.error


def test_the_seed_decides():
    """The same seed gives the same contributions."""
    frame, patient = table(500), table(1, seed=5).iloc[0].to_dict()
    assert attribute(bent, patient, frame, seed=1) == attribute(bent, patient, frame, seed=1)
    assert attribute(bent, patient, frame, seed=1) != attribute(bent, patient, frame, seed=2)


def test_what_the_model_does_not_look_at_adds_nothing():
    """A variable without influence has contribution 0, exact or drawn, and one alone has the whole difference."""
    frame, patient = table(300), table(1, seed=5).iloc[0].to_dict()
    for most_rows in (10_000, 2_000):
        found = attribute(lambda rows: rows["a"].to_numpy(), patient, frame, most_rows=most_rows)
        amounts = [c.amount for c in found.contributions]
        assert amounts == pytest.approx([found.prediction - found.base, 0, 0, 0, 0], abs=1e-12)
        assert found.by_size[0].feature == "a"


def test_variables_that_do_not_differ_cost_nothing():
    """Against patients who are alike in all but two variables, four rows each are enough for exact values."""
    frame = table(50).assign(a=1.0, b=2.0, c=3.0)
    patient = {"a": 1.0, "b": 2.0, "c": 3.0, "d": 9.0, "e": 7}
    found = attribute(bent, patient, frame)
    assert found.exact
    assert found.rows <= 3 * 50 + 1


def test_text_yes_no_and_missing_cells_reach_the_model_as_they_are():
    """Each cell is the patient's or the other's own value, of its own kind; a missing one stays missing."""
    frame = pd.DataFrame({"ward": ["A", "B", None], "smoker": [True, False, True], "age": [60, 70, 80], "lab": [1.0, None, 3.0]})
    patient = {"ward": None, "smoker": False, "age": 65, "lab": None, "not looked at": 1}
    seen = []

    def predict(rows):
        seen.append(rows)
        return rows["smoker"].map({True: 0.8, False: 0.1}) + rows["ward"].isna() * 0.1

    found = attribute(predict, patient, frame)
    rows = pd.concat(seen)
    assert list(rows.columns) == ["ward", "smoker", "age", "lab"]
    assert set(rows["ward"].dropna()) == {"A", "B"}
    assert set(rows["smoker"]) == {True, False}
    assert set(rows["age"]) == {60, 65, 70, 80}
    assert rows["lab"].isna().any()
    assert [c.amount for c in found.contributions] == pytest.approx([0.2 / 3, -1.4 / 3, 0, 0])


def test_a_wide_table_is_compared_with_fewer_patients():
    """With 60 variables the rows stay within the limit and the contributions still add up."""
    frame = table(400, 60)
    patient = table(1, 60, seed=5).iloc[0].to_dict()
    found = attribute(lambda rows: rows.to_numpy(dtype=float).mean(axis=1), patient, frame)
    assert not found.exact
    assert 40 <= found.background < 60
    assert found.rows <= 6_000
    assert sum(c.amount for c in found.contributions) == pytest.approx(found.prediction - found.base, abs=1e-12)


def test_patients_without_a_number_are_not_compared_with():
    """Rows that lack a number are left out, rows that lack a text are kept, in the model's columns."""
    frame = pd.DataFrame({"ward": ["A", None, "B"], "age": [60, 70, None], "other": [1, 2, 3]})
    assert complete_rows(frame, ("age", "ward")).to_dict("list") == {"age": [60.0, 70.0], "ward": ["A", None]}


def test_what_cannot_be_explained_is_said():
    """A missing value, nobody to compare with, and a model that answers otherwise are errors that name it."""
    with pytest.raises(InvalidInput, match="'e'"):
        attribute(bent, dict.fromkeys("abcd", 0.0), table())
    with pytest.raises(InvalidInput, match="no patient"):
        attribute(bent, dict.fromkeys("abcde", 0.0), table(0))
    with pytest.raises(ScoringFailed, match="one probability"):
        attribute(lambda rows: [0.5], dict.fromkeys("abcde", 0.0), table())
