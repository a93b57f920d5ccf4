"""The pages that travel with a bundle: what it is, what it was fitted on, how well it does.

One in English for engineers, the same in Chinese for the office, which the workbench shows.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader

from nlp_service.tagging.thresholds import Thresholds
from training.gates import NOT_TO_MISS
from training.level_metrics import RECALL
from training.prepare import Prepared
from training.report import HEAD_NAMES
from training.results import Report

CARDS: Mapping[str, str] = {
    "MODEL_CARD.md": "model_card.md",
    "MODEL_CARD.zh-CN.md": "model_card.zh-CN.md",
}
"""File in the bundle -> template."""


def model_cards(
    prepared: Prepared,
    report: Report,
    thresholds: Thresholds,
    data: Sequence[Mapping[str, Any]],
    *,
    combined: Thresholds | None,
) -> Mapping[str, str]:
    """Return the cards as Markdown by file; ``combined`` are thresholds of texts the encoder read.

    All tell the same figures.
    """
    environment = Environment(  # Markdown, not HTML: nothing to escape
        loader=PackageLoader("training"), autoescape=False, trim_blocks=True
    )
    told: Mapping[str, Any] = {
        "config": prepared.config,
        "segmenter": prepared.segmenter.label,
        "taxonomy": prepared.taxonomy.version,
        "report": report,
        "thresholds": thresholds,
        "combined": combined,
        "data": data,
        "head_names": HEAD_NAMES,
        "recall_aimed_at": RECALL,
        "not_to_miss": NOT_TO_MISS,
    }
    return {
        file: environment.get_template(template).render(told) for file, template in CARDS.items()
    }
