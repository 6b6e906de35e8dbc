"""Metrics of runs: figures kept as they are, tables kept as artifacts and named by their place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from tests.fakes.azure.exchange import Ask, Refusal
from tests.fakes.azure.place import API, guid, stamp
from tests.fakes.azure.routes import route

SCALAR, ACCURACY_TABLE, CONFUSION_MATRIX = "azureml.v1.scalar", "azureml.v2.accuracy_table", "azureml.v2.confusion_matrix"
_AT = "/metric/v2.0{ws}/runs/{run}"


@dataclass
class Logged:
    """One metric of a run with every value it was given."""

    name: str
    kind: str
    values: list[Any]
    moment: str

    @property
    def column(self) -> str:
        """Azure's word for the type of a value."""
        if self.kind != SCALAR:
            return "Artifact"
        return "Double" if isinstance(self.values[0], float) else "String"

    def rows(self) -> list[dict[str, Any]]:
        """Return the values as the service writes them; what is no number is written as the text NaN."""
        plain = ["NaN" if isinstance(v, float) and math.isnan(v) else v for v in self.values]
        fixed = {"createdUtc": self.moment, "sasUri": None, "numCells": 1}
        return [{"metricId": guid(), "step": i, "data": {self.name: v}, **fixed} for i, v in enumerate(plain)]


class Metrics:
    """What every run has logged."""

    def __init__(self) -> None:
        self.logged: dict[str, dict[str, Logged]] = {}

    def log(self, run_id: str, name: str, value: Any, kind: str = SCALAR) -> None:
        """Add a value to a metric of a run."""
        metrics = self.logged.setdefault(run_id, {})
        metrics.setdefault(name, Logged(name, kind, [], stamp())).values.append(value)

    @route("POST", API, _AT + "/list")
    def list(self, ask: Ask) -> Any:
        """Name the metrics of a run."""
        found = self.logged.get(ask["run"], {}).values()
        return {"value": [_definition(ask["run"], m) for m in found], "continuationToken": None, "nextLink": None}

    @route("POST", API, _AT + "/full")
    def full(self, ask: Ask) -> Any:
        """Give every value of one metric."""
        metric = self.logged.get(ask["run"], {}).get(ask.json["metricName"])
        if metric is None:
            raise Refusal(404, "UserError", f"Metric {ask.json['metricName']} was not found for run {ask['run']}.")
        properties = {"uxMetricType": metric.kind, "dataLocation": None}
        told = {**_definition(ask["run"], metric), "name": metric.name, "dataContainerId": f"dcid.{ask['run']}"}
        return {**told, "properties": properties, "value": metric.rows(), "continuationToken": None, "nextLink": None}

    @route("POST", API, _AT + "/lastvalues")
    def last_values(self, ask: Ask) -> Any:
        """Give the last value of every metric."""
        found = self.logged.get(ask["run"], {}).values()
        value = [{**_definition(ask["run"], m), "name": m.name, "value": m.rows()[-1:]} for m in found]
        return {"value": value, "continuationToken": None, "nextLink": None}


def _definition(run_id: str, metric: Logged) -> dict[str, Any]:
    key = {"name": metric.name, "dataContainerId": f"dcid.{run_id}", "metricNamespace": "", "labels": {}}
    return {"metricKey": {**key, "labelFilters": None}, "columns": {metric.name: metric.column}, "uxMetricType": metric.kind}
