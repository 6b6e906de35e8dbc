"""The association of every pair of columns, held against SciPy and statsmodels."""

import numpy as np
import pandas as pd
import pytest

from hfcore.datasets.association import CRAMER, RATIO, SPEARMAN, associations
from hfcore.datasets.heart_failure import HEART_FAILURE_SCHEMA, load_heart_failure
from hfcore.datasets.validation import infer_schema


@pytest.fixture(scope="module")
def records():
    return load_heart_failure()


@pytest.fixture(scope="module")
def found(records):
    return associations(records, HEART_FAILURE_SCHEMA)


def test_numbers_have_spearmans_correlation(records, found):
    """Between numbers the matrix equals scipy's Spearman correlation to 1e-9."""
    from scipy.stats import spearmanr

    names = [c.name for c in HEART_FAILURE_SCHEMA if c.kind != "boolean"]
    ours = np.array([[found.between(a, b)[0] for b in names] for a in names])
    assert found.names == tuple(records.columns)
    assert np.allclose(ours, spearmanr(records[names]).statistic, atol=1e-9, rtol=0)
    assert found.between("age", "time")[1] == SPEARMAN


def test_yes_no_has_cramers_v_with_its_direction(records, found):
    """Between two yes/no columns it is SciPy's V with the sign of the correlation."""
    from scipy.stats.contingency import association

    for other in ("smoking", "anaemia"):
        value, measure = found.between("sex", other)
        counts = pd.crosstab(records["sex"], records[other]).to_numpy()
        assert measure == CRAMER
        assert value == pytest.approx(association(counts, method="cramer") * np.sign(records["sex"].corr(records[other])))


def test_a_number_and_a_group_have_the_correlation_ratio(records):
    """Its square is the share of variance between groups that statsmodels' analysis of variance finds."""
    from statsmodels.formula.api import ols

    frame = records.assign(decade=(records["age"] // 10).astype(int).map("in the {}0s".format))
    found = associations(frame, infer_schema(frame))
    for group in ("decade", "anaemia"):
        value, measure = found.between("platelets", group)
        assert measure == RATIO
        assert value**2 == pytest.approx(ols(f"platelets ~ C({group})", frame).fit().rsquared, rel=1e-9)
    assert found.between("decade", "sex")[0] >= 0


def test_missing_cells_are_left_out_pair_by_pair():
    """A pair is measured over the rows that have both values; a constant has no association."""
    from scipy.stats import spearmanr

    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=80), "b": rng.normal(size=80), "c": 7.0})
    frame.loc[:9, "a"] = np.nan
    found = associations(frame, infer_schema(frame))
    assert found.between("a", "b")[0] == pytest.approx(spearmanr(frame["a"][10:], frame["b"][10:]).statistic, abs=1e-12)
    assert found.between("a", "c")[0] is None


def test_what_cannot_be_compared_is_named():
    """Text with many values, and columns beyond the thirtieth, are left out by name."""
    frame = pd.DataFrame({f"x{i}": np.arange(40.0) for i in range(32)} | {"id": [f"p{i}" for i in range(40)]})
    found = associations(frame, infer_schema(frame))
    assert len(found.names) == 30
    assert found.left_out == ("x30", "x31", "id")
