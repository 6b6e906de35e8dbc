"""The embedded backend: store, workers and endpoints on this machine."""
