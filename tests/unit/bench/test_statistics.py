"""The comparison's statistics: equal to what a hand computes, and what must hold for any scores."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.peers.statistics import corrected_t_test, mean_ranks

BY_HAND = (0.01, 0.02, 0.03, 0.02, 0.02)


def test_the_corrected_t_test_equals_a_computation_by_hand() -> None:
    """Mean 0.02, variance 0.00005, five folds of 4 to 1: t = 0.02 / sqrt((1/5 + 1/4) * 0.00005), p by the form for 4 degrees."""
    t, p = corrected_t_test(BY_HAND, train_rows=80, test_rows=20)
    root = 4 * math.sqrt(10) / 7  # t / sqrt(1 + t^2/4), where t = 4 sqrt(10) / 3
    assert t == pytest.approx(4 * math.sqrt(10) / 3, rel=1e-12)
    assert p == pytest.approx(2 * (0.5 - 3 / 8 * root * (1 - root**2 / 12)), rel=1e-9)
    assert p == pytest.approx(0.0135, abs=5e-5)


def test_the_correction_is_more_careful_than_the_plain_t_test() -> None:
    """Folds that share training rows give a smaller t than the same differences of independent samples."""
    plain = 0.02 / math.sqrt(0.00005 / 5)
    assert corrected_t_test(BY_HAND, 80, 20)[0] == pytest.approx(plain / 1.5)


@given(st.lists(st.floats(-1, 1).map(lambda d: round(d, 6)), min_size=2, max_size=25))
def test_exchanging_the_engines_only_changes_the_sign(differences: list[float]) -> None:
    """The p does not depend on which engine is subtracted from which, and lies between 0 and 1."""
    t, p = corrected_t_test(differences, 239, 60)
    back, same = corrected_t_test([-d for d in differences], 239, 60)
    assert back == pytest.approx(-t)
    assert same == pytest.approx(p)
    assert 0 <= p <= 1


def test_equal_engines_differ_by_nothing() -> None:
    """No difference on any fold is p = 1, the same difference on every fold is p = 0."""
    assert corrected_t_test([0.0, 0.0, 0.0], 80, 20) == (0.0, 1.0)
    assert corrected_t_test([0.5, 0.5, 0.5], 80, 20) == (math.inf, 0.0)


def test_one_fold_is_no_test() -> None:
    """A single difference has no spread, and that is said."""
    with pytest.raises(ValueError, match="two folds"):
        corrected_t_test([0.1], 80, 20)


def test_ranks_share_ties_and_average_over_rows() -> None:
    """1 is best, equal scores share their ranks, and for log loss the lowest is best."""
    scores = np.array([[0.9, 0.8, 0.8], [0.7, 0.9, 0.8]])
    assert mean_ranks(scores, best_is_high=True) == pytest.approx([2.0, 1.75, 2.25])
    assert mean_ranks(scores, best_is_high=False) == pytest.approx([2.0, 2.25, 1.75])
