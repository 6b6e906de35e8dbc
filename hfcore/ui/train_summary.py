"""Beside the form: what will happen, how long it took before, what is wrong, and the code that does the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import median

import streamlit as st

from hfcore.automl.executors.targets import LOCAL_RAY
from hfcore.automl.settings import AutoMLSettings
from hfcore.automl.validation import usual_folds
from hfcore.records import Run
from hfcore.states import RunState
from hfcore.ui import follow_up, script, sdk_script, show_code, train_guardrails
from hfcore.ui.metric_words import meaning
from hfcore.ui.run_words import elapsed
from hfcore.ui.train_form import Wish
from hfcore.ui.words import count, duration, literal
from hfcore.workspace import Workspace

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_SAME = (
    "label_column_name",
    "max_concurrent_iterations",
    "iterations",
    "enable_early_stopping",
    "n_cross_validations",
    "validation_size",
    "weight_column_name",
    "allowed_models",
    "blocked_models",
    "compute_target",
)
_WELL_WITHIN = 0.9  # of its time limit: such a run ended because it was done
_LOOK_BACK = 50
_AZURES_FEW_ROWS = 1000


def draw(ws: Workspace, wish: Wish, settings: AutoMLSettings | None, wrong: Mapping[str, str]) -> None:
    """Draw the column beside the form."""
    st.markdown("**What will happen**")
    if settings is None:
        _wrong(wrong)
        return
    st.markdown(sentence(wish, settings, ws.backend))
    st.markdown(time_sentence(settings, ws.runs(limit=_LOOK_BACK), wish, ws.backend))
    train_guardrails.draw(ws, wish.dataset, settings)
    ours = script.training(ws.backend, wish.experiment, settings, wish.dataset.name, ws.place)
    show_code.draw(ws, "train", ours, *sdk_steps(settings, wish.experiment, wish.dataset.name))
    show_code.whole_journey(ws, settings, wish.experiment)


def sdk_steps(settings: AutoMLSettings, experiment: str, dataset: str) -> tuple[str, ...]:
    """Return the run with Azure's own SDK: data, cluster, training."""
    named = sdk_script.LESSONS_CLUSTER.name if settings.compute_target == "local" else settings.compute_target
    return (
        sdk_script.data(dataset, settings.excluded_columns),
        sdk_script.cluster(replace(sdk_script.LESSONS_CLUSTER, name=named)),
        sdk_script.train(experiment, settings),
    )


def _wrong(wrong: Mapping[str, str]) -> None:
    st.markdown("Nothing yet. Before it can start:")
    st.markdown("\n".join(f"- {literal(s)}" for s in wrong.values()))


def sentence(wish: Wish, settings: AutoMLSettings, backend: str = "local") -> str:
    """Say in one sentence, in markdown, what a run with these settings does."""
    tried = _tried(settings, backend)
    late = follow_up.late_columns(wish.dataset.schema)
    note = f", {follow_up.WITHOUT}" if late and set(late) <= set(settings.excluded_columns) else ""
    return (
        f"{tried[0].upper()}{tried[1:]} from **{count(wish.dataset.rows, 'patient')}** and "
        f"**{count(len(wish.features), 'variable')}**{note}, each judged by "
        f"**{meaning(settings.primary_metric).title.partition(',')[0]}** {_judged(wish, settings, backend)}, "
        f"{_word(settings.max_concurrent_iterations)} at a time."
    )


def _tried(settings: AutoMLSettings, backend: str) -> str:
    """Name what learns; without a choice of ours Azure makes its own."""
    if backend.startswith("azureml") and not settings.allowed_models:
        return "the kinds of model that Azure chooses and two ensembles of the best learn"
    kinds = len(settings.algorithms)
    return "one kind of model learns" if kinds == 1 else f"{_word(kinds)} kinds of model and two ensembles of the best learn"


def _judged(wish: Wish, settings: AutoMLSettings, backend: str) -> str:
    weighted = f", rows weighted by {literal(settings.weight_column_name)}" if settings.weight_column_name else ""
    if settings.validation_size is not None:
        return f"on {100 * settings.validation_size:.0f} % of the rows, held out at random{weighted}"
    folds = settings.n_cross_validations or _folds(wish.dataset.rows, backend)
    return f"in {folds}-fold cross-validation{weighted}"


def _folds(rows: int, backend: str) -> int:
    """Return the number of folds when none is asked for: ours, or Azure's ten below 1,000 rows and three from there on."""
    if backend.startswith("azureml"):
        return 10 if rows < _AZURES_FEW_ROWS else 3
    return usual_folds(rows)


def _word(number: int) -> str:
    return _NUMBERS[number] if 0 <= number < len(_NUMBERS) else str(number)


def time_sentence(settings: AutoMLSettings, earlier: Sequence[Run], wish: Wish, backend: str = "local") -> str:
    """Say how long it takes at most, how long runs like it took, and what it costs."""
    most = f"It takes at most **{count(int(settings.experiment_timeout_minutes), 'minute')}**"
    alike = [elapsed(r) for r in earlier if _is_like(r, settings, wish)]
    before = f"; {_runs_like_it(alike)}" if alike else ""
    where = "costs nothing: it works on this machine"
    if backend.startswith("azureml"):
        where = "is billed by Azure for the nodes of its cluster while it works"
    elif settings.compute_target not in ("local", LOCAL_RAY):
        where = "is charged by its compute target"
    return f"{most}{before}. It {where}, and goes on when this page is closed."


def _is_like(run: Run, settings: AutoMLSettings, wish: Wish) -> bool:
    values = settings.to_dict()
    same = all(run.settings.get(name) == values[name] for name in _SAME) and run.dataset == wish.dataset.name
    limits = (run.settings.get("experiment_timeout_minutes"), settings.experiment_timeout_minutes)
    within = all(isinstance(m, int | float) and elapsed(run) < _WELL_WITHIN * 60 * m for m in limits)
    return same and within and run.state is RunState.COMPLETED


def _runs_like_it(seconds: Sequence[float]) -> str:
    typical = duration(median(seconds), whole=True)
    return f"the last run like it took {typical}" if len(seconds) == 1 else f"runs like it usually took about {typical}"
