"""The taxonomy's own words as texts to learn from: every subtopic, and every unit's duties.

A label of which no reader saw a single text still has a name; a model that knows it finds the
plain cases. Definitions are in the fitting part of every fold and are never measured on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nlp_service.domain.taxonomy import OTHER_TOPIC, Subtopic, Taxonomy, Unit
from nlp_service.tagging.features import features
from nlp_service.text.normalise import Document, normalise
from nlp_service.text.segment import Segmenter
from training.targets import Booleans

_Labels = Mapping[str, Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Definitions:
    """Texts made of the taxonomy's names, with the labels that they define."""

    documents: Sequence[Document]
    feature_lists: Sequence[list[str]]
    truths: Mapping[str, tuple[Sequence[int], Booleans]]
    """Head -> the definitions that speak of it and their truth, (n_definitions, n_labels)."""


def define(
    taxonomy: Taxonomy, segmenter: Segmenter, heads: Mapping[str, Sequence[str]]
) -> Definitions:
    """Write one text for each subtopic but 其他, and one for each unit with duties."""
    entries = [
        (
            Document(
                title=normalise(subtopic.name), body=normalise(f"{topic.name}。{subtopic.name}")
            ),
            _labels_of_subtopic(topic.code, subtopic),
        )
        for topic in taxonomy.topics
        for subtopic in topic.subtopic
        if topic.code != OTHER_TOPIC
    ]
    entries += [
        (_duties(unit), {"lead_unit": [unit.code]}) for unit in taxonomy.units if unit.duties
    ]
    return Definitions(
        documents=[document for document, _ in entries],
        feature_lists=[features(document, segmenter) for document, _ in entries],
        truths={
            head: _truth([labels for _, labels in entries], head, codes)
            for head, codes in heads.items()
            if any(head in labels for _, labels in entries)
        },
    )


def _labels_of_subtopic(topic: str, subtopic: Subtopic) -> _Labels:
    return {
        "topic": [topic],
        "subtopic": [subtopic.code],
        "lead_unit": subtopic.lead_units[:1],
        "assist_units": subtopic.assist_units,
        "sectors": subtopic.sectors,
    }


def _duties(unit: Unit) -> Document:
    return Document(title=normalise(unit.name), body=normalise("；".join(unit.duties)))


def _truth(
    labels: Sequence[_Labels], head: str, codes: Sequence[str]
) -> tuple[Sequence[int], Booleans]:
    told = [row for row, known in enumerate(labels) if head in known]
    return told, np.array([[code in labels[row][head] for code in codes] for row in told])
