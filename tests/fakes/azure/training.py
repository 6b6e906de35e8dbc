"""The compute of the double: `python -m tests.fakes.azure.training FOLDER` really trains and tells in lines of JSON what happens.

FOLDER holds `order.json` (what the SDK sent as AutoML settings) and `table.parquet`; the files of each child run go below it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from hfcore import automl
from hfcore.automl.outcome import ChildOutcome, TrialPlan
from hfcore.automl.table import training_table
from hfcore.errors import HfError
from tests.fakes.azure.automl_settings import engine_settings
from tests.fakes.azure.outputs import child_files


def say(event: str, **facts: Any) -> None:
    """Tell whoever started this process what has happened."""
    print(json.dumps({"event": event, **facts}), flush=True)


class Telling:
    """Tells of every child run, and writes what it leaves behind."""

    def __init__(self, folder: Path, frame: pd.DataFrame, settings: automl.AutoMLSettings) -> None:
        self._folder, self._frame = folder, frame
        self._table = training_table(frame, settings)
        self._folds = self._table.folds(settings)

    def plan(self, plans: Sequence[TrialPlan]) -> None:
        """Tell how many child runs are planned, and about what table."""
        classes, (rows, columns) = self._table.classes, self._table.values.shape
        say("plan", count=len(plans), rows=rows, columns=columns, classes=classes)

    def start(self, plan: TrialPlan) -> None:
        """Tell that a child run starts."""
        say("start", number=plan.number, algorithm=plan.algorithm, parameters=dict(plan.parameters))

    def child(self, outcome: ChildOutcome) -> None:
        """Write the files of a child run and tell how it ended."""
        if outcome.is_scored:
            for path, content in child_files(outcome, self._table, self._folds, self._frame).items():
                target = self._folder / str(outcome.number) / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
        told = {"score": outcome.score, "metrics": dict(outcome.metrics), "seconds": outcome.seconds, "message": outcome.message}
        steps, members = [asdict(s) for s in outcome.steps], [asdict(m) for m in outcome.members]
        say(
            "child",
            number=outcome.number,
            algorithm=outcome.algorithm,
            well=outcome.is_scored,
            steps=steps,
            members=members,
            **told,
        )


def main(folder: Path) -> None:
    """Train as ordered, or say in a sentence why nothing could be trained."""
    try:
        settings = engine_settings(json.loads((folder / "order.json").read_text()))
        frame = pd.read_parquet(folder / "table.parquet")
        telling = Telling(folder, frame, settings)
        automl.fit(frame, settings, telling.child, on_plan=telling.plan, on_start=telling.start)
        say("done")
    except HfError as error:
        say("failed", message=str(error))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
