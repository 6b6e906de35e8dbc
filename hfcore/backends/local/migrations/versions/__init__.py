"""One script per revision of the store."""
