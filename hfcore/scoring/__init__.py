"""Scoring: the client of any endpoint."""
