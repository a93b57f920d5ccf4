"""The page that travels with a bundle: what it is, what it was fitted on, how well it does."""

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader

from nlp_service.tagging.thresholds import Thresholds
from training.gates import NOT_TO_MISS
from training.level_metrics import RECALL
from training.prepare import Prepared
from training.report import HEAD_NAMES
from training.results import Report


def model_card(
    prepared: Prepared,
    report: Report,
    thresholds: Thresholds,
    data: Sequence[Mapping[str, Any]],
    *,
    combined: Thresholds | None,
) -> str:
    """Return the card as Markdown; ``combined`` are the thresholds of texts the encoder read."""
    environment = Environment(  # Markdown, not HTML: nothing to escape
        loader=PackageLoader("training"), autoescape=False, trim_blocks=True
    )
    return environment.get_template("model_card.md").render(
        config=prepared.config,
        segmenter=prepared.segmenter.label,
        taxonomy=prepared.taxonomy.version,
        report=report,
        thresholds=thresholds,
        combined=combined,
        data=data,
        head_names=HEAD_NAMES,
        recall_aimed_at=RECALL,
        not_to_miss=NOT_TO_MISS,
    )
