"""The frozen records that cross the seam between a backend and everything above it.

All moments are timezone-aware UTC datetimes, all durations seconds, all sizes bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from hfcore.errors import InvalidSettings
from hfcore.states import DeploymentState, EndpointState, RunState

EXPERIMENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{2,35}")
ALIAS = re.compile(r"(?!v\d+$)[a-z][a-z0-9-]{1,31}")  # never like a version, v3
CHAMPION, CHALLENGER = "champion", "challenger"
ENDPOINT_NAME = re.compile(r"[a-z](?:[a-z0-9-]{1,30})[a-z0-9]")


@dataclass(frozen=True)
class ChildRun:
    """One trial of a run: a pipeline with its cross-validated score.

    `score` is the run's primary metric, the mean over the validation folds; `fold_scores` holds
    that metric per fold. `algorithm` is Azure's spelling, e.g. "StandardScalerWrapper, LightGBM".
    `uses_follow_up_time` says whether the column `time` was among the features.
    """

    id: str
    run_id: str
    number: int
    algorithm: str
    state: RunState
    score: float | None = None
    fold_scores: tuple[float, ...] = ()
    metrics: Mapping[str, float] = field(default_factory=dict)
    seconds: float | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    message: str | None = None


@dataclass(frozen=True)
class Guardrail:
    """One check of a table: its name, "Passed", "Alerted" or "Done", what was found, and what to do ("" when nothing)."""

    name: str
    state: str
    sentence: str
    what_to_do: str = ""


@dataclass(frozen=True)
class Run:
    """One AutoML run. `settings` is `AutoMLSettings.to_dict()`; `phase` is a plain phrase.

    `message` is the plain sentence of a failure; `planned` the number of child runs that the
    search intends to try (None until known); `finished` those that have ended. `guardrails` say what
    was checked in the table and what was done about it, empty until the table has been read.
    """

    id: str
    experiment: str
    state: RunState
    settings: Mapping[str, object]
    dataset: str
    dataset_version: int
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    phase: str = ""
    message: str | None = None
    planned: int | None = None
    finished: int = 0
    best_child_id: str | None = None
    best_algorithm: str | None = None
    best_score: float | None = None
    attempts: int = 0
    guardrails: tuple[Guardrail, ...] = ()

    @property
    def primary_metric(self) -> str:
        """Azure's name of the metric that the run optimises."""
        return str(self.settings["primary_metric"])

    @property
    def excluded_columns(self) -> tuple[str, ...]:
        """Columns that were left out of the features."""
        columns = self.settings.get("excluded_columns") or ()
        return tuple(str(c) for c in columns)  # type: ignore[attr-defined]


@dataclass(frozen=True)
class ComputeSpec:
    """A compute target that is wanted: name, machine size, and the bounds of its node count."""

    name: str
    vm_size: str = "Standard_D2_v2"
    min_nodes: int = 1
    max_nodes: int = 3


@dataclass(frozen=True)
class ComputeTarget:
    """A compute target that exists. `state` is a plain word such as "Ready"."""

    name: str
    vm_size: str
    min_nodes: int
    max_nodes: int
    state: str
    detail: str = ""


@dataclass(frozen=True)
class ModelOrigin:
    """Where a registered model came from; what is not known is empty.

    `settings` are those of its run, `steps` the fitted pipeline's with their parameters, `libraries` the versions it was
    trained with by name.
    """

    dataset: str = ""
    dataset_version: int | None = None
    dataset_sha256: str = ""
    settings: Mapping[str, object] = field(default_factory=dict)
    steps: tuple[tuple[str, Mapping[str, object]], ...] = ()
    libraries: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelVersion:
    """A registered model: a code-free artifact, where it came from, and what people say about it.

    `features` are the input columns in training order; `sha256` is that of the model file;
    `parity` is the largest |difference in probability| to the fitted pipeline over every training row.
    `threshold` is the risk from which on `predict` gives the positive class, `threshold_rule` how it was chosen in words; None
    when it is not known or there are several classes. A threshold never changes: another one makes another version.
    `description`, `tags` and `aliases` can be changed; `changed_at` and `changed_by` tell the last time.
    """

    name: str
    version: int
    sha256: str
    run_id: str
    child_id: str
    algorithm: str
    features: tuple[str, ...]
    created_at: datetime
    size_bytes: int
    metrics: Mapping[str, float] = field(default_factory=dict)
    parity: float | None = None
    uses_follow_up_time: bool = False
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    threshold: float | None = None
    threshold_rule: str = ""
    aliases: tuple[str, ...] = ()
    registered_by: str = ""
    changed_at: datetime | None = None
    changed_by: str = ""
    origin: ModelOrigin = field(default_factory=ModelOrigin)

    @property
    def label(self) -> str:
        """Name and version as people write them: `name:3`."""
        return f"{self.name}:{self.version}"


