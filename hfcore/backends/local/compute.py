"""Compute targets: this machine in processes or by Ray, stored names that bound the processes, and Ray clusters by address."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime

import psutil
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from hfcore.automl.executors.targets import LOCAL_RAY, NOT_INSTALLED, NOT_THERE, is_ray_installed, means_ray, why_not
from hfcore.backends.local.store import Store
from hfcore.backends.local.tables import compute_targets
from hfcore.errors import BackendUnavailable, ComputeNotFound, InvalidSettings
from hfcore.records import ComputeSpec, ComputeTarget

LOCAL = "local"
MOST_NODES = 64  # as many child runs at a time as the settings allow
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
    """The places a run can be submitted to. All are this machine, but for the address of a Ray cluster."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def list(self) -> Sequence[ComputeTarget]:
        """Return every compute target with a name, "local" first; a Ray cluster's address is one too and stands nowhere."""
        with self._store.read() as connection:
            rows = connection.execute(select(compute_targets).order_by(compute_targets.c.name)).all()
        local = ComputeTarget(LOCAL, machine(), 0, cores(), "Ready", "Runs on this machine, in processes of its own.")
        return [local, _local_ray(), *(_target(row.name, row.vm_size, row.min_nodes, row.max_nodes) for row in rows)]

    def get(self, name: str) -> ComputeTarget:
        """Return one compute target. Raises ComputeNotFound, which lists the known names."""
        if _is_cluster(name):
            return ComputeTarget(name, "a Ray cluster", 0, MOST_NODES, "Ready", "Runs on the cluster at this address.")
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
        """Return how many processes a run that wants `wanted` gets on a target: no more than its nodes or our processors.

        Raises:
            ComputeNotFound: there is no such target.
            BackendUnavailable: the target means Ray, which is not installed here or does not answer there.
        """
        target = self.get(name)
        reason = why_not(name) if means_ray(name) else None
        if reason:
            raise BackendUnavailable(reason)
        return max(1, min(wanted, target.max_nodes, wanted if _is_cluster(name) else cores()))


def _is_cluster(name: str) -> bool:
    return means_ray(name) and name != LOCAL_RAY


def _local_ray() -> ComputeTarget:
    if not is_ray_installed():
        return ComputeTarget(LOCAL_RAY, machine(), 0, cores(), NOT_THERE, NOT_INSTALLED)
    return ComputeTarget(
        LOCAL_RAY, machine(), 0, cores(), "Ready", "Runs on this machine, by Ray, which starts more slowly than 'local'."
    )


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
