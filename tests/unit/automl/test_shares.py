"""The shares of a vote: what they minimise, how they follow the rows, and who has none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import log_softmax, rel_entr

from hfcore.automl.shares import LEAST_SHARE, fit_shares, guessed_shares

Floats = np.ndarray


def members(rows: int, classes: int = 2, seed: int = 0) -> tuple[Floats, Floats]:
    """Four members whose scores tell the class through more and more noise, and the classes."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(classes, size=rows)
    truth = 2.0 * np.eye(classes)[codes]
    noisy = np.stack([truth + noise * rng.normal(size=truth.shape) for noise in (1.5, 1.6, 2.0, 4.0)])
    return log_softmax(noisy / np.array([2.0, 2.0, 2.5, 6.0])[:, None, None], axis=2), codes


def mean_losses(scores: Floats, codes: Floats) -> Floats:
    """Each member's log loss."""
    return np.array([-own[np.arange(len(codes)), codes].mean() for own in scores])


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("rows", [40, 400])
def test_nobody_finds_better_shares(rows: int, classes: int) -> None:
    """SciPy's optimiser, told the same aim in its own words, ends at the same shares (before the small ones are left out)."""
    scores, codes = members(rows, classes)
    guess = guessed_shares(mean_losses(scores, codes))

    def aim(shares: Floats) -> float:
        given = log_softmax(np.tensordot(shares, scores, 1), axis=1)[np.arange(rows), codes]
        return float(-given.sum() + 7.0 * rel_entr(np.maximum(shares, 1e-12), guess).sum())

    fixed = {"type": "eq", "fun": lambda shares: shares.sum() - 1}
    other = minimize(aim, guess, bounds=[(0, 1)] * 4, constraints=[fixed], options={"ftol": 1e-12, "maxiter": 500}).x
    kept = np.where(other >= LEAST_SHARE, other, 0)
    assert fit_shares(scores, codes) == pytest.approx(kept / kept.sum(), abs=2e-3)


def test_a_guess_falls_with_the_log_loss() -> None:
    """Three hundredths of log loss behind the best cost a share down to 1/e."""
    shares = guessed_shares(np.array([0.53, 0.50, 0.50, 5.0]))
    assert shares[:3] / shares[1] == pytest.approx([np.exp(-1), 1, 1], abs=1e-5)
    assert 0 < shares[3] < 1e-5
    assert shares.sum() == pytest.approx(1)


def test_few_rows_leave_the_guess_and_many_overrule_it() -> None:
    """Two members know different halves of the truth, one of them less of it: the more rows, the less their losses decide."""
    rng = np.random.default_rng(1)
    codes = rng.integers(2, size=20_000)
    parts = rng.normal(size=(2, len(codes))) + np.array([0.7, 1.0])[:, None] * (2 * codes - 1)
    odds = 2 * np.array([0.7, 1.0])[:, None] * parts
    scores = log_softmax(np.stack([np.zeros_like(odds), odds], axis=2), axis=2)
    weaker = [fit_shares(scores[:, :n], codes[:n])[0] for n in (20, 20_000)]
    guess = guessed_shares(mean_losses(scores, codes))[0]
    assert guess < 0.05
    assert abs(weaker[0] - guess) < 0.1
    assert weaker[1] > 0.3


def test_a_row_of_weight_two_counts_like_two_rows() -> None:
    """Weights of rows are numbers of rows."""
    scores, codes = members(60)
    twice = np.repeat(np.arange(60), np.where(np.arange(60) % 3 == 0, 2, 1))
    weighted = fit_shares(scores, codes, np.where(np.arange(60) % 3 == 0, 2.0, 1.0))
    assert weighted == pytest.approx(fit_shares(scores[:, twice], codes[twice]), abs=1e-4)


def test_who_would_have_less_than_three_percent_has_none() -> None:
    """A member that says the opposite of the truth is left out, and the others' shares sum to one."""
    scores, codes = members(200)
    shares = fit_shares(np.concatenate([scores, scores[:1, :, ::-1]]), codes)
    assert shares[4] == 0
    assert shares.sum() == pytest.approx(1)
    assert shares[shares > 0].min() >= LEAST_SHARE


def test_members_that_say_the_same_share_alike() -> None:
    """Nothing tells them apart; one alone has the whole vote."""
    scores, codes = members(50)
    assert fit_shares(scores[[0, 0, 0]], codes) == pytest.approx(np.full(3, 1 / 3))
    assert fit_shares(scores[:1], codes) == pytest.approx([1.0])


def test_certain_scores_stay_finite() -> None:
    """Members that are sure of every row, rightly or wrongly, are no error."""
    codes = np.array([0, 1] * 20)
    sure = np.log(np.clip(np.eye(2)[codes], 0.005, 0.995))
    shares = fit_shares(np.stack([sure, sure[:, ::-1]]), codes)
    assert shares == pytest.approx([1.0, 0.0])
