"""Fits that are remembered: by content, by nothing else, and not without end."""

from __future__ import annotations

import numpy as np
import pytest

from hfcore.automl import engine, fit
from hfcore.automl.learners.kept import MOST_KEPT, forget, kept
from hfcore.automl.settings import AutoMLSettings
from hfcore.datasets import load_heart_failure


@pytest.fixture(autouse=True)
def _begin_with_nothing() -> None:
    forget()


def test_the_same_content_is_fitted_once() -> None:
    """Equal arrays are one call, whatever object holds them; another value, type, shape or setting is another one."""
    calls = []

    @kept
    def fit(x: np.ndarray, strength: float, weights: np.ndarray | None = None) -> float:
        calls.append(strength)
        return float(x.sum() * strength)

    x = np.arange(6.0)
    assert fit(x, 2.0) == fit(x.copy(), 2.0) == fit(np.asfortranarray(x), 2.0) == 30.0
    assert len(calls) == 1
    for other in (x + 1, x.astype(np.float32), x.reshape(2, 3)):
        fit(other, 2.0)
    fit(x, 3.0)
    fit(x, 2.0, x)
    fit(x, 2.0, weights=x + 1)
    assert len(calls) == 7


def test_what_is_kept_does_not_grow() -> None:
    """Only the last results are kept; an older one is fitted again."""
    calls = []

    @kept
    def fit(number: int) -> int:
        calls.append(number)
        return number

    for number in range(MOST_KEPT + 1):
        fit(number)
    fit(MOST_KEPT)
    assert len(calls) == MOST_KEPT + 1
    fit(0)
    assert len(calls) == MOST_KEPT + 2


def test_a_search_does_not_use_what_was_fitted_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What other code of this process fitted, perhaps on several threads, is forgotten before the first trial."""
    calls = []

    @kept
    def remember(number: int) -> int:
        calls.append(number)
        return number

    def looked_at(*_: object) -> list[object]:
        remember(1)
        raise InterruptedError

    remember(1)
    monkeypatch.setattr(engine, "_search", looked_at)
    with pytest.raises(InterruptedError):
        fit(load_heart_failure(), AutoMLSettings(label_column_name="DEATH_EVENT"))
    assert calls == [1, 1]
