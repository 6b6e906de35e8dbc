"""The scoring service: the entry script and the server that runs it."""
