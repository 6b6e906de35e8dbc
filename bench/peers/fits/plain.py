"""The two that need no search: logistic regression on standardised columns, and a forest of 500 trees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from bench.peers.job import Job

_NUMBERS = make_column_selector(dtype_include=["number", "bool"])
_TEXTS = make_column_selector(dtype_exclude=["number", "bool"])


def fit(train: Any, job: Job) -> Callable[[Any], Any]:
    """Fit with scikit-learn's own settings; gaps become the median or the most frequent value, texts become columns."""
    scale = [StandardScaler()] if job.option == "logistic" else []
    texts = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore", sparse_output=False))
    columns = ColumnTransformer([("numbers", SimpleImputer(strategy="median"), _NUMBERS), ("texts", texts, _TEXTS)])
    model = make_pipeline(columns, *scale, _last_step(job))
    model.fit(train.drop(columns=[job.label]), train[job.label])
    return lambda rows: model.predict_proba(rows)[:, 1]


def _last_step(job: Job) -> Any:
    if job.option == "logistic":
        return LogisticRegression(max_iter=5000)
    return RandomForestClassifier(500, random_state=job.seed, n_jobs=1)
