"""A short real run on the local backend, for tests that need one to have happened."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from hfcore.automl.settings import AutoMLSettings
from hfcore.backends.local.workspace import LocalWorkspace
from hfcore.states import RunState

SHORT = AutoMLSettings(
    label_column_name="DEATH_EVENT",
    excluded_columns=("time",),
    allowed_models=("LogisticRegression", "DecisionTree", "LightGBM"),
    n_cross_validations=3,
    iterations=5,
    experiment_timeout_minutes=15,  # the least that Azure takes; five child runs are done long before
    max_concurrent_iterations=2,
)


@dataclass(frozen=True)
class FinishedRun:
    """A home folder and the id of the completed run in it."""

    home: Path
    run_id: str

    def open(self) -> LocalWorkspace:
        """Open the workspace of this home."""
        return LocalWorkspace(self.home)

    def copy_to(self, home: Path) -> FinishedRun:
        """Copy the whole home to a folder that does not exist yet."""
        shutil.copytree(self.home, home)
        return replace(self, home=home)


def short_run(home: Path) -> FinishedRun:
    """Make a run of a few child runs in a new home and wait for its end."""
    workspace = LocalWorkspace(home)
    run = workspace.wait(workspace.submit("short-run", SHORT).id, timeout=240)
    assert run.state is RunState.COMPLETED, f"{run.state}: {run.message}\n{workspace.logs(run.id)}"
    with closing(sqlite3.connect(home / "store.db")) as store:
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return FinishedRun(home, run.id)
