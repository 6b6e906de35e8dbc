"""Reports on a model: numbers and curves, no drawing."""
