"""What monitors are told of the labels that workers give, wherever these run.

The counts stand in the database, so each server of an installation tells the same: of several, take
one (``max``), not the sum. They outlast restarts.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from nlp_service.api.drift import FEWEST, Shares, stability_index
from nlp_service.domain.label_counts import ASSESSED, NEEDS_REVIEW, REASON, LabelCount

LATELY_DAYS = 30
"""Days over which drift of batch jobs is told: an archive of years is one day's work."""

_ANYWHERE = "by all workers of this database; the same on each of its servers."


class BatchCollector(Collector):
    """Tells Prometheus what it was shown last."""

    def __init__(self) -> None:
        self.counts: Sequence[LabelCount] = ()
        """What workers have counted."""
        self.learnt: Mapping[str, Shares] = {}
        """Kind -> head -> label -> share in the bundle's data."""

    def collect(self) -> Iterable[Metric]:
        """Yield the metrics; of what was never counted, none."""
        yield self._sum("nlp_batch_assessed_submissions", "Rows assessed", ASSESSED, ["kind"])
        yield self._sum(
            "nlp_batch_submissions_needing_review",
            "Rows that need a person",
            NEEDS_REVIEW,
            ["kind"],
        )
        yield self._sum(
            "nlp_batch_review_reasons", "Why rows need a person", REASON, ["kind", "reason"]
        )
        yield self._labels()
        yield self._drift()

    def _sum(self, name: str, told: str, what: str, labels: Sequence[str]) -> Metric:
        family = CounterMetricFamily(name, f"{told}, {_ANYWHERE}", labels=labels)
        for count in self.counts:
            if count.counted.what == what:
                values = [count.counted.kind, count.counted.label][: len(labels)]
                family.add_metric(values, count.texts)
        return family

    def _labels(self) -> Metric:
        family = CounterMetricFamily(
            "nlp_batch_labels", f"Labels given, {_ANYWHERE}", labels=["kind", "head", "label"]
        )
        for count in self.counts:
            one = count.counted
            if one.what not in (ASSESSED, NEEDS_REVIEW, REASON):
                family.add_metric([one.kind, one.what, one.label], count.texts)
        return family

    def _drift(self) -> Metric:
        family = GaugeMetricFamily(
            "nlp_batch_label_drift",
            f"Population stability index of the labels given to rows in the last {LATELY_DAYS} days"
            " by the loaded bundle, against those learnt from; NaN while few came.",
            labels=["kind", "head"],
        )
        lately: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
        for count in self.counts:
            lately[count.counted.kind, count.counted.what][count.counted.label] = count.lately
        for kind, heads in self.learnt.items():
            for head, learnt in heads.items():
                given = lately[kind, head]
                few = sum(given.values()) < FEWEST
                index = math.nan if few else stability_index(given, learnt)
                family.add_metric([kind, head], index)
        return family
