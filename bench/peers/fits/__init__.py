"""One module per engine: `fit` trains on a table and returns what predicts; run by the engine's own interpreter."""
