"""How is the service doing, in the words of Prometheus?

Routes are told apart by their template, never by what stands in it: names of datasets do not belong here.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})


class Metrics:
    """The figures of one app."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.running = Gauge("catalog_requests_running", "Requests that are being answered.", registry=self.registry)
        labels = ("method", "route", "status")
        self._seconds = Histogram("catalog_request_seconds", "Time to answer.", labels, buckets=_SECONDS, registry=self.registry)
        self._bytes = Counter("catalog_answer_bytes", "Bytes of answers' bodies.", labels, registry=self.registry)

    def observe(self, method: str, route: str, status: int, seconds: float, size: int) -> None:
        """Count one answer; seconds and bytes."""
        labels = (method if method in _METHODS else "other", route, str(status))
        self._seconds.labels(*labels).observe(seconds)
        self._bytes.labels(*labels).inc(size)

    def text(self) -> bytes:
        """All figures, in Prometheus's text format."""
        return generate_latest(self.registry)
