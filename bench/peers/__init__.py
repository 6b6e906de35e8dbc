"""The comparison of AutoML engines on the same outer folds: see bench/automl_vs_peers.py."""
