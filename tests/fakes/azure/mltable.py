"""A data set's table as the SDK's engine describes it (MLTable): which files, how they are read, what is done to the columns."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.fakes.azure.place import Place

if TYPE_CHECKING:
    import pandas as pd

_PARQUET = """---
type: mltable
paths:
  - pattern: "{store}/paths/{path}"
transformations:
  - read_parquet:
      path_column: Path
      include_path_column: false
metadata:
  infer_column_types: "False"
"""
_TYPES = {"boolean": "bool", "int": "int64", "float": "float64", "string": "str"}


def of_parquet(place: Place, path: str) -> str:
    """Return the description of one Parquet file in the default datastore."""
    store = (
        f"azureml://subscriptions/{place.subscription}/resourcegroups/{place.group}"
        f"/workspaces/{place.workspace}/datastores/workspaceblobstore"
    )
    return _PARQUET.format(store=store, path=path)


def places(description: str) -> list[str]:
    """Return the paths in the default datastore that a description names, without a star at their end."""
    return [p.rstrip("*") for p in re.findall(r"/datastores/workspaceblobstore/paths/([^\s\"']*)", description)]


def read(description: str, files: Mapping[str, bytes]) -> pd.DataFrame:
    """Return the table: the files one after another, then every change of columns in order. Raises ValueError."""
    import pandas as pd
    import yaml

    frame = pd.concat([_file(path, content) for path, content in files.items()], ignore_index=True)
    for step in yaml.safe_load(description)["transformations"]:
        ((name, told),) = step.items()
        frame = frame if name in ("read_parquet", "read_delimited") else _changed(frame, name, told)
    return frame


def _file(path: str, content: bytes) -> pd.DataFrame:
    import pandas as pd

    return pd.read_parquet(io.BytesIO(content)) if path.endswith(".parquet") else pd.read_csv(io.BytesIO(content))


def _changed(frame: pd.DataFrame, name: str, told: Any) -> pd.DataFrame:
    if name == "drop_columns":
        return frame.drop(columns=_listed(told))
    if name == "keep_columns":
        return frame[_listed(told)]
    if name == "convert_column_types":
        return frame.astype({column: _TYPES[t["column_type"]] for t in told for column in _listed(t["columns"])})
    raise ValueError(f"The double cannot apply {name} to a table.")


def _listed(names: Any) -> list[str]:
    return [str(n) for n in names] if isinstance(names, list) else [str(names)]
