"""A2 for every group of calls: what passes is not noticed, nothing is made twice, what stays ends after three attempts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

import hfcore
from hfcore.backends.azureml import transport
from hfcore.backends.azureml.workspace import AzureWorkspace
from hfcore.errors import BackendUnavailable
from hfcore.records import ComputeSpec, DeploymentSpec, ModelVersion, Run
from tests.fakes.azure.double import AzureDouble
from tests.fakes.azure.faults import Fault, Faults
from tests.unit.backends.azureml.quick import QUICK

DATA = "heart-failure-records"
Order = Callable[..., Fault]


def _orders(faults: Faults) -> dict[str, Order]:
    """Return what may happen to a request once, by name; `effect`: the work is done and only the answer is lost."""
    return {
        "429": lambda *where, **how: faults.status(*where, 429, retry_after=0, **how),
        "500": lambda *where, **how: faults.status(*where, 500, **how),
        "503": lambda *where, **how: faults.status(*where, 503, **how),
        "reset": faults.reset,
        "broken off": faults.truncated,
    }


LOST = {
    "429": ("429", {}),
    "made, then 500": ("500", {"effect": True}),
    "made, then reset": ("reset", {"effect": True}),
    "made, then broken off": ("broken off", {}),
}


@dataclass
class Stock:
    """A workspace with one of everything in it."""

    azure: AzureDouble
    ws: AzureWorkspace
    run: Run
    model: ModelVersion

    def reads(self) -> dict[str, Callable[[], Any]]:
        """Return every verb that reads, by its group and name, each with what can be compared of its answer."""
        ws, run = self.ws, self.run.id
        return {
            "runs: list": lambda: [r.id for r in ws.runs()],
            "runs: get": lambda: (ws.run(run).state, ws.run(run).best_score),
            "runs: children": lambda: [(c.id, c.score) for c in ws.children(run)],
            "runs: log": lambda: ws.logs(run),
            "runs: report": lambda: ws.report(run).metrics,
            "models: list": lambda: [(m.label, m.sha256) for m in ws.models()],
            "services: list": lambda: [(e.name, e.state) for e in ws.endpoints()],
            "services: keys": lambda: ws.endpoint_keys("hf-stock"),
            "services: log": lambda: ws.endpoint_logs("hf-stock"),
            "data sets: list": lambda: [(d.name, d.version) for d in ws.datasets()],
            "data sets: versions": lambda: [d.version for d in ws.dataset_versions(DATA)],
            "compute: list": lambda: [(t.name, t.state) for t in ws.compute_targets()],
            "everything": lambda: sorted((r.kind, r.id) for r in ws.resources()),
        }


@pytest.fixture
def stock(azure: AzureDouble, monkeypatch: pytest.MonkeyPatch) -> Stock:
    """One of everything, and pauses before another attempt that a test need not wait for."""
    azure.computes.add("heart-f-cluster")
    monkeypatch.setattr(transport, "FIRST_PAUSE_S", 0.001)
    ws = hfcore.connect("azureml", config="config.json")
    assert isinstance(ws, AzureWorkspace)
    run = ws.wait(ws.submit("aml-experiment", replace(QUICK, iterations=1)).id, timeout=240)
    model = ws.register_model(run.id, name="stock")
    ws.deploy(model, DeploymentSpec(name="hf-stock"))
    return Stock(azure, ws, run, model)


def _requests(azure: AzureDouble, read: Callable[[], Any]) -> tuple[Any, set[tuple[str, str]]]:
    """Return what a verb answers, and the method and address of every request that it takes."""
    azure.journal.calls.clear()
    answer = read()
    return answer, {(c.ask.method, f"^{re.escape(f'{c.ask.host}{c.ask.path}')}$") for c in azure.journal.calls}


@pytest.mark.fault
@pytest.mark.timeout(300)
def test_what_passes_is_not_noticed_and_nothing_is_made_twice(stock: Stock) -> None:
    """Reading verbs answer the same whatever happens once to each of their requests; what is made is made once."""
    _read_all(stock)
    _make_all(stock)


def _read_all(stock: Stock) -> None:
    again = hfcore.connect("azureml", config="config.json")  # which remembers nothing
    assert isinstance(again, AzureWorkspace)
    faults, struck, groups = stock.azure.faults, 0, 0
    for name, read in replace(stock, ws=again).reads().items():
        expected, requests = _requests(stock.azure, read)
        groups += bool(requests)
        for kind, order in _orders(faults).items():
            ordered = [order(*where, times=1) for where in requests if _can_be(kind, where)]
            assert read() == expected, (name, kind)
            struck += sum(fault.struck for fault in ordered)
            faults.clear()
    print(f"{groups} verbs asked Azure; {struck} requests were struck and asked again")
    assert groups >= 10
    assert struck >= 100


def _can_be(kind: str, where: tuple[str, str]) -> bool:
    """Tell whether a fault can be noticed: a file that breaks off as if it were whole cannot."""
    return kind != "broken off" or "blob" not in where[1]


def _make_all(stock: Stock) -> None:
    """Make one thing of each kind, whatever becomes of the answer to the request that makes it."""
    azure, ws = stock.azure, stock.ws
    azure.services.held = True
    for number, (kind, how) in enumerate(LOST.values(), 1):
        order = _orders(azure.faults)[kind]
        order("POST", r"/models$", times=1, **how)
        assert ws.register_model(stock.run.id, name="once").version == number
        order("POST", r"/services$", times=1, **how)
        made = azure.services.made
        ws.deploy(stock.model, DeploymentSpec(name=f"hf-once-{number}"), wait=False)
        assert azure.services.made == made + 1
        order("PUT", r"/computes/once-\d+$", times=1, **how)
        ws.ensure_compute(ComputeSpec(f"once-{number}", min_nodes=0))
        order("POST", r"/datasets$", times=1, **how)
        table = ws.dataset(DATA).to_pandas().head(100 + number)
        assert ws.register_dataset("once", table).version == number
        azure.faults.clear()
    assert len([m for m in ws.models() if m.name == "once"]) == len(LOST)
    assert len([t for t in ws.compute_targets() if t.name.startswith("once")]) == len(LOST)
    assert [d.version for d in ws.dataset_versions("once")] == list(range(len(LOST), 0, -1))
    azure.services.release()


@pytest.mark.fault
def test_what_stays_ends_after_three_attempts(azure: AzureDouble, monkeypatch: pytest.MonkeyPatch) -> None:
    """In every group an error that does not pass is one sentence after three attempts."""
    monkeypatch.setattr(transport, "FIRST_PAUSE_S", 0.001)
    ws = hfcore.connect("azureml", config="config.json")
    verbs = {
        r"/computes$": ws.compute_targets,
        r"/services$": ws.endpoints,
        r"/models$": ws.models,
        r"/history/.*": ws.runs,
        r"/dataset/": lambda: ws.dataset(DATA),
    }
    for where, read in verbs.items():
        fault = azure.faults.status("*", where, 503)
        with pytest.raises(BackendUnavailable, match="503"):
            read()
        assert fault.struck == transport.TRIES, where
        azure.faults.clear()
