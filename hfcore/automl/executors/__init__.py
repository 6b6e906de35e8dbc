"""Where trials are worked on: in this process, in a pool of processes, or on Ray; one file for each."""

from hfcore.automl.executors.choice import executor_for as executor_for
from hfcore.automl.executors.inline import InlineExecutor as InlineExecutor
from hfcore.automl.executors.pool import ProcessExecutor as ProcessExecutor
from hfcore.automl.executors.pool import process_executor as process_executor
from hfcore.automl.executors.ray_executor import RayExecutor as RayExecutor
from hfcore.automl.executors.ray_executor import ray_executor as ray_executor
from hfcore.automl.executors.seam import TrialExecutor as TrialExecutor
