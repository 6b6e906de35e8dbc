"""What goes through an endpoint: requests a minute, latency, errors, how long it has been up; read from its own counters."""

from __future__ import annotations

import time
from collections import deque

import streamlit as st

from hfcore.records import Endpoint
from hfcore.scoring.traffic import Counts, Traffic, read_counts, traffic_between
from hfcore.states import EndpointState
from hfcore.ui.guard import guard
from hfcore.ui.words import MISSING, duration

REFRESH_S = 5.0
WINDOW_S = 60.0
HEIGHT = 62
_FIGURES = ("Requests/min", "Median", "99 % within", "Server errors", "Up for")


def draw(endpoint: Endpoint) -> None:
    """Draw the figures of the last minute; they refresh themselves every five seconds."""
    if endpoint.state is EndpointState.HEALTHY and endpoint.scoring_uri:
        with st.container(height=HEIGHT, border=False, key=f"traffic-{endpoint.name}"):
            st.fragment(_live, run_every=REFRESH_S)(endpoint.name, endpoint.scoring_uri)


def _live(name: str, uri: str) -> None:
    with guard():
        now = read_counts(uri)
        if now is None:
            st.caption("This endpoint tells nothing about its traffic.")
            return
        seen: deque[Counts] = st.session_state.setdefault(f"traffic-seen-{name}", deque(maxlen=64))
        seen.append(now)
        _draw(now, _last_minute(seen))


def _last_minute(seen: deque[Counts]) -> Traffic:
    """Return what happened since the oldest look of the last minute; at the first look, since the server's start."""
    now = seen[-1]
    while len(seen) > 1 and now.moment - seen[0].moment > WINDOW_S:
        seen.popleft()
    if len(seen) > 1 and seen[0].started == now.started:
        return traffic_between(seen[0], now)
    start = Counts(now.moment - max(time.time() - now.started, 1.0), now.started, 0, 0, 0)
    return traffic_between(start, now)


def figures(now: Counts, traffic: Traffic) -> tuple[str, ...]:
    """Write the figures, in the order they are shown in."""
    return (
        f"{traffic.per_minute:,.0f}",
        _milliseconds(traffic.p50_ms),
        _milliseconds(traffic.p99_ms),
        f"{now.errors:,} of {now.requests:,}",
        duration(max(time.time() - now.started, 0), whole=True),
    )


def _milliseconds(value: float | None) -> str:
    return MISSING if value is None else f"{value:.1f} ms" if value < 100 else f"{value:,.0f} ms"


def _draw(now: Counts, traffic: Traffic) -> None:
    with st.container(horizontal=True, gap="medium"):
        for title, figure in zip(_FIGURES, figures(now, traffic), strict=True):
            with st.container(gap=None, width="content"):
                st.caption(title)
                st.markdown(f"**{figure}**")
