"""Plotly figures, each built from records and a palette; nothing here draws on a page."""
