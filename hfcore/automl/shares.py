"""The shares of a vote: weights that make the labels likely, drawn to a guess that the members' losses give."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hfcore.automl.ridge_logistic import softmax

Floats = npt.NDArray[np.float64]
LEAST_SHARE = 0.03
_TEMPERATURE = 0.03  # log loss (nats) by which the guess of a member's share falls to 1/e
_PULL = 7.0  # nats of likelihood, summed over the rows, that leaving the guess must bring for each nat of relative entropy
_LEAST_GUESS = 1e-6
_STEPS = 200
_FIRST_RATE = 0.05
_LEAST_RATE = 1e-8
_LEAST_GROWN = 1e-12  # keeps logarithms finite
_FASTER = 1.3
_TOLERANCE = 1e-7


def fit_shares(scores: Floats, codes: npt.NDArray[np.intp], weights: Floats | None = None) -> Floats:
    """Return a share of the vote for each member: not negative, 1 in sum, and 0 where it would be less than 3 %.

    They minimise the summed log loss of softmax(sum of share * scores) + 7 * KL(shares, guess), which is convex, where the
    guess is exp(-(log loss - best log loss) / 0.03) of each member alone. Few rows leave the guess, many overrule it.

    Args:
        scores: Each member's calibrated log probabilities, up to a constant per row: members x rows x classes.
        codes: The class of each row.
        weights: How much each row counts; None for all alike.
    """
    counted = np.ones(len(codes)) if weights is None else weights
    guess = guessed_shares(np.array([_loss(own, codes, counted) for own in scores]) / counted.sum())
    shares = _descend(scores, codes, counted, guess)
    shares = np.where(shares >= LEAST_SHARE, shares, 0.0)
    return np.asarray(shares / shares.sum())


def guessed_shares(losses: Floats) -> Floats:
    """Return shares exp((least - loss) / 0.03) that sum to one, from each member's mean log loss."""
    shares = np.exp((losses.min() - losses) / _TEMPERATURE) + _LEAST_GUESS
    return np.asarray(shares / shares.sum())


def _descend(scores: Floats, codes: npt.NDArray[np.intp], counted: Floats, guess: Floats) -> Floats:
    """Minimise by exponentiated gradients: a step multiplies, so that shares stay positive and sum to one."""
    one_hot = np.eye(scores.shape[2])[codes]

    def worth(shares: Floats) -> float:
        return _loss(_pooled(shares, scores), codes, counted) + _PULL * _entropy(shares, guess)

    shares, rate, best = guess, _FIRST_RATE, worth(guess)
    for _ in range(_STEPS):
        surprise = (softmax(_pooled(shares, scores)) - one_hot) * counted[:, None]
        slope = np.einsum("mnk,nk->m", scores, surprise) + _PULL * np.log(shares / guess)
        moved, value = _moved(shares, slope, rate), np.inf
        while rate > _LEAST_RATE and (value := worth(moved)) > best:
            rate /= 2
            moved = _moved(shares, slope, rate)
        if not best - value > _TOLERANCE:
            break
        shares, best, rate = moved, value, rate * _FASTER
    return shares


def _pooled(shares: Floats, scores: Floats) -> Floats:
    """Return what the members say together (rows x classes)."""
    return np.asarray(np.einsum("m,mnk->nk", shares, scores))


def _moved(shares: Floats, slope: Floats, rate: float) -> Floats:
    """Return the shares after a step down the slope."""
    grown = np.maximum(shares * np.exp(-rate * (slope - slope.min())), _LEAST_GROWN)
    return np.asarray(grown / grown.sum())


def _loss(scores: Floats, codes: npt.NDArray[np.intp], counted: Floats) -> float:
    """Return the summed log loss of the softmax of scores (rows x classes)."""
    given = softmax(scores)[np.arange(len(codes)), codes]
    return float(-np.log(given) @ counted)


def _entropy(shares: Floats, guess: Floats) -> float:
    """Return the relative entropy of the shares to the guess, nats."""
    return float(shares @ np.log(shares / guess))
