import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from hfcore.datasets.filled_in import filled_in_values
from hfcore.datasets.heart_failure import HEART_FAILURE_SCHEMA, load_heart_failure
from hfcore.datasets.profile import profile_table


@pytest.fixture(scope="module")
def records():
    return load_heart_failure()


@pytest.fixture(scope="module")
def profile(records):
    return profile_table(records, HEART_FAILURE_SCHEMA)


def test_figures_are_those_of_pandas(records, profile):
    """Every figure of a number's summary equals what pandas computes, over all rows and by outcome."""
    for name in ("age", "platelets", "serum_creatinine"):
        for summary, values in (
            (profile[name].overall, records[name]),
            (profile[name].by_outcome["died"], records[name][records["DEATH_EVENT"] == 1]),
        ):
            expected = [values.mean(), values.std(), values.min(), *values.quantile([0.25, 0.5, 0.75]), values.max()]
            shown = [summary.mean, summary.sd, summary.minimum, summary.lower_quartile, summary.median]
            assert [*shown, summary.upper_quartile, summary.maximum] == pytest.approx(expected, rel=1e-12)
            assert (summary.count, summary.missing) == (len(values), 0)


def test_outcomes_are_named_and_counted(profile):
    """The profile says how many survived and how many died, survivors first."""
    assert list(profile.outcomes.items()) == [("survived", 203), ("died", 96)]


def test_every_patient_is_in_one_bin(profile):
    """The bins of every column add up to the patients of each outcome."""
    for column in profile.columns:
        assert {name: sum(counts) for name, counts in column.histogram.counts.items()} == profile.outcomes


def test_whole_numbers_have_whole_bins(profile):
    """Bins of whole numbers are bounded half way between them, so that none is favoured."""
    edges = np.array(profile["ejection_fraction"].histogram.edges)
    assert np.all(edges % 1 == 0.5)
    assert len(set(np.diff(edges))) == 1


def test_effect_of_a_number_is_cohens_d(records, profile):
    """The effect of a number is the difference of means over the pooled standard deviation, deaths minus survivors."""
    died, survived = (records["serum_creatinine"][records["DEATH_EVENT"] == v] for v in (1, 0))
    pooled = np.sqrt((95 * died.var() + 202 * survived.var()) / 297)
    effect = profile["serum_creatinine"].effect
    assert effect.standardised == pytest.approx((died.mean() - survived.mean()) / pooled, rel=1e-12)
    assert effect.difference == pytest.approx(died.mean() - survived.mean(), rel=1e-12)


def test_effect_of_a_yes_no_is_the_difference_in_proportions(profile):
    """Anaemia: 46 of 96 who died and 83 of 203 who survived."""
    p1, p0 = 46 / 96, 83 / 203
    effect = profile["anaemia"].effect
    assert effect.difference == pytest.approx(p1 - p0, rel=1e-12)
    assert effect.standardised == pytest.approx((p1 - p0) / np.sqrt((p1 * (1 - p1) + p0 * (1 - p0)) / 2), rel=1e-12)


def test_columns_are_sorted_by_effect(profile):
    """`time` separates the outcomes most, then creatinine, ejection fraction and age, as published."""
    assert [p.column.name for p in profile.by_effect[:4]] == ["time", "serum_creatinine", "ejection_fraction", "age"]
    assert "DEATH_EVENT" not in [p.column.name for p in profile.by_effect]


def test_filled_in_values_are_noticed(records, profile):
    """The publishers' fillings are named with their counts, and no other column is accused."""
    found = {(p.column.name, f.value): f.rows for p in profile.columns for f in p.filled_in}
    assert found == {
        ("platelets", 263358.03): 25,
        ("creatinine_phosphokinase", 582.0): 47,
        ("serum_creatinine", 1.18): 11,
        ("serum_creatinine", 1.83): 8,
    }
    assert "mean" in profile["platelets"].filled_in[0].reason


def test_measured_values_are_not_called_filled_in():
    """Rounded measurements without a peak are not suspicious, nor is a column of few values."""
    rng = np.random.default_rng(0)
    assert filled_in_values(rng.normal(100, 15, 2000).round()) == ()
    assert filled_in_values(rng.integers(0, 5, 200)) == ()


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_few_rows_give_gaps_not_errors(records, rows):
    """A filter that leaves hardly anybody still gives a profile."""
    profile = profile_table(records.iloc[:rows], HEART_FAILURE_SCHEMA)
    assert profile.rows == rows
    assert [p.effect for p in profile.columns] == [None] * 13
    assert profile["age"].overall.count == rows


def test_missing_text_and_constant_columns_are_described():
    """Missing cells are counted, text gets its values counted by outcome."""
    frame = pd.DataFrame({"x": [1.5, np.nan, 2.5, 4.0], "c": [7, 7, 7, 7], "town": ["a", "b", "a", None], "y": [0, 1, 0, 1]})
    profile = profile_table(frame, label="y")
    assert (profile["x"].overall.count, profile["x"].overall.missing) == (3, 1)
    assert profile["town"].histogram.names == ("a", "b")
    assert profile["town"].histogram.counts == {"no": (2, 0), "yes": (0, 1)}
    assert profile["c"].effect is None


def test_without_a_label_all_rows_are_one_group():
    """A table with no outcome is profiled as a whole."""
    profile = profile_table(pd.DataFrame({"x": np.arange(50.0)}))
    assert profile.outcomes == {}
    assert sum(profile["x"].histogram.counts["all"]) == 50


def test_the_web_process_stays_light():
    """Profile, guardrails and survival load neither scipy nor scikit-learn nor lifelines."""
    code = (
        "import sys\nfrom hfcore.datasets.heart_failure import *\n"
        "from hfcore.datasets.profile import profile_table\nfrom hfcore.datasets.guardrails import check_guardrails\n"
        "from hfcore.datasets.survival import survival_by\n"
        "f = load_heart_failure(); profile_table(f); check_guardrails(f, 'DEATH_EVENT')\n"
        "survival_by(f, 'sex', HEART_FAILURE_SCHEMA)\n"
        "print(sorted({'scipy', 'sklearn', 'lifelines'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
