"""Counters for Prometheus: how much is asked, how fast it is answered, how much needs a person.

No label ever holds what a sender may choose.
"""

import time
from collections.abc import Iterable
from dataclasses import asdict

from prometheus_client import CollectorRegistry, Counter, Histogram, Info
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nlp_service.domain.assessment import Assessment, Versions

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    """One app's counters, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "nlp_requests",
            "HTTP requests answered.",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "nlp_request_duration_seconds",
            "Time from a request's first byte to the end of its answer.",
            ["route", "method"],
            registry=self.registry,
            buckets=_SECONDS,
        )
        self._assessed = Counter(
            "nlp_assessed_submissions",
            "Submissions assessed, by kind.",
            ["kind"],
            registry=self.registry,
        )
        self._needing_review = Counter(
            "nlp_submissions_needing_review",
            "Assessed submissions that need a person; over the assessed ones: the review share.",
            ["kind"],
            registry=self.registry,
        )
        self._bundle = Info("nlp_bundle", "The loaded model bundle.", registry=self.registry)

    def count_request(self, *, route: str, method: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        method = method if method in _METHODS else "other"
        self._requests.labels(route, method, str(status)).inc()
        self._seconds.labels(route, method).observe(seconds)

    def count_assessments(self, assessments: Iterable[Assessment]) -> None:
        """Count what was assessed."""
        for assessment in assessments:
            self._assessed.labels(assessment.kind).inc()
            self._needing_review.labels(assessment.kind).inc(assessment.needs_review)

    def name_bundle(self, versions: Versions) -> None:
        """Say which bundle answers."""
        self._bundle.info(asdict(versions))


class MetricsMiddleware:
    """Counts every request by the template of its route."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and count its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500
        begun = time.perf_counter()

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            self._metrics.count_request(
                route=getattr(scope.get("route"), "path", "unmatched"),
                method=scope["method"],
                status=status,
                seconds=time.perf_counter() - begun,
            )
