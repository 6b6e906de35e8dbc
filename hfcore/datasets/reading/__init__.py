"""Reads a table from a CSV, Parquet or XLSX file; what is repaired is named, everything else is refused in one sentence."""

from __future__ import annotations

from hfcore.datasets.reading.apart import read_apart as read_apart
from hfcore.datasets.reading.file import read_table as read_table
from hfcore.datasets.reading.record import Reading as Reading
from hfcore.datasets.reading.record import Repair as Repair
