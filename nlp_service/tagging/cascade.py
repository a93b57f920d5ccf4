"""Two models, one answer: the linear one reads everything, the encoder what it is asked to.

Their answers are added head by head (``mix``), and one calibration turns the sum into
probabilities. So a text that the encoder read has other probabilities and thresholds than one
that it did not; every tag says which it was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nlp_service.domain.assessment import ScorePath
from nlp_service.domain.submission import Mode
from nlp_service.stages import Stage, timed
from nlp_service.tagging.calibration import (
    Calibration,
    Tables,
    TagScores,
    several_probabilities,
    tag_scores,
)
from nlp_service.tagging.counting import FeatureCounter
from nlp_service.tagging.doubt import Doubt
from nlp_service.tagging.linear import Floats, LinearModel
from nlp_service.tagging.thresholds import Thresholds
from nlp_service.text.normalise import Document
from nlp_service.text.segment import Segmenter

if TYPE_CHECKING:  # a bundle without an encoder starts without its libraries
    from nlp_service.tagging.encoder import Encoder, TokenShares


@dataclass(frozen=True, kw_only=True)
class EncoderStage:
    """The encoder and what joins it to the linear model."""

    encoder: "Encoder"
    mix: Mapping[str, float]
    """Head -> what the encoder's answer is multiplied by before it is added to the margin."""
    calibration: Calibration
    """Of the sums."""
    thresholds: Thresholds
    """Of the sums' probabilities."""
    doubt: Doubt
    """Which texts the encoder reads in ``auto``, from what the linear model says of them."""


@dataclass(frozen=True, kw_only=True)
class Scored:
    """Texts that went the same way."""

    path: ScorePath
    places: Sequence[int]
    """Where the texts stood among those that were asked about."""
    scores: TagScores
    thresholds: Thresholds
    gates: Floats
    """(n_texts, n_gates): grounds for review as the linear model sees them, whatever the way. The
    few examples of most grounds are told as well without the encoder."""
    tokens: Sequence["TokenShares"] = ()
    """Of each text, where reasons were wanted and the encoder read it; else empty."""


class Cascade:
    """Scores texts with a linear model and, where there is one, an encoder."""

    def __init__(
        self,
        *,
        model: LinearModel,
        segmenter: Segmenter,
        calibration: Calibration,
        tables: Tables,
        thresholds: Thresholds,
        stage: EncoderStage | None,
    ) -> None:
        self._model, self._segmenter, self._tables = model, segmenter, tables
        self._calibration, self._thresholds, self._stage = calibration, thresholds, stage
        self._counter = FeatureCounter(model.vocabulary)
        self._columns = {head: model.columns(head) for head in model.heads}

    def score(
        self, documents: Sequence[Document], mode: Mode, *, explain: bool = False
    ) -> Sequence[Scored]:
        """Return probabilities in one or two parts, which together hold every text once.

        With ``explain`` the encoder also tells what each of the tokens said.
        """
        margins = self.margins(documents)
        everything = range(len(documents))
        if self._stage and mode is Mode.ACCURATE:
            return [self._combined(self._stage, documents, margins, everything, explain)]
        linear = self._linear(margins, everything)
        if self._stage is None or mode is Mode.FAST:
            return [linear]
        unsure = self._stage.doubt.asks(linear.scores.topic)
        parts = []
        if not unsure.all():
            parts.append(_taken(linear, np.flatnonzero(~unsure).tolist()))
        if unsure.any():
            places = np.flatnonzero(unsure).tolist()
            parts.append(self._combined(self._stage, documents, margins, places, explain))
        return parts

    def margins(self, documents: Sequence[Document]) -> Mapping[str, Floats]:
        """Return the linear model's decision values of every head, a row a text."""
        with timed(Stage.WORDS):
            counts = self._counter.count(documents, self._segmenter)
            margins = self._model.margins(self._model.weigh(counts))
        return {head: margins[:, columns] for head, columns in self._columns.items()}

    def _linear(self, margins: Mapping[str, Floats], places: Sequence[int]) -> Scored:
        scores = tag_scores(margins, self._calibration, self._tables)
        return Scored(
            path=ScorePath.LINEAR,
            places=places,
            scores=scores,
            thresholds=self._thresholds,
            gates=scores.gates,
        )

    def _combined(
        self,
        stage: EncoderStage,
        documents: Sequence[Document],
        margins: Mapping[str, Floats],
        places: Sequence[int],
        explain: bool,
    ) -> Scored:
        read = [documents[place] for place in places]
        with timed(Stage.ENCODER):
            tokens = stage.encoder.token_shares(read) if explain else ()
            vectors = (
                np.stack([one.shares.sum(axis=0) for one in tokens])
                if tokens
                else stage.encoder.vectors(read)
            )
        chosen = np.array(places)
        read_margins = {head: values[chosen] for head, values in margins.items()}
        sums = {
            head: values + stage.mix[head] * stage.encoder.heads.answers(head, vectors)
            for head, values in read_margins.items()
        }
        return Scored(
            path=ScorePath.COMBINED,
            places=places,
            scores=tag_scores(sums, stage.calibration, self._tables),
            thresholds=stage.thresholds,
            gates=several_probabilities(
                read_margins["gates"], None, self._calibration.several["gates"]
            ),
            tokens=tokens,
        )


def _taken(scored: Scored, places: Sequence[int]) -> Scored:
    """Return the part of it that stands at these places."""
    scores = {head: getattr(scored.scores, head)[places] for head in TagScores.__annotations__}
    return Scored(
        path=scored.path,
        places=places,
        scores=TagScores(**scores),
        thresholds=scored.thresholds,
        gates=scored.gates[places],
    )


def in_order(parts: Sequence[Scored]) -> TagScores:
    """Return the probabilities of all parts in the order of the texts."""
    order = np.argsort(np.concatenate([np.array(part.places) for part in parts]))
    return TagScores(
        **{
            head: np.concatenate([getattr(part.scores, head) for part in parts])[order]
            for head in TagScores.__annotations__
        }
    )
