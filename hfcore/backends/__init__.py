"""The backends behind the Workspace seam; each imports its own dependencies lazily."""
