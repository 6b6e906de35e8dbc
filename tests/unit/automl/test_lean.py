"""What is left out of a process is not installed there, and nobody elsewhere notices."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hfcore.automl.executors import ProcessExecutor
from hfcore.automl.executors.lean import leave_out

ROOT = Path(__file__).parents[3]
WITHOUT_PYARROW = """
import io, sys
from hfcore.automl.executors.lean import leave_out
leave_out("pyarrow")
import pandas, lightgbm, xgboost
print(pandas.read_csv(io.StringIO("a,b\\n1,x"), float_precision="round_trip").shape, "pyarrow" in sys.modules)
"""


class Finder:
    """Finds nothing, and notes when it is told that its caches are stale."""

    def __init__(self, asked: list[str]) -> None:
        self._asked = asked

    def find_spec(self, name: str, path: object, target: object = None) -> None: ...

    def invalidate_caches(self) -> None:
        self._asked.append("invalidate_caches")


def test_a_package_that_is_left_out_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither to import nor to look for, parts of it included; others are found as before."""
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    for name in ("sqlite3", "sqlite3.dbapi2"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    leave_out("sqlite3")
    assert importlib.util.find_spec("sqlite3") is None
    with pytest.raises(ModuleNotFoundError, match="sqlite3"):
        importlib.import_module("sqlite3")
    assert importlib.util.find_spec("wave") is not None
    asked: list[str] = []
    sys.meta_path.insert(0, Finder(asked))
    leave_out("sqlite3")
    importlib.invalidate_caches()
    assert asked == ["invalidate_caches"]


def test_pandas_works_without_pyarrow() -> None:
    """As in the worker: tables are read, and the boosting libraries load."""
    found = subprocess.run([sys.executable, "-c", WITHOUT_PYARROW], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout == "(1, 2) False\n"


def _loaded_after_boosting() -> list[str]:
    import lightgbm
    import sklearn.ensemble
    import xgboost

    x, y = np.random.default_rng(0).normal(size=(60, 2)), np.arange(60) % 2
    lightgbm.train({"verbosity": -1, "objective": "binary"}, lightgbm.Dataset(x, y), 2).predict(x)
    xgboost.train({"objective": "binary:logistic"}, xgboost.DMatrix(x, y), 2).inplace_predict(x)
    sklearn.ensemble.RandomForestClassifier(2).fit(x, y)
    return [name for name in ("pandas", "pyarrow") if name in sys.modules]


def test_a_trials_process_loads_no_tables(pool: ProcessExecutor) -> None:
    """The boosting libraries and scikit-learn work there without pandas and pyarrow."""
    assert pool.submit(_loaded_after_boosting).result(timeout=60) == []
