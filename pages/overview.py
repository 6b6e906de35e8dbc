"""Overview: where do I stand?"""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from hfcore.states import EndpointState
from hfcore.ui import cards, events, frame, navigation, welcome
from hfcore.ui.words import ago, exact
from hfcore.workspace import Workspace


def draw(ws: Workspace, action: DeltaGenerator) -> None:
    """Draw four cards and the last events, or three first steps when nothing has been done yet."""
    runs, models, endpoints = ws.runs(), ws.models(), ws.endpoints()
    if action.button("Start training", key="start-training", type="primary"):
        navigation.go("train")
    if not (runs or models or endpoints):
        welcome.draw(ws)
        return
    live = [e for e in endpoints if e.state is EndpointState.HEALTHY] or list(endpoints)
    columns = st.columns(4)
    with columns[0]:
        cards.data_card(ws)
    with columns[1]:
        cards.run_card(next(iter(runs), None))
    with columns[2]:
        cards.model_card(next(iter(models), None))
    with columns[3]:
        cards.endpoint_card(next(iter(live), None))
    st.subheader("What happened last", anchor=False)
    for event in events.latest(ws):
        st.markdown(f"{event.icon} {event.sentence}  :gray[{ago(event.moment)}]", help=exact(event.moment))


frame.show("overview", "Where do I stand?", draw)
