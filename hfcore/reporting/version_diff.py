"""In what two versions of a registered model differ: settings, columns, steps, figures, threshold, data set and libraries."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hfcore.records import ModelVersion

NOTHING = "–"


@dataclass(frozen=True)
class Difference:
    """One thing that two versions can be told apart by, as text in each of them; `change` is second minus first of a figure."""

    part: str
    name: str
    first: str
    second: str
    change: str = ""

    @property
    def is_same(self) -> bool:
        """Whether both versions have the same."""
        return self.first == self.second


def differences(
    first: ModelVersion, second: ModelVersion, settings: tuple[Mapping[str, object], Mapping[str, object]] | None = None
) -> tuple[Difference, ...]:
    """Return everything that can be compared, also what is the same.

    Args:
        first: One version.
        second: Another one.
        settings: Those of the two runs, where the versions themselves do not hold them.
    """
    told = settings or (first.origin.settings, second.origin.settings)
    return (
        *_pairs("Data set", _data(first), _data(second)),
        *_pairs("Settings", _flat(told[0]), _flat(told[1])),
        *_pairs("Features", dict.fromkeys(first.features, "used"), dict.fromkeys(second.features, "used")),
        *_pairs("Pipeline", _steps(first), _steps(second)),
        *_figures(first.metrics, second.metrics),
        *_pairs("Threshold", _threshold(first), _threshold(second)),
        *_pairs("Libraries", first.origin.libraries, second.origin.libraries),
        *_pairs("Model", _file(first), _file(second)),
    )


def _pairs(part: str, first: Mapping[str, str], second: Mapping[str, str]) -> Iterator[Difference]:
    for name in dict.fromkeys((*first, *second)):
        yield Difference(part, name, first.get(name, NOTHING), second.get(name, NOTHING))


def _figures(first: Mapping[str, float], second: Mapping[str, float]) -> Iterator[Difference]:
    for name in dict.fromkeys((*first, *second)):
        a, b = first.get(name), second.get(name)
        change = f"{b - a:+.3f}" if a is not None and b is not None else ""
        yield Difference("Metrics", name, _figure(a), _figure(b), change)


def _figure(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.3f}"


def _data(model: ModelVersion) -> dict[str, str]:
    origin = model.origin
    told = {"name": origin.dataset, "version": str(origin.dataset_version or ""), "SHA-256": origin.dataset_sha256}
    return {name: value for name, value in told.items() if value}


def _threshold(model: ModelVersion) -> dict[str, str]:
    if model.threshold is None:
        return {}
    return {"threshold": f"{model.threshold:g}", "chosen": model.threshold_rule or NOTHING}


def _steps(model: ModelVersion) -> dict[str, str]:
    """Return each step in its place, and each of its parameters."""
    found: dict[str, str] = {}
    for place, (name, parameters) in enumerate(model.origin.steps, start=1):
        found[f"step {place}"] = name
        found |= {f"step {place}, {key}": _text(value) for key, value in parameters.items()}
    return found


def _file(model: ModelVersion) -> dict[str, str]:
    parity = {} if model.parity is None else {"largest difference to the fitted pipeline": f"{model.parity:.1g}"}
    told = {"algorithm": model.algorithm, "run": model.run_id, "child run": model.child_id, "SHA-256": model.sha256}
    return {**told, "bytes": f"{model.size_bytes:,}", **parity}


def _flat(settings: Mapping[str, object]) -> dict[str, str]:
    return {name: _text(value) for name, value in settings.items()}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
