"""What the tests of the engine share: tables, and one pool of two processes for all of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from hfcore.automl.executors import ProcessExecutor, RayExecutor, process_executor, ray_executor
from hfcore.automl.settings import AutoMLSettings
from hfcore.automl.table import TrainingTable, training_table
from hfcore.datasets import load_heart_failure

LABEL = "DEATH_EVENT"


@pytest.fixture(scope="session")
def heart() -> pd.DataFrame:
    """The 299 heart failure records; look, but change nothing."""
    return load_heart_failure()


@pytest.fixture(scope="session")
def table(heart: pd.DataFrame) -> TrainingTable:
    """The heart failure records as numbers, follow-up time included."""
    return training_table(heart, AutoMLSettings(label_column_name=LABEL))


@pytest.fixture(scope="session")
def three_classes() -> TrainingTable:
    """120 rows of three classes and five columns, one of them yes/no, one long-tailed, some cells missing."""
    rng = np.random.default_rng(3)
    codes = np.arange(120) % 3
    values = rng.normal(size=(120, 5)) + codes[:, None] * np.array([1.0, 0.5, 0.0, 0.0, 0.0])
    values[:, 3] = np.exp(rng.normal(size=120) + codes)
    values[:, 4] = rng.random(120) < 0.3 + 0.2 * (codes == 2)
    values[rng.random((120, 5)) < 0.05] = np.nan
    return TrainingTable(values.astype(np.float32), codes.astype(np.intp), tuple("abcde"), ("high", "low", "medium"))


@pytest.fixture(scope="session")
def pool() -> Iterator[ProcessExecutor]:
    """Two processes, shared by the tests of this folder."""
    with process_executor(2) as executor:
        yield executor


@pytest.fixture(scope="session")
def on_ray() -> Iterator[RayExecutor]:
    """A Ray cluster of this machine with two workers, shared by the tests of this folder."""
    with ray_executor(2) as executor:
        yield executor
