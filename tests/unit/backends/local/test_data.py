from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hfcore.backends.local.data import Datasets
from hfcore.backends.local.store import Store
from hfcore.datasets import load_heart_failure
from hfcore.errors import ArtifactDamaged, DatasetNotFound, InvalidDataset


@pytest.fixture
def datasets(home: Path) -> Datasets:
    return Datasets(Store.open(home))


def test_the_shipped_table_is_always_there(datasets: Datasets) -> None:
    """A new home has the shipped data set and no other."""
    assert [(d.name, d.version, d.rows) for d in datasets.list()] == [("heart-failure-records", 1, 299)]
    assert datasets.get("heart-failure-records").to_pandas().equals(load_heart_failure())


def test_a_table_comes_back_as_it_was(datasets: Datasets) -> None:
    """Numbers, yes/no values, missing cells, text and odd column names survive registering to the last bit."""
    table = pd.DataFrame(
        {
            "x": np.random.default_rng(1).normal(size=30) * 1e-7,
            "whole": np.arange(30) * 10**12,
            "yes": np.arange(30) % 2 == 0,
            'gaps, "quoted"': [None, 0.1] * 15,
            "ärm=cmd": ["=1+1", "b,c"] * 15,
        }
    )
    kept = datasets.register("mine", table, "Thirty rows.")
    pd.testing.assert_frame_equal(kept.to_pandas(), table)
    assert (kept.rows, kept.columns, kept.description) == (30, 5, "Thirty rows.")
    assert [c.kind for c in kept.schema] == ["number", "integer", "boolean", "number", "category"]


def test_versions_count_up_and_stay(datasets: Datasets) -> None:
    """Registering a name again keeps the older version, and the newest is the default."""
    for rows in (5, 6):
        datasets.register("mine", pd.DataFrame({"a": range(rows)}), "")
    assert datasets.get("mine").rows == 6
    assert datasets.get("mine", 1).rows == 5
    assert [(d.name, d.version) for d in datasets.list()] == [("heart-failure-records", 1), ("mine", 2)]


def test_an_unknown_name_lists_the_known_ones(datasets: Datasets) -> None:
    """Asking for a data set or version that does not exist says which ones do."""
    with pytest.raises(DatasetNotFound, match="heart-failure-records"):
        datasets.get("hart-failure")
    with pytest.raises(DatasetNotFound, match="heart-failure-records:7"):
        datasets.get("heart-failure-records", 7)


def test_the_shipped_name_is_taken(datasets: Datasets) -> None:
    """The shipped data set cannot be replaced under its name."""
    with pytest.raises(InvalidDataset, match="choose another name"):
        datasets.register("heart-failure-records", pd.DataFrame({"a": [1]}), "")


def test_a_file_is_registered_by_its_path(datasets: Datasets, tmp_path: Path) -> None:
    """A CSV file can be registered; a missing one is a plain sentence."""
    (tmp_path / "t.csv").write_text("a,b\n1,2\n3,4\n")
    assert datasets.register("mine", tmp_path / "t.csv", "").to_pandas().to_dict("list") == {"a": [1, 3], "b": [2, 4]}
    with pytest.raises(InvalidDataset, match="does not exist"):
        datasets.register("mine", tmp_path / "missing.csv", "")


@pytest.mark.parametrize("name", ["../../etc/passwd", "/abs", "..", "=cmd()", "Ärzte 2026"])
def test_no_name_leads_out_of_the_home_folder(datasets: Datasets, home: Path, name: str) -> None:
    """Names are labels: whatever they are, files keep generated names inside the home folder."""
    datasets.register(name, pd.DataFrame({"a": [1, 2]}), "")
    assert datasets.get(name).rows == 2
    assert [p.parent for p in home.parent.rglob("*.csv")] == [home / "datasets"]


@pytest.mark.parametrize("name", ["na\u202eme", "a" * 101, " ", "CON\u0000"])
def test_names_that_nobody_can_read_are_refused(datasets: Datasets, home: Path, name: str) -> None:
    """An empty, endless or unprintable name is refused, and nothing is written."""
    with pytest.raises(InvalidDataset) as caught:
        datasets.register(name, pd.DataFrame({"a": [1, 2]}), "")
    assert list(caught.value.fields) == ["name"]
    assert list(home.rglob("*.csv")) == []


@pytest.mark.fault
def test_a_changed_table_is_refused(datasets: Datasets, home: Path) -> None:
    """A stored table that was changed behind our back is not read."""
    kept = datasets.register("mine", pd.DataFrame({"a": [1, 2]}), "")
    file = next(home.rglob("*.csv"))
    file.write_text(file.read_text().replace("2", "3"))
    with pytest.raises(ArtifactDamaged, match="SHA-256"):
        kept.to_pandas()
