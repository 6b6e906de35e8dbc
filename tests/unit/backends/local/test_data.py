from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import update

from hfcore.backends.local.data import Datasets
from hfcore.backends.local.store import Store
from hfcore.backends.local.tables import datasets as table_of_datasets
from hfcore.backends.local.tables import runs
from hfcore.backends.local.workspace import LocalWorkspace
from hfcore.datasets import load_heart_failure
from hfcore.errors import ArtifactDamaged, DatasetNotFound, InvalidDataset
from tests.finished import FinishedRun


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


def test_deleting_the_current_version_leaves_the_one_before(workspace: LocalWorkspace) -> None:
    """With the newest version gone the one that was current before it is current again, and it alone is left to list."""
    for rows in (5, 6):
        workspace.register_dataset("mine", pd.DataFrame({"a": range(rows)}))
    workspace.delete("dataset", workspace.dataset("mine").id)
    assert (workspace.dataset("mine").version, workspace.dataset("mine").rows) == (1, 5)
    assert [d.version for d in workspace.dataset_versions("mine")] == [1]


def test_a_number_that_a_run_has_used_is_not_given_again(finished_home: FinishedRun) -> None:
    """A run says which version it worked with, so a deleted version's number goes to no other table."""
    workspace = finished_home.open()
    workspace.register_dataset("mine", pd.DataFrame({"a": [1, 2]}))
    store = Store.open(finished_home.home)
    with store.write() as connection:
        connection.execute(update(runs).values(dataset="mine", dataset_version=4))
    assert workspace.register_dataset("mine", pd.DataFrame({"a": [1, 2, 3]})).version == 5


def test_going_back_holds_when_the_clock_was_set_back(datasets: Datasets, home: Path) -> None:
    """The version that was chosen last is the current one, even when the clock says that it was chosen first."""
    for rows in (5, 6):
        datasets.register("mine", pd.DataFrame({"a": range(rows)}), "")
    with Store.open(home).write() as connection:
        later = datetime.now(UTC) + timedelta(days=1)
        connection.execute(update(table_of_datasets).where(table_of_datasets.c.version == 2).values(current_since=later))
    datasets.choose("mine", 1)
    assert datasets.get("mine").version == 1


def test_text_stays_text(datasets: Datasets) -> None:
    """Codes with zeros in front and words that mean nothing to a reader of numbers come back as they were."""
    table = pd.DataFrame({"code": ["007", "1e5", "NA", "None"], "x": [1, 2, 3, 4]})
    assert datasets.register("mine", table, "").to_pandas()["code"].tolist() == ["007", "1e5", "NA", "None"]


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
