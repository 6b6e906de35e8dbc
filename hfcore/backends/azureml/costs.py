"""What is billed in Azure and while when, in words; prices differ by region and contract, so none is given."""

from __future__ import annotations

from hfcore.records import ComputeSpec


def cluster(vm_size: str, min_nodes: int, max_nodes: int) -> str:
    """Say what a cluster costs while nothing runs, and while something does."""
    if min_nodes:
        held = "1 node is" if min_nodes == 1 else f"{min_nodes} nodes are"
        return f"{held} billed all the time as {vm_size}, also while nothing runs; min_nodes = 0 would avoid that"
    return f"nothing while nothing runs; up to {max_nodes} x {vm_size} while a run is at work"


def wish(spec: ComputeSpec) -> str:
    """Say what a cluster that is not there yet would cost."""
    return cluster(spec.vm_size, spec.min_nodes, spec.max_nodes)


def service(cpu_cores: float, memory_gb: float) -> str:
    """Say what a container instance costs."""
    cores = "1 core" if cpu_cores == 1 else f"{cpu_cores:g} cores"
    return f"billed per second for {cores} and {memory_gb:g} GB until it is deleted"


RUN = "nodes of its cluster while it is at work"
STORED = "storage only"