@dataclass(frozen=True)
class DeploymentSpec:
    """What an endpoint shall be: name, processors, memory (GB), tags, key authentication.

    `entry_script` is for backends that offer a choice: "generated" for AutoML's own, "own" for ours, "" for the backend's choice.

    Raises:
        InvalidSettings: all fields that break a rule, at once.
    """

    name: str
    cpu_cores: float = 1
    memory_gb: float = 1
    tags: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    auth: bool = True
    entry_script: str = ""

    def __post_init__(self) -> None:
        wrong = {}
        if not ENDPOINT_NAME.fullmatch(self.name):
            wrong["name"] = (
                f"The endpoint name {self.name!r} does not fit: 3 to 32 lower-case letters, digits or "
                "hyphens, starting with a letter and not ending with a hyphen."
            )
        if not 0.1 <= self.cpu_cores <= 16:
            wrong["cpu_cores"] = f"cpu_cores is {self.cpu_cores}; it must be between 0.1 and 16 cores."
        if not 0.5 <= self.memory_gb <= 64:
            wrong["memory_gb"] = f"memory_gb is {self.memory_gb}; it must be between 0.5 and 64 GB."
        if wrong:
            raise InvalidSettings(wrong)


@dataclass(frozen=True)
class Deployment:
    """One version that was put, or was to be put, into service at an endpoint; numbered from 1.

    `by` is the user who asked for it, `changed_at` when it came into its present state, `message` why it was refused or left.
    """

    number: int
    model_name: str
    model_version: int
    state: DeploymentState
    created_at: datetime
    changed_at: datetime
    by: str = ""
    message: str | None = None

    @property
    def label(self) -> str:
        """Name and version of the model: `name:3`."""
        return f"{self.model_name}:{self.model_version}"


@dataclass(frozen=True)
class SmokeTest:
    """A model that was opened and has repeated its recorded predictions, before anybody is served by it.

    `difference` is the largest |difference in probability| over `rows` patients, `milliseconds` how long they took.
    """

    rows: int
    difference: float
    milliseconds: float


@dataclass(frozen=True)
class Endpoint:
    """A model in service. `phase` says what a deployment is doing now, `message` why it failed.

    `deployments` are the latest ones, newest first; `rollback_to` is the version, `name:2`, that `Workspace.rollback` would
    put back into service, None when there is none. Backends without versions leave both empty. `threshold` is the risk from
    which on `predict` gives the positive class, None when the endpoint's own rule is not known.
    """

    name: str
    state: EndpointState
    model_name: str
    model_version: int
    created_at: datetime
    scoring_uri: str | None = None
    auth: bool = True
    primary_key: str | None = field(default=None, repr=False)
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    cpu_cores: float = 1
    memory_gb: float = 1
    phase: str = ""
    message: str | None = None
    changed_at: datetime | None = None
    features: tuple[str, ...] = ()
    uses_follow_up_time: bool = False
    deployments: tuple[Deployment, ...] = ()
    rollback_to: str | None = None
    threshold: float | None = None

    @property
    def label(self) -> str:
        """Name and version of the model in service: `name:3`."""
        return f"{self.model_name}:{self.model_version}"

    @property
    def update(self) -> Deployment | None:
        """The deployment that is being prepared beside the version in service, None when there is none."""
        underway = (d for d in self.deployments if d.state is DeploymentState.UNDERWAY)
        return next(underway, None) if self.state is not EndpointState.TRANSITIONING else None


@dataclass(frozen=True)
class Resource:
    """One thing that exists and may cost something, for the clean-up page.

    `kind` is one of "run", "model", "endpoint", "dataset", "compute"; `id` is what `Workspace.delete`
    takes; `running_cost` is a plain phrase when the thing costs money while it exists; `blocked_by`
    says in words why it cannot be deleted now. `aliases` are those of a model version.
    """

    kind: str
    id: str
    name: str
    state: str
    created_at: datetime | None
    size_bytes: int
    detail: str = ""
    running_cost: str | None = None
    blocked_by: str | None = None
    processes: tuple[int, ...] = ()
    aliases: tuple[str, ...] = ()


def checked_aliases(aliases: Iterable[str]) -> tuple[str, ...]:
    """Return the aliases in order, each once, else raise InvalidSettings."""
    wanted = sorted(dict.fromkeys(aliases))
    bad = next((a for a in wanted if not ALIAS.fullmatch(a)), None)
    if bad is not None:
        sentence = f"The alias {bad!r} does not fit: 2 to 32 lower-case letters, digits or hyphens, starting with a letter."
        raise InvalidSettings({"aliases": sentence})
    return tuple(wanted)


def check_experiment_name(name: str) -> str:
    """Return `name` when it may name an experiment, else raise InvalidSettings."""
    if not EXPERIMENT_NAME.fullmatch(name):
        raise InvalidSettings(
            {
                "experiment": f"The experiment name {name!r} does not fit: 3 to 36 characters, starting with "
                "a letter or a digit, then letters, digits, _ or -."
            }
        )
    return name
