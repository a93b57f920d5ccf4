"""Spans for OpenTelemetry, where the installation has the extra ``otel`` and wants them.

A span is named after the template of its route. No address, no query, no header and no text goes
into one; where they are sent, the standard variables ``OTEL_…`` say.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from nlp_service import __version__
from nlp_service.api.observing import Answered, Observer
from nlp_service.stages import Stage

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

_NANO = 1_000_000_000


class OpenTelemetryTracer:
    """A ``Tracer`` that makes spans. One for an app."""

    def __init__(self, exporter: "SpanExporter | None" = None) -> None:
        """Take where spans go; without, the standard variables say.

        Raises:
            ImportError: the extra ``otel`` is not installed.
        """
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        if exporter is None:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

            exporter = OTLPSpanExporter()
        named = {"service.name": "nlp-service", "service.version": __version__}
        self._provider = TracerProvider(resource=Resource.create(named))
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("nlp-service", __version__)

    @contextmanager
    def following(self, headers: Headers) -> Iterator[Observer]:
        """Begin a span under the one that the sender named; the observer is told how it ended."""
        from opentelemetry.propagate import extract
        from opentelemetry.trace import SpanKind, StatusCode

        with self._tracer.start_as_current_span(
            "request",
            context=extract(headers),
            kind=SpanKind.SERVER,
            record_exception=False,  # its message may quote a text
            set_status_on_exception=False,
        ) as span:

            def end(answered: Answered) -> None:
                span.update_name(f"{answered.method} {answered.route}")
                span.set_attribute("http.request.method", answered.method)
                span.set_attribute("http.route", answered.route)
                span.set_attribute("http.response.status_code", answered.status)
                if answered.status >= 500:
                    span.set_status(StatusCode.ERROR)

            yield end

    def note_stage(self, stage: Stage, seconds: float) -> None:
        """Add a span for a stage that has just ended, below the request's."""
        now = time.time_ns()
        self._tracer.start_span(stage, start_time=now - int(seconds * _NANO)).end(now)

    def close(self) -> None:
        """Send what was not sent yet."""
        self._provider.shutdown()
