"""Everything that a fit, a cross-validation and an audit start from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.domain.taxonomy_files import read_taxonomy
from nlp_service.tagging.features import features
from nlp_service.text.segment import Segmenter, load_segmenter
from training.config import TrainingConfig
from training.corpora import Corpus, read_corpus
from training.definitions import Definitions, define
from training.errors import BadCorpus
from training.examples import Example
from training.targets import Integers, Targets, make_targets

Say = Callable[[str], None]
"""Tells a person what is being done."""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """Corpora read and cut into features."""

    config: TrainingConfig
    taxonomy: Taxonomy
    segmenter: Segmenter
    corpus: Corpus
    feature_lists: Sequence[list[str]]
    targets: Targets
    definitions: Definitions

    @property
    def examples(self) -> Sequence[Example]:
        """All good rows, in the order of the sources."""
        return self.corpus.examples

    def rows_from(self, source: str) -> Integers:
        """Return the rows of one source."""
        return np.flatnonzero([example.source == source for example in self.examples])


def prepare(config: TrainingConfig, say: Say) -> Prepared:
    """Read the corpora, say what was left out, and compute the features once.

    Raises:
        BadCorpus: a corpus cannot be read, has too many bad rows, or no row has labels.
        InvalidTaxonomy, SegmenterUnavailable: as their readers say.
    """
    taxonomy = read_taxonomy(config.taxonomy)
    segmenter = load_segmenter(config.segmenter)
    corpus = read_corpus(config.source, taxonomy, max_bad_share=config.max_bad_share)
    for name in corpus.skipped:
        say(f"来源 {name} 的文件不在，已跳过。")
    for row in corpus.bad_rows:
        say(f"来源 {row.source} 第 {row.line} 行已跳过：{row.reason}")
    targets = make_targets(corpus.examples, taxonomy)
    if not targets.read.any():
        raise BadCorpus("没有一行带有标注，无法训练。")
    say(f"共 {len(corpus.examples)} 件，其中 {int(targets.read.sum())} 件有标注。")
    return Prepared(
        config=config,
        taxonomy=taxonomy,
        segmenter=segmenter,
        corpus=corpus,
        feature_lists=[features(example.document, segmenter) for example in corpus.examples],
        targets=targets,
        definitions=define(taxonomy, segmenter, targets.heads),
    )
