"""Where a registered model came from, as its row keeps it: readable after its run has been deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row

from hfcore.backends.local.journal import storable
from hfcore.records import ModelOrigin
from hfcore.reporting.report import ModelReport


def of(run: Row[Any], report: ModelReport) -> dict[str, Any]:
    """Return the origin of a child run's model as JSON can hold it."""
    told = ModelOrigin(
        dataset=run.dataset,
        dataset_version=run.dataset_version,
        dataset_sha256=run.dataset_sha256,
        settings=run.settings,
        steps=tuple((step.name, step.parameters) for step in report.steps),
        libraries=report.libraries,
    )
    kept: dict[str, Any] = storable(asdict(told))
    return kept


def restored(kept: Mapping[str, Any]) -> ModelOrigin:
    """Return the origin that `of` made, an empty one of a version that was registered before there was one."""
    steps = tuple((name, parameters) for name, parameters in kept.get("steps", ()))
    return ModelOrigin(**{**kept, "steps": steps})
