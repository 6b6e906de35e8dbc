"""Which executor a compute target asks for."""

from __future__ import annotations

from hfcore.automl.executors.pool import ProcessExecutor, process_executor
from hfcore.automl.executors.ray_executor import RayExecutor
from hfcore.automl.executors.targets import LOCAL_RAY, means_ray


def executor_for(target: str, workers: int) -> ProcessExecutor | RayExecutor:
    """Return an executor of `workers` processes: Ray's for "ray" and "ray://host:port", a pool here for any other name.

    It returns at once; a cluster of Ray's comes up while you do other things.

    Raises:
        BackendUnavailable: the target means Ray, and Ray is not installed.
    """
    if not means_ray(target):
        return process_executor(workers)
    return RayExecutor(workers, None if target == LOCAL_RAY else target)
