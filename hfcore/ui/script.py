"""What was clicked, as a Python script that does the same and runs as it is."""

from __future__ import annotations

import os
from collections.abc import Mapping

from hfcore.automl.settings import AutoMLSettings
from hfcore.settings import Settings
from hfcore.workspace import DEFAULT_DATASET, Workspace

_ALWAYS = ("label_column_name", "primary_metric", "experiment_timeout_minutes", "max_concurrent_iterations")


def training(
    backend: str, experiment: str, settings: AutoMLSettings, dataset: str, place: Mapping[str, str] | None = None
) -> str:
    """Return the script that starts this run, waits for it and prints what was best."""
    given = [f"        {name}={value!r}," for name, value in _given(settings).items()]
    table = [] if dataset == DEFAULT_DATASET else [f"    dataset={dataset!r},"]
    lines = [
        "import hfcore",
        "",
        f"ws = {_connect(backend, place or {})}",
        "run = ws.submit(",
        f"    {experiment!r},",
        "    hfcore.AutoMLSettings(",
        *given,
        "    ),",
        *table,
        ")",
        "run = ws.wait(run.id)",
        "print(run.state, run.best_algorithm, run.best_score)",
    ]
    return "\n".join(lines) + "\n"


def step(ws: Workspace, lines: str) -> str:
    """Return a script that opens this workspace and does one step."""
    return f"import hfcore\n\nws = {opened(ws)}\n{lines}"


def opened(ws: Workspace) -> str:
    """Return the expression that opens this workspace."""
    return _connect(ws.backend, ws.place)


def _connect(backend: str, place: Mapping[str, str]) -> str:
    home = os.environ.get("HF_HOME")
    if backend == "local" and home:
        return f"hfcore.connect({backend!r}, home={str(Settings.from_env().home)!r})"
    if place:
        named = {"workspace_name": place["workspace"], **{n: place[n] for n in ("resource_group", "subscription_id")}}
        return f"hfcore.connect({backend!r}, config={named!r})"
    return f"hfcore.connect({backend!r})"


def _given(settings: AutoMLSettings) -> Mapping[str, object]:
    """Return the settings that say something: those the lesson names, and those that differ from the defaults."""
    values = settings.to_dict()
    plain = AutoMLSettings(label_column_name=settings.label_column_name).to_dict()
    return {name: value for name, value in values.items() if name in _ALWAYS or value != plain[name]}
