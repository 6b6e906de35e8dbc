"""The tests of difference, held against SciPy and statsmodels."""

import numpy as np
import pandas as pd
import pytest

from hfcore.datasets.heart_failure import HEART_FAILURE_SCHEMA, load_heart_failure
from hfcore.datasets.significance import benjamini_hochberg, contingency, cramers_v, fisher, mann_whitney
from hfcore.datasets.tails import chi_square, normal_two_sided


@pytest.fixture(scope="module")
def records():
    return load_heart_failure()


def test_tails_equal_scipy():
    """Both tails equal SciPy's to 1e-10 of their size, far out too."""
    from scipy import stats

    for degrees in (1, 2, 3, 6, 11, 40):
        for statistic in (1e-4, 0.7, 5.0, 60.0, 500.0):
            assert chi_square(statistic, degrees) == pytest.approx(stats.chi2.sf(statistic, degrees), rel=1e-10)
    for z in (-0.1, 0.0, 2.5, 20.0):
        assert normal_two_sided(z) == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-12)


def test_mann_whitney_equals_scipy(records):
    """With ties, without, exact for small groups: the p value is SciPy's."""
    from scipy.stats import mannwhitneyu

    rng = np.random.default_rng(5)
    pairs = [tuple(records[c.name][records["DEATH_EVENT"] == v] for v in (0, 1)) for c in HEART_FAILURE_SCHEMA.features]
    pairs += [(rng.normal(size=n), rng.normal(0.5, size=m)) for n, m in ((1, 1), (3, 5), (8, 90), (9, 9), (50, 400))]
    for first, second in pairs:
        assert mann_whitney(first, second) == pytest.approx(mannwhitneyu(first, second).pvalue, rel=1e-9)


def test_mann_whitney_has_no_answer_without_variation():
    """An empty group or a constant has no p value."""
    assert mann_whitney([], [1.0, 2.0]) is None
    assert mann_whitney([3.0] * 9, [3.0] * 9) is None


def test_chi_square_equals_scipy(records):
    """Yes/no and text against the outcome: SciPy's chi-square, with Yates' correction on two by two."""
    from scipy.stats import chi2_contingency

    for table in (pd.crosstab(records["anaemia"], records["DEATH_EVENT"]), pd.crosstab(records["age"] // 10, records["sex"])):
        counts = table.to_numpy()[[n > 30 for n in table.sum(axis=1)]]
        name, p = contingency(counts)
        assert name == "chi-square test"
        assert p == pytest.approx(chi2_contingency(counts).pvalue, rel=1e-9)


def test_fisher_equals_scipy():
    """Where a count below 5 is expected, Fisher's exact test takes over; its p value is SciPy's."""
    from scipy.stats import fisher_exact

    rng = np.random.default_rng(2)
    for _ in range(40):
        counts = rng.integers(0, 12, (2, 2)) + np.eye(2, dtype=int)
        assert fisher(counts) == pytest.approx(fisher_exact(counts).pvalue, rel=1e-7)
    assert contingency([[3, 1], [1, 20]])[0] == "Fisher's exact test"


def test_small_tables_of_several_values_are_drawn():
    """With small expected counts in a table of three values, the p value is that of all tables with these margins."""
    from scipy.stats import fisher_exact

    counts = np.array([[6, 1], [2, 5], [1, 7]])
    name, p = contingency(counts)
    assert name == "chi-square test by random draws"
    assert contingency(counts) == (name, p)
    assert p == pytest.approx(_exact_chi_square(counts), abs=4 * (0.02 / 9_999) ** 0.5)
    assert p == pytest.approx(fisher_exact(counts).pvalue, abs=0.02)


def _exact_chi_square(counts):
    """Add up the chances of all tables of three rows with these margins that lie at least as far out."""
    from scipy.stats import chi2_contingency, multivariate_hypergeom

    sizes, total = counts.sum(axis=1), counts[:, 0].sum()
    seen, chance = chi2_contingency(counts).statistic, 0.0
    for a in range(sizes[0] + 1):
        for b in range(sizes[1] + 1):
            first = np.array([a, b, total - a - b])
            if 0 <= first[2] <= sizes[2]:
                far = chi2_contingency(np.stack([first, sizes - first], axis=1)).statistic >= seen - 1e-9
                chance += multivariate_hypergeom.pmf(first, sizes, total) * far
    return chance


def test_nothing_varies_has_no_test():
    """A table of one row or one column is not tested."""
    assert contingency([[3, 4]]) is None
    assert contingency([[3, 0], [4, 0]]) is None
    assert cramers_v([[3, 0], [4, 0]]) is None


def test_cramers_v_equals_scipy():
    """The strength of an association equals SciPy's."""
    from scipy.stats.contingency import association

    counts = np.array([[10, 4, 3], [2, 9, 8]])
    assert cramers_v(counts) == pytest.approx(association(counts, method="cramer"), rel=1e-9)


def test_corrected_values_equal_statsmodels():
    """The q values are those of statsmodels; a column that was not tested changes none."""
    from statsmodels.stats.multitest import multipletests

    p_values = np.random.default_rng(3).uniform(size=12) ** 3
    found = benjamini_hochberg([*p_values, None])
    assert found[:-1] == pytest.approx(multipletests(p_values, method="fdr_bh")[1].tolist(), rel=1e-12)
    assert found[-1] is None
