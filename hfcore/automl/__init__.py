"""AutoML: settings, metrics, the search over pipelines and the code-free export of what wins."""
