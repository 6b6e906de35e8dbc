"""Heart Failure Studio: the app's entry. `streamlit run app.py`."""

from __future__ import annotations

import streamlit as st

from hfcore.ui import memory, navigation

st.navigation(navigation.pages(), position="hidden").run()
memory.settle()
