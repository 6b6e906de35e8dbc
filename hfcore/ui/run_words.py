"""A run told in one sentence: what it does or did, for how long, and what is best so far."""

from __future__ import annotations

from datetime import UTC, datetime

from hfcore.records import Run
from hfcore.states import RunState
from hfcore.ui import follow_up, honest
from hfcore.ui.metric_words import meaning
from hfcore.ui.states import sign
from hfcore.ui.words import count, duration, literal, metric
from hfcore.workspace import Workspace

_PHRASES = {
    RunState.QUEUED: ("Waiting to start", "for"),
    RunState.STARTING: ("Starting", "for"),
    RunState.RUNNING: ("Running", "for"),
    RunState.COMPLETED: ("Completed", "in"),
    RunState.FAILED: ("Failed", "after"),
    RunState.CANCELED: ("Cancelled", "after"),
    RunState.TIMED_OUT: ("Stopped at its time limit", "after"),
    RunState.CRASHED: ("Crashed", "after"),
}


def elapsed(run: Run, now: datetime | None = None) -> float:
    """Return the seconds from the start of a run to its end, or to now."""
    begun = run.started_at or run.created_at
    return max(0.0, ((run.ended_at or now or datetime.now(UTC)) - begun).total_seconds())


def elapsed_words(run: Run, now: datetime | None = None) -> str:
    """Write how long a run has taken so far: 12 s, 3 min 05 s."""
    return duration(elapsed(run, now), whole=True)


def headline(ws: Workspace, run: Run, now: datetime | None = None) -> str:
    """Tell how a run stands in one sentence of markdown: state, time, child runs done, the best."""
    done = f"; {children_done(run)}" if run.finished or run.planned else ""
    return f"{since(run, now)}{done}{_best(ws, run)}."


def since(run: Run, now: datetime | None = None) -> str:
    """Write the state as icon and words with the time it took, in markdown: Running for 12 s."""
    phrase, joint = _PHRASES.get(run.state, ("State not known", "after"))
    shown = sign(run.state)
    return f":{shown.colour}[{shown.icon} {phrase}] {joint} {elapsed_words(run, now)}"


def children_done(run: Run) -> str:
    """Write how many child runs are done: 12 of 24 child runs are done."""
    if run.planned and run.state.is_active:
        return f"{run.finished} of {count(run.planned, 'child run')} done"
    return f"{count(run.finished, 'child run')} done"


def _best(ws: Workspace, run: Run) -> str:
    if run.best_score is None:
        return ""
    return f"; {'best so far' if run.state.is_active else 'best'}: {best_words(ws, run)}"


def best_words(ws: Workspace, run: Run) -> str:
    """Write the best child run with its score, bias-corrected once the run has ended, and whether follow-up time was used."""
    note = follow_up.words(ws, run)
    corrected = honest.estimate(ws, run)
    score = f"{metric_name(run)} **{metric(run.best_score)}**" if corrected is None else honest.words(corrected)
    told = f"**{literal(run.best_algorithm or '')}**, {score}"
    return f"{told}, {note}" if note else told


def metric_name(run: Run) -> str:
    """Return the short name of the metric that a run optimises: AUC for AUC_weighted."""
    return meaning(run.primary_metric).title.partition(",")[0]


def left_words(run: Run, now: datetime | None = None) -> str:
    """Say how much longer a run may take: at its present pace once five child runs are done, and at most."""
    spent = elapsed(run, now)
    minutes = run.settings.get("experiment_timeout_minutes")
    most = float(minutes) * 60 - spent if isinstance(minutes, int | float) else None
    pace = spent / run.finished * (run.planned - run.finished) if run.planned and run.finished >= 5 else None
    if most is None or most <= 0:
        return ""
    if pace is None or pace >= most:
        return f"at most {duration(most, whole=True)} more"
    return f"about {duration(pace, whole=True)} more at this pace, at most {duration(most, whole=True)}"
