"""Counters for Prometheus: how much is asked, how fast it is answered, how much needs a person.

No label ever holds what a sender may choose.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info

from nlp_service.api.batch_metrics import BatchCollector
from nlp_service.api.drift import Drift, Shares
from nlp_service.api.observing import Answered
from nlp_service.domain.assessment import Assessment, Versions
from nlp_service.domain.batches import QueueState
from nlp_service.domain.label_counts import LabelCount, labels_of
from nlp_service.stages import Stage

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    """One app's counters, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        counter = partial(Counter, registry=self.registry)
        gauge = partial(Gauge, registry=self.registry)
        histogram = partial(Histogram, registry=self.registry, buckets=_SECONDS)
        self._requests = counter(
            "nlp_requests",
            "HTTP requests answered.",
            ["route", "method", "status"],
        )
        self._seconds = histogram(
            "nlp_request_duration_seconds",
            "Time from a request's first byte to the end of its answer.",
            ["route", "method"],
        )
        self._assessed = counter(
            "nlp_assessed_submissions",
            "Submissions assessed, by kind.",
            ["kind"],
        )
        self._needing_review = counter(
            "nlp_submissions_needing_review",
            "Assessed submissions that need a person; over the assessed ones: the review share.",
            ["kind"],
        )
        self._reasons = counter(
            "nlp_review_reasons",
            "Why assessed submissions need a person: uncertain_<head> is an abstention on a tag.",
            ["reason"],
        )
        self._labels = counter(
            "nlp_labels",
            "Labels given, by kind and head.",
            ["kind", "head", "label"],
        )
        self._drift_index = gauge(
            "nlp_label_drift",
            "Population stability index of the labels given lately against those learnt from;"
            " above 0.25 look into it, NaN while few texts came.",
            ["kind", "head"],
        )
        self._stages = histogram(
            "nlp_stage_duration_seconds",
            "Time of each stage, for one text or one chunk of texts.",
            ["stage"],
        )
        self._queue = gauge(
            "nlp_batch_queue",
            "Batch work: jobs and rows that wait, workers that live; NaN where nobody can tell.",
            ["what"],
        )
        self._quarantined = gauge(
            "nlp_batch_quarantined_rows",
            "Rows of kept jobs at which assessing failed.",
        )
        self._batches = BatchCollector()
        self.registry.register(self._batches)
        self._drift: Mapping[str, Drift] = {}
        self._bundle = Info("nlp_bundle", "The loaded model bundle.", registry=self.registry)

    def count_request(self, answered: Answered) -> None:
        """Count one answered request."""
        self._requests.labels(answered.route, answered.method, str(answered.status)).inc()
        self._seconds.labels(answered.route, answered.method).observe(answered.seconds)

    def count_assessments(self, assessments: Iterable[Assessment]) -> None:
        """Count what was assessed."""
        for assessment in assessments:
            self._assessed.labels(assessment.kind).inc()
            self._needing_review.labels(assessment.kind).inc(assessment.needs_review)
            for reason in assessment.reasons:
                self._reasons.labels(reason.code).inc()
            self._count_labels(assessment)

    def observe_stage(self, stage: Stage, seconds: float) -> None:
        """Take in how long a stage took."""
        self._stages.labels(stage).observe(seconds)

    def show_queue(self, queue: QueueState | None) -> None:
        """Show how much batch work waits, where anybody can tell."""
        for what in ("waiting_jobs", "waiting_rows", "workers", "rows_per_s", "retries"):
            self._queue.labels(what).set(getattr(queue, what) if queue else math.nan)
        self._quarantined.set(queue.quarantined if queue else math.nan)

    def show_batches(self, counts: Sequence[LabelCount]) -> None:
        """Show what workers have counted of batch jobs; nothing where nobody can tell."""
        self._batches.counts = counts

    def name_bundle(self, versions: Versions, learnt: Mapping[str, Shares]) -> None:
        """Say which bundle answers, and by kind how common each label was in its data."""
        self._bundle.info(asdict(versions))
        self._batches.learnt = learnt
        self._drift = {kind: Drift(shares) for kind, shares in learnt.items()}
        self._drift_index.clear()
        for kind, drift in self._drift.items():
            for head in drift.heads:
                gauge = self._drift_index.labels(kind, head)
                gauge.set_function(partial(drift.index, head))

    def _count_labels(self, assessment: Assessment) -> None:
        labels = labels_of(assessment)
        for head, label in labels.items():
            self._labels.labels(assessment.kind, head, label).inc()
        if drift := self._drift.get(assessment.kind):
            drift.count(labels)
