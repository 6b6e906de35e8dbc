"""Compute targets of this machine: "local", and stored names that bound the number of processes."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime

import psutil
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from hfcore.backends.local.store import Store
from hfcore.backends.local.tables import compute_targets
from hfcore.errors import ComputeNotFound, InvalidSettings
from hfcore.records import ComputeSpec, ComputeTarget

LOCAL = "local"
NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,23}")


def cores() -> int:
    """Return how many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def machine() -> str:
    """Describe this machine in a few words, as a compute target's size."""
    count = cores()
    gigabytes = round(psutil.virtual_memory().total / 2**30)
    return f"this machine, {count} {'core' if count == 1 else 'cores'}, {gigabytes} GB"


class ComputeTargets:
    """The places a run can be submitted to. All of them are this machine; a name of its own bounds the processes."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def list(self) -> Sequence[ComputeTarget]:
        """Return every compute target, "local" first."""
        with self._store.read() as connection:
            rows = connection.execute(select(compute_targets).order_by(compute_targets.c.name)).all()
        local = ComputeTarget(LOCAL, machine(), 0, cores(), "Ready", "Runs on this machine, in processes of its own.")
        return [local, *(_target(row.name, row.vm_size, row.min_nodes, row.max_nodes) for row in rows)]

    def get(self, name: str) -> ComputeTarget:
        """Return one compute target. Raises ComputeNotFound, which lists the known names."""
        found = self.list()
        for target in found:
            if target.name == name:
                return target
        raise ComputeNotFound(name, [target.name for target in found])

    def ensure(self, spec: ComputeSpec) -> ComputeTarget:
        """Return the target called `spec.name`, kept first when it is new. Raises InvalidSettings."""
        wrong = _wrong(spec)
        if wrong:
            raise InvalidSettings(wrong)
        if spec.name not in [target.name for target in self.list()]:
            self._keep(spec)
        return self.get(spec.name)

    def _keep(self, spec: ComputeSpec) -> None:
        row = {"name": spec.name, "vm_size": spec.vm_size, "min_nodes": spec.min_nodes, "max_nodes": spec.max_nodes}
        try:
            with self._store.write() as connection:
                connection.execute(insert(compute_targets).values(created_at=datetime.now(UTC), **row))
        except IntegrityError:
            self.get(spec.name)  # another process was quicker: that one stands

    def processes(self, name: str, wanted: int) -> int:
        """Return how many processes a run that wants `wanted` gets on a target: no more than nodes and cores."""
        return max(1, min(wanted, self.get(name).max_nodes, cores()))


def _target(name: str, vm_size: str, low: int, high: int) -> ComputeTarget:
    detail = f"Stands for {vm_size}; here it is {machine()}, and at most {high} {'process' if high == 1 else 'processes'}."
    return ComputeTarget(name, vm_size, low, high, "Ready", detail)


def _wrong(spec: ComputeSpec) -> dict[str, str]:
    wrong = {}
    if not NAME.fullmatch(spec.name):
        wrong["name"] = (
            f"The compute name {spec.name!r} does not fit: 2 to 24 letters, digits or hyphens, starting with a letter."
        )
    if not 0 <= spec.min_nodes <= spec.max_nodes:
        wrong["min_nodes"] = f"min_nodes is {spec.min_nodes}; it must be between 0 and max_nodes, {spec.max_nodes}."
    if not 1 <= spec.max_nodes <= 100:
        wrong["max_nodes"] = f"max_nodes is {spec.max_nodes}; it must be between 1 and 100 nodes."
    return wrong
