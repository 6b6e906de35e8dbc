"""What the service tells Prometheus: the sums over all of its workers, as text."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from inference.board import BUCKETS, Board

CONTENT_TYPE = b"text/plain; version=0.0.4; charset=utf-8"


class _Sums(Collector):
    """Reads the board when it is asked, so that counting costs a request nothing but a few additions."""

    def __init__(self, board: Board, model: tuple[str, str] | None) -> None:
        self._board = board
        self._model = model

    def collect(self) -> Iterator[Metric]:
        """Yield every metric with its present value."""
        statuses = {status: count for status, count in self._board.statuses().items() if count}
        requests = CounterMetricFamily("hf_requests", "Answers, health checks aside, by status.", labels=["status"])
        for status, count in statuses.items():
            requests.add_metric([str(status)], count)
        yield requests
        failed = sum(count for status, count in statuses.items() if status >= 500)
        yield CounterMetricFamily("hf_request_errors", "Answers with a status of 500 or above.", value=failed)
        yield self._latency()
        yield CounterMetricFamily("hf_rows", "Rows that were scored.", value=self._board.scored_rows())
        yield GaugeMetricFamily("hf_requests_in_flight", "Requests that wait or are being scored.", value=self._board.in_flight())
        yield from self._workers()
        if self._model is not None:
            name, version = self._model
            yield InfoMetricFamily("hf_model", "The model in service.", value={"name": name, "version": version})

    def _latency(self) -> Metric:
        counts, seconds = self._board.latency()
        bounds = [*(f"{bound:g}" for bound in BUCKETS), "+Inf"]
        buckets = list(zip(bounds, accumulate(counts), strict=True))
        text = "Seconds from the complete request to its answer."
        return HistogramMetricFamily("hf_request_duration_seconds", text, buckets=buckets, sum_value=seconds)

    def _workers(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("hf_workers_ready", "Workers whose model has passed the golden check.", value=self._board.ready())
        restarts = CounterMetricFamily("hf_worker_restarts", "Workers that were started again, by reason.", labels=["reason"])
        for reason, count in self._board.restarts().items():
            restarts.add_metric([reason], count)
        yield restarts
        yield GaugeMetricFamily("hf_start_time_seconds", "When the server was started.", value=self._board.started)


def exposition(board: Board, model: tuple[str, str] | None) -> bytes:
    """Return the metrics in Prometheus' text format; `model` is the name and version in service."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Sums(board, model))
    return generate_latest(registry)
