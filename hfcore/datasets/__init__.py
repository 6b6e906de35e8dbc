"""Data sets: schema, loading, validation, profile."""
