import math

import numpy as np
import pytest

from hfcore.datasets.ranks import average_ranks, rank_auc


@pytest.mark.parametrize("seed", range(5))
def test_ranks_and_auc_equal_the_reference(seed):
    """Ranks with ties equal scipy's and the AUC equals scikit-learn's to 1e-12."""
    from scipy.stats import rankdata
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(seed)
    scores, positive = rng.integers(0, 12, 80), rng.random(80) < 0.3
    assert np.array_equal(average_ranks(scores), rankdata(scores))
    assert rank_auc(scores, positive) == pytest.approx(roc_auc_score(positive, scores), abs=1e-12)


def test_auc_of_one_group_is_undefined():
    """Without a positive there is no pair to rank."""
    assert math.isnan(rank_auc([1.0, 2.0], [False, False]))
