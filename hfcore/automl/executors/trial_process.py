"""Imported first in a process that works on trials: leaves out the packages that trials do not use."""

from hfcore.automl.executors.lean import leave_out

leave_out("pandas", "pyarrow")
