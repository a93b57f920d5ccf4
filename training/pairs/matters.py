"""Read all texts of the pairs as the service will, by weights that know nothing of them.

What makes embeddings is fitted on the other texts alone, and rarities are counted in those. So a
pair that is held out tells what a new one would.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nlp_service.bundle import ENCODER, Bundle, hash_file
from nlp_service.domain.duplicates import Relation
from nlp_service.duplicates.boilerplate import Boilerplate, read_set_phrases
from nlp_service.duplicates.letters import find_letters
from nlp_service.duplicates.matter import Matter, MatterReader, Vector, find_words
from nlp_service.duplicates.pairs import RELATIONS
from nlp_service.duplicates.shared_wording import SharedWording, compare
from nlp_service.duplicates.terms import TermTable, count_rarity, pair_terms, word_terms
from nlp_service.duplicates.wording import read_wording
from nlp_service.tagging.embedding import EmbeddingWeights
from nlp_service.text.normalise import Document
from nlp_service.text.places import PlaceFinder, read_place_finder
from training.pairs.config import PairsConfig
from training.pairs.embedding import count_token_rarity, fit_embedding, read_all, rounded
from training.pairs.made import make_copy
from training.pairs.texts import ReadPairs
from training.prepare import Prepared, Say
from training.targets import Integers

PAIR_BUCKETS, WORD_BUCKETS = 2**17, 2**16
KEPT = Path("var/pairs")


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """Two texts, read, with what they share."""

    one: Matter
    other: Matter
    shared: SharedWording


@dataclass(frozen=True, kw_only=True, eq=False)
class Cases:
    """All pairs to learn from: the readers', then the made ones."""

    read: Sequence[Case]
    made: Sequence[Case]
    made_truth: Integers  # (n_made,)
    reader: MatterReader
    embedding: EmbeddingWeights | None
    embeddings: npt.NDArray[np.float32] | None
    """(n_texts, n_dimensions) of all texts of the sources, for measuring retrieval."""


def read_cases(
    config: PairsConfig,
    prepared: Prepared,
    pairs: ReadPairs,
    bundle: Bundle,
    folder: Path,
    say: Say,
    *,
    kept: Path = KEPT,
) -> Cases:
    """Read the readers' pairs, and make more.

    Args:
        config: of this fit.
        prepared: the texts.
        pairs: of the readers.
        bundle: whose encoder makes the embeddings.
        folder: of the bundle.
        say: tells a person what is being done.
        kept: folder in which stays what the encoder makes of the texts.
    """
    documents = [example.document for example in prepared.examples]
    chance = random.Random(config.seed)
    free = np.setdiff1d(np.arange(len(documents)), pairs.rows)
    sources = sorted(chance.sample(free.tolist(), min(config.made.texts, len(free) // 3)))
    learnt = np.setdiff1d(free, sources)
    finder = read_place_finder(config.places)
    reader = _count(finder, [documents[row] for row in learnt])
    hosts = [documents[row] for row in sources]
    copies = [make_copy(document, hosts, finder, chance) for document in hosts]
    texts = [*(documents[row] for row in pairs.rows), *hosts, *copies]
    say(f"读者判定 {len(pairs.one)} 对；另造抄改 {len(copies)} 对、无关 {len(hosts)} 对。")
    embedded = _embed(config, bundle, folder, documents, copies, learnt, say, kept=kept)
    vectors: Sequence[Vector | None] = [None] * len(texts)
    if embedded:
        rows = [*pairs.rows.tolist(), *sources]
        vectors = [*embedded.documents[rows], *embedded.copies]
    boilerplate = Boilerplate(set_phrases=read_set_phrases(config.set_phrases))
    matters = [
        reader.read(
            read_wording(document, boilerplate),
            embedding=vectors[place],
        )
        for place, document in enumerate(texts)
    ]
    place_of = {row: place for place, row in enumerate(pairs.rows.tolist())}
    hosted = len(pairs.rows)
    own = matters[hosted : hosted + len(hosts)]
    strangers = _strangers(prepared, sources, chance)
    return Cases(
        read=[
            _case(matters[place_of[a]], matters[place_of[b]])
            for a, b in zip(pairs.one.tolist(), pairs.other.tolist(), strict=True)
        ],
        made=[
            *(_case(*both) for both in zip(own, matters[hosted + len(hosts) :], strict=True)),
            *(_case(own[a], own[b]) for a, b in strangers),
        ],
        made_truth=np.array(
            [RELATIONS.index(Relation.COPY)] * len(copies)
            + [RELATIONS.index(Relation.NONE)] * len(strangers)
        ),
        reader=reader,
        embedding=embedded.weights if embedded else None,
        embeddings=embedded.documents if embedded else None,
    )


def _case(one: Matter, other: Matter) -> Case:
    return Case(one=one, other=other, shared=compare(one.wording, other.wording))


def _strangers(
    prepared: Prepared, sources: Sequence[int], chance: random.Random
) -> Sequence[tuple[int, int]]:
    """Return places of two texts each whose topics differ; those not told apart are left out."""
    topics = prepared.targets.choice["topic"]
    found = []
    for place in range(len(sources)):
        other = chance.randrange(len(sources))
        here, there = topics[sources[place]], topics[sources[other]]
        if here >= 0 and there >= 0 and here != there:
            found.append((place, other))
    return found


def _count(finder: PlaceFinder, documents: Sequence[Document]) -> MatterReader:
    letters = [pair_terms(find_letters(document.text)[0]) for document in documents]
    words = [word_terms(find_words(finder.tag(document.text))[0]) for document in documents]
    return MatterReader(
        finder=finder,
        pair_table=TermTable(rarity=rounded(count_rarity(letters, PAIR_BUCKETS))),
        word_table=TermTable(rarity=rounded(count_rarity(words, WORD_BUCKETS))),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Embedded:
    weights: EmbeddingWeights
    documents: npt.NDArray[np.float32]  # (n_documents, n_dimensions)
    copies: npt.NDArray[np.float32]  # (n_copies, n_dimensions)


def _embed(
    config: PairsConfig,
    bundle: Bundle,
    folder: Path,
    documents: Sequence[Document],
    copies: Sequence[Document],
    learnt: Integers,
    say: Say,
    *,
    kept: Path,
) -> _Embedded | None:
    """Return embeddings of all documents and of the copies, or None without an encoder."""
    if bundle.stage is None:
        say("模型包没有编码器：关系只看文字、地点和标签。")
        return None
    encoder, model = bundle.stage.encoder, hash_file(folder / ENCODER)
    rarity = count_token_rarity(encoder, [documents[row] for row in learnt])
    every = read_all(encoder, documents, rarity, model=model, kept=kept)
    weights = fit_embedding(
        [every[row] for row in learnt], rarity, config.embedding, seed=config.seed
    )
    made = read_all(encoder, copies, rarity, model=model, kept=kept)
    return _Embedded(
        weights=weights,
        documents=np.stack([weights.join(one) for one in every]).astype(np.float32),
        copies=np.stack([weights.join(one) for one in made]).astype(np.float32),
    )
