"""The server's model: whatever it does to be quicker, it says what the entry script's says."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from inference.quick_model import QuickModel
from inference.score import Matrix, Model
from tests.fakes.small_model import records, write_model


@pytest.fixture(scope="module", params=["double", "single"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder whose answers are in double, or in single precision."""
    return write_model(tmp_path_factory.mktemp(request.param), single=request.param == "single")


@pytest.fixture(scope="module")
def patients() -> Matrix:
    """The 299 patients."""
    return np.array([list(record.values()) for record in records()], dtype=np.float64)


def test_row_by_row_and_all_at_once_are_the_same(folder: Path, patients: Matrix) -> None:
    """Each of the 299 rows alone, in blocks and under a stop gets the very probabilities of the entry script's model."""
    plain, quick = Model(folder), QuickModel(folder)
    expected = np.vstack([plain.probabilities(row[None]) for row in patients])
    assert np.array_equal(np.vstack([quick.probabilities(row[None]) for row in patients]), expected)
    assert np.array_equal(quick.probabilities(patients), plain.probabilities(patients))
    assert np.array_equal(quick.probabilities(patients[:1], onnxruntime.RunOptions()), expected[:1])


def test_an_answer_is_not_overwritten_by_the_next(folder: Path, patients: Matrix) -> None:
    """The probabilities of a row stay what they were when another row is scored."""
    quick = QuickModel(folder)
    first = quick.probabilities(patients[:1])
    kept = first.copy()
    quick.probabilities(patients[100:101])
    assert np.array_equal(first, kept)


def test_threads_do_not_mix_their_rows(folder: Path, patients: Matrix) -> None:
    """Four threads that score single rows at once each get their own row's probabilities."""
    quick, start = QuickModel(folder), threading.Barrier(4)
    expected = quick.probabilities(patients)

    def score(part: int) -> bool:
        start.wait()
        mine = range(part, len(patients), 4)
        return all(np.allclose(quick.probabilities(patients[i : i + 1]), expected[i], atol=1e-6) for i in mine)

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(score, range(4)))
