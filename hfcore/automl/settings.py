"""AutoMLSettings: what an AutoML run shall do, in Azure's parameter names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from hfcore.errors import InvalidSettings

PRIMARY_METRICS = (
    "AUC_weighted",
    "accuracy",
    "norm_macro_recall",
    "average_precision_score_weighted",
    "precision_score_weighted",
)
ALGORITHMS = (
    "LogisticRegression",
    "SGD",
    "SVM",
    "KNN",
    "DecisionTree",
    "RandomForest",
    "ExtremeRandomTrees",
    "GradientBoosting",
    "LightGBM",
    "XGBoostClassifier",
)


@dataclass(frozen=True, kw_only=True)
class AutoMLSettings:
    """Settings of one AutoML run; the same object serves every backend.

    Names are those of Azure's AutoMLConfig, and so are the defaults, except two that follow the lesson:
    `primary_metric` (Azure: accuracy) and `experiment_timeout_minutes` (Azure: six days).

    Args:
        label_column_name: The column to predict.
        task: Only "classification".
        primary_metric: The metric that decides which child run is best.
        experiment_timeout_minutes: Time limit of the whole run, minutes.
        max_concurrent_iterations: Child runs worked on at the same time.
        iterations: Most child runs to try.
        iteration_timeout_minutes: Time limit of one child run, minutes; None for a quarter of the whole.
        enable_early_stopping: Stop when the last ten child runs brought nothing.
        experiment_exit_score: Stop as soon as a child run scores at least this.
        featurization: "auto" or "off".
        n_cross_validations: Folds; None chooses by the number of rows. With validation_size: the number of random splits.
        validation_size: Share of the rows that is held out, above 0 and below 1, both excluded. Alone: once, at random, every
            class alike. With n_cross_validations: as often as that says, each time drawn anew (Azure's Monte Carlo
            cross-validation). None for cross-validation in folds, each row held out once.
        allowed_models, blocked_models: Names out of ALGORITHMS; None for all and for none.
        excluded_columns: Columns that must not be features.
        weight_column_name: Column that says how many rows each row counts as, in the fit and in the metrics; never a feature.
        compute_target: Name of the compute target.
        path: Project folder (used by Azure ML).
        debug_log: Name of the log file (used by Azure ML).
        random_state: Seed; the same seed gives the same leaderboard.

    Raises:
        InvalidSettings: every field that breaks a rule, at once.
    """

    label_column_name: str
    task: str = "classification"
    primary_metric: str = "AUC_weighted"
    experiment_timeout_minutes: float = 20
    max_concurrent_iterations: int = 1
    iterations: int = 1000
    iteration_timeout_minutes: float | None = None
    enable_early_stopping: bool = True
    experiment_exit_score: float | None = None
    featurization: str = "auto"
    n_cross_validations: int | None = None
    validation_size: float | None = None
    allowed_models: tuple[str, ...] | None = None
    blocked_models: tuple[str, ...] | None = None
    excluded_columns: tuple[str, ...] = ()
    weight_column_name: str | None = None
    compute_target: str = "local"
    path: str | None = None
    debug_log: str = "automl_errors.log"
    random_state: int = 42

    def __post_init__(self) -> None:
        for name in ("allowed_models", "blocked_models", "excluded_columns"):
            value = getattr(self, name)
            object.__setattr__(self, name, None if value is None else tuple(value))
        wrong = {**_wrong_choices(self), **_wrong_numbers(self)}
        if wrong:
            raise InvalidSettings(wrong)

    @property
    def algorithms(self) -> tuple[str, ...]:
        """The algorithms that remain after allowed_models and blocked_models, in ALGORITHMS' order."""
        allowed = ALGORITHMS if self.allowed_models is None else self.allowed_models
        return tuple(a for a in ALGORITHMS if a in allowed and a not in (self.blocked_models or ()))

    def to_dict(self) -> dict[str, object]:
        """Return the settings as JSON-ready values."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, object]) -> AutoMLSettings:
        """Rebuild settings from `to_dict`; unknown names are an InvalidSettings."""
        known = {f.name for f in fields(cls)}
        unknown = {k: f"{k!r} is not an AutoML setting; known: {', '.join(sorted(known))}." for k in values if k not in known}
        if unknown:
            raise InvalidSettings(unknown)
        return cls(**values)  # type: ignore[arg-type]


def _one_of(value: object, choices: tuple[str, ...], name: str) -> dict[str, str]:
    if value in choices:
        return {}
    return {name: f"{name} is {value!r}; it must be one of {', '.join(choices)}."}


def _wrong_choices(s: AutoMLSettings) -> dict[str, str]:
    wrong: dict[str, str] = {}
    if not s.label_column_name:
        wrong["label_column_name"] = "label_column_name is empty; name the column to predict."
    if s.label_column_name in s.excluded_columns:
        wrong["excluded_columns"] = f"The label {s.label_column_name!r} cannot be among the excluded columns."
    if s.weight_column_name is not None and s.weight_column_name == s.label_column_name:
        wrong["weight_column_name"] = f"The label {s.label_column_name!r} cannot hold the weights as well."
    wrong |= _one_of(s.task, ("classification",), "task")
    wrong |= _one_of(s.primary_metric, PRIMARY_METRICS, "primary_metric")
    wrong |= _one_of(s.featurization, ("auto", "off"), "featurization")
    for name in ("allowed_models", "blocked_models"):
        for model in getattr(s, name) or ():
            wrong |= _one_of(model, ALGORITHMS, name)
    if not wrong and not s.algorithms:
        wrong["allowed_models"] = "allowed_models and blocked_models leave no algorithm to try; allow at least one."
    return wrong


_BOUNDS: dict[str, tuple[float, float, str]] = {
    "experiment_timeout_minutes": (0.1, 10_080, "minutes"),
    "max_concurrent_iterations": (1, 64, "child runs"),
    "iterations": (1, 1000, "child runs"),
    "iteration_timeout_minutes": (0.01, 10_080, "minutes"),
    "n_cross_validations": (2, 50, "folds"),
    "random_state": (0, 2**32 - 1, "as a seed"),
}


def _wrong_numbers(s: AutoMLSettings) -> dict[str, str]:
    wrong = {}
    for name, (low, high, unit) in _BOUNDS.items():
        value = getattr(s, name)
        if value is None:
            continue
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not low <= value <= high:
            wrong[name] = f"{name} is {value!r}; it must be between {low:g} and {high:g} {unit}."
    size = s.validation_size
    if size is not None and not (isinstance(size, float) and 0 < size < 1):
        wrong["validation_size"] = f"validation_size is {size!r}; it must be a share of the rows between 0 and 1, such as 0.2."
    return wrong
