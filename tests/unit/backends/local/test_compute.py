from __future__ import annotations

import os
from pathlib import Path

import pytest

from hfcore.backends.local.compute import ComputeTargets, cores
from hfcore.backends.local.store import Store
from hfcore.errors import ComputeNotFound, InvalidSettings
from hfcore.records import ComputeSpec


@pytest.fixture
def targets(home: Path) -> ComputeTargets:
    return ComputeTargets(Store.open(home))


def test_this_machine_is_described(targets: ComputeTargets) -> None:
    """The targets "local" and "ray" always exist, "local" first, and say how large this machine is."""
    local, ray = targets.list()
    assert (ray.name, ray.state, ray.max_nodes, ray.vm_size) == ("ray", "Ready", local.max_nodes, local.vm_size)
    assert (local.name, local.state, local.max_nodes) == ("local", "Ready", len(os.sched_getaffinity(0)))
    assert local.vm_size.startswith("this machine, ")
    assert local.vm_size.endswith(" GB")


def test_a_target_is_made_once(targets: ComputeTargets) -> None:
    """Asking for a name makes it the first time and returns the very same target from then on."""
    first = targets.ensure(ComputeSpec("aml-hf", max_nodes=2))
    again = targets.ensure(ComputeSpec("aml-hf", max_nodes=9))
    assert first == again
    assert [t.name for t in targets.list()] == ["local", "ray", "aml-hf"]


def test_a_target_bounds_the_processes(targets: ComputeTargets, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run never gets more processes than it wants, than the target has nodes, or than there are processors."""
    monkeypatch.setattr("hfcore.backends.local.compute.cores", lambda: 4)
    targets.ensure(ComputeSpec("narrow", max_nodes=2))
    assert [targets.processes("narrow", n) for n in (1, 2, 3)] == [1, 2, 2]
    assert [targets.processes("local", n) for n in (1, 4, 64)] == [1, 4, 4]
    assert cores() == len(os.sched_getaffinity(0))


def test_an_unknown_target_lists_the_known_ones(targets: ComputeTargets) -> None:
    """A target that does not exist is named together with those that do."""
    with pytest.raises(ComputeNotFound, match="'local'"):
        targets.get("cluster")


def test_every_wrong_field_is_told_at_once(targets: ComputeTargets) -> None:
    """A specification with several mistakes names all of them."""
    with pytest.raises(InvalidSettings) as caught:
        targets.ensure(ComputeSpec("9 lives", min_nodes=5, max_nodes=0))
    assert set(caught.value.fields) == {"name", "min_nodes", "max_nodes"}
