"""Read a model bundle, and refuse it when anything in it is not what it was made with.

A bundle is a folder: ``manifest.json`` names every other file with its hash, the segmenter, the
calibration and the thresholds; ``model.safetensors`` holds the arrays, ``vocabulary.txt`` the
features, ``taxonomy/`` the labels, ``golden.txt`` the sentences of the behaviour fingerprint. One
with an encoder also has ``encoder.onnx``, ``encoder.safetensors`` (its heads), ``tokenizer.json``;
one that judges quality the folder ``quality`` (the written rules) and ``quality.safetensors``; one
that tells relations of two texts the folder ``pairs`` and ``pairs.safetensors``.
``training.export`` writes it with the layout named here.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safetensors import SafetensorError
from safetensors.numpy import load_file
from scipy.sparse import csr_array

from nlp_service.domain.errors import (
    BundleCorrupt,
    BundleMismatch,
    BundleMissing,
    SegmenterUnavailable,
)
from nlp_service.domain.local_names import LocalNames, read_local_names
from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.domain.taxonomy_files import read_taxonomy
from nlp_service.duplicates.boilerplate import read_set_phrases
from nlp_service.duplicates.fingerprints import Grams
from nlp_service.duplicates.matter import MatterReader
from nlp_service.duplicates.pair_files import SET_PHRASES, read_matter_reader, read_pair_model
from nlp_service.duplicates.pairs import PairModel
from nlp_service.quality.disposition import DispositionTable
from nlp_service.quality.files import (
    read_disposition_wording,
    read_gate_finder,
    read_quality_model,
    read_quality_rules,
)
from nlp_service.quality.gates import GateFinder
from nlp_service.quality.judge import Judge
from nlp_service.tagging.calibration import Calibration, Tables
from nlp_service.tagging.cascade import EncoderStage
from nlp_service.tagging.doubt import Doubt
from nlp_service.tagging.features import fingerprint
from nlp_service.tagging.linear import LinearModel, dequantise
from nlp_service.tagging.thresholds import Thresholds
from nlp_service.text.segment import Segmenter, load_segmenter

if TYPE_CHECKING:  # a bundle without an encoder starts without its libraries
    from nlp_service.tagging.embedding import Embedder

LINEAR_FORMAT, ENCODER_FORMAT = 1, 5
"""Versions of this layout, without and with an encoder; another one does not load.

The encoder of format 2 wanted a mask beside the ids, that of 3 did not give its lower layers, and
that of 4 could not stop behind them.
"""
MANIFEST, MODEL, VOCABULARY, GOLDEN, TAXONOMY = (
    "manifest.json",
    "model.safetensors",
    "vocabulary.txt",
    "golden.txt",
    "taxonomy",
)
PAIRS, PAIR_RULES = "pairs.safetensors", "pairs"
LABEL_SHARES = "label_shares"
QUALITY, QUALITY_RULES = "quality.safetensors", "quality"
ENCODER, ENCODER_HEADS, TOKENIZER = "encoder.onnx", "encoder.safetensors", "tokenizer.json"


@dataclass(frozen=True, kw_only=True)
class QualityStage:
    """What judges quality."""

    judge: Judge
    gates: GateFinder
    dispositions: DispositionTable


@dataclass(frozen=True, kw_only=True)
class PairStage:
    """What tells the relation of two texts."""

    model: PairModel
    reader: MatterReader
    set_phrases: Grams
    """Of official wording, which counts for nobody."""
    space: str
    """What made the embeddings: those of another space say nothing beside them."""
    embedder: "Embedder | None"
    """None in a bundle without an encoder: relations are then told without meaning."""


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """Everything that a score depends on."""

    folder: Path
    """Where it was read."""
    name: str
    version: str
    model: LinearModel
    calibration: Calibration
    tables: Tables
    thresholds: Thresholds
    stage: EncoderStage | None
    """The encoder and what joins it to the linear model; None in a bundle without one."""
    quality: QualityStage | None
    """None in a bundle that gives tags alone."""
    pairs: PairStage | None
    """None in a bundle that cannot tell relations."""
    taxonomy: Taxonomy
    local_names: LocalNames
    """What of the taxonomy is the installation's own."""
    segmenter: Segmenter
    label_shares: Mapping[str, Mapping[str, Mapping[str, float]]]
    """Kind -> head -> label -> share among what was learnt from; empty where nobody counted."""
    manifest: Mapping[str, Any]

    @property
    def label(self) -> str:
        """Name and version in one word."""
        return f"{self.name}-{self.version}"

    def called(self, local_names: LocalNames) -> "Bundle":
        """Return the same bundle with other local names and units.

        Raises:
            InvalidTaxonomy: they do not fit.
            BundleError: the folder is no more what it was.
        """
        _check_files(self.folder, self.manifest)  # a folder may be replaced while it serves
        taxonomy = read_taxonomy(self.folder / TAXONOMY, local=local_names)
        quality = _quality_stage(
            self.folder, self.manifest, self.model, taxonomy, self.segmenter
        )  # evidence is found by the names of units
        return replace(self, taxonomy=taxonomy, local_names=local_names, quality=quality)


def read_bundle(
    folder: Path,
    *,
    local_taxonomy: Path | LocalNames | None = None,
    local_places: Path | None = None,
    encoder_threads: int = 0,
) -> Bundle:
    """Read and check the bundle; local names and units override those of its taxonomy.

    Args:
        folder: of the bundle.
        local_taxonomy: an office's own names and units.
        local_places: names of places that an office adds to those found by rules.
        encoder_threads: processor threads of one pass of the encoder, 0 for one a core.

    Raises:
        BundleMissing: no such folder, or a file of it is absent.
        BundleCorrupt: a file's bytes differ from the manifest's hash.
        BundleMismatch: another format, segmenter version or feature behaviour.
        InvalidTaxonomy: a local file does not fit.
    """
    manifest = read_manifest(folder)
    _check_files(folder, manifest)
    segmenter = _segmenter(manifest)
    golden = (folder / GOLDEN).read_text(encoding="utf-8").splitlines()
    if fingerprint(golden, segmenter) != manifest["fingerprint"]:
        raise BundleMismatch(
            f"模型包 {folder} 的特征指纹与当前程序不符：程序或分词词典已变，请用当前程序重新训练。"
        )
    arrays = _arrays(folder / MODEL)
    vocabulary = (folder / VOCABULARY).read_text(encoding="utf-8").split("\n")
    taxonomy = read_taxonomy(folder / TAXONOMY, local=local_taxonomy)
    model = LinearModel(
        vocabulary={feature: row for row, feature in enumerate(vocabulary)},
        idf=arrays["idf"],
        weights=dequantise(arrays["weights"], arrays["weight_steps"]),
        intercepts=arrays["intercepts"],
        heads=manifest["heads"],
    )
    stage = _encoder_stage(folder, manifest, encoder_threads)
    return Bundle(
        folder=folder,
        name=manifest["name"],
        version=manifest["version"],
        model=model,
        calibration=Calibration(**manifest["calibration"]),
        tables=Tables(
            **{name: csr_array(arrays[f"table_{name}"]) for name in Tables.__annotations__}
        ),
        thresholds=Thresholds(**manifest["thresholds"]),
        stage=stage,
        quality=_quality_stage(folder, manifest, model, taxonomy, segmenter),
        pairs=_pair_stage(folder, manifest, stage, local_places),
        taxonomy=taxonomy,
        local_names=read_local_names(local_taxonomy),
        segmenter=segmenter,
        label_shares=manifest.get(LABEL_SHARES, {}),
        manifest=manifest,
    )


def read_manifest(folder: Path) -> Mapping[str, Any]:
    """Read the manifest alone.

    Raises:
        BundleMissing: the folder has none.
        BundleCorrupt: it is not JSON.
        BundleMismatch: it is of another format.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise BundleMissing(f"{folder} 里没有模型包（缺少 {MANIFEST}），请检查路径 NLP_BUNDLE。")
    try:
        manifest: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BundleCorrupt(f"{path} 不是有效的 JSON：{error}，请重新取得模型包。") from None
    if manifest.get("format") not in (LINEAR_FORMAT, ENCODER_FORMAT):
        raise BundleMismatch(
            f"模型包 {folder} 的格式为 {manifest.get('format')}，"
            f"本程序只读格式 {LINEAR_FORMAT} 和 {ENCODER_FORMAT}。"
        )
    return manifest


def find_bundles(folder: Path) -> Sequence[Path]:
    """Return the bundles directly under a folder, by name."""
    return sorted(path.parent for path in folder.glob(f"*/{MANIFEST}"))


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _check_files(folder: Path, manifest: Mapping[str, Any]) -> None:
    for name, expected in manifest["files"].items():
        path = folder / name
        if not path.is_file():
            raise BundleMissing(f"模型包 {folder} 缺少文件 {name}，请重新取得模型包。")
        if hash_file(path) != expected:
            raise BundleCorrupt(
                f"模型包 {folder} 的文件 {name} 与清单的校验值不符，"
                "可能已被改动或损坏，请重新取得。"
            )


def _segmenter(manifest: Mapping[str, Any]) -> Segmenter:
    name, version = manifest["segmenter"]["name"], manifest["segmenter"]["version"]
    try:
        segmenter = load_segmenter(name)
    except SegmenterUnavailable as error:
        raise BundleMismatch(f"模型包需要分词器 {name} {version}：{error}") from None
    if segmenter.version != version:
        raise BundleMismatch(
            f"模型包用 {name} {version} 训练，当前安装的是 {segmenter.version}；"
            f"请安装 {name}=={version} 或重新训练。"
        )
    return segmenter


def _encoder_stage(folder: Path, manifest: Mapping[str, Any], threads: int) -> EncoderStage | None:
    """Load the encoder; a bundle without one starts without its libraries."""
    if manifest["format"] == LINEAR_FORMAT:
        return None
    from tokenizers import Tokenizer

    from nlp_service.tagging.encoder import Encoder, EncoderHeads
    from nlp_service.tagging.reading import Reading, Tail

    described, arrays = manifest["encoder"], _arrays(folder / ENCODER_HEADS)
    encoder = Encoder(
        folder / ENCODER,
        reading=Reading(
            tokenizer=Tokenizer.from_file(str(folder / TOKENIZER)),
            **{**described["reading"], "tail": Tail(described["reading"]["tail"])},
        ),
        heads=EncoderHeads(
            weights={head: arrays[f"weights_{head}"] for head in described["heads"]},
            intercepts={head: arrays[f"intercepts_{head}"] for head in described["heads"]},
            choices=described["choices"],
            levels=described["levels"],
        ),
        threads=threads,
    )
    return EncoderStage(
        encoder=encoder,
        mix=described["mix"],
        calibration=Calibration(**described["calibration"]),
        thresholds=Thresholds(**described["thresholds"]),
        doubt=Doubt(**described["doubt"]),
    )


def _quality_stage(
    folder: Path,
    manifest: Mapping[str, Any],
    words: LinearModel,
    taxonomy: Taxonomy,
    segmenter: Segmenter,
) -> QualityStage | None:
    if QUALITY_RULES not in manifest:
        return None
    fitted, arrays = manifest[QUALITY_RULES], _arrays(folder / QUALITY)
    rules = folder / QUALITY_RULES
    word_weights = {
        way: dequantise(arrays[f"{way}_word_codes"], arrays[f"{way}_word_steps"])
        for way in ("alone", "joint")
        if fitted[way]
    }
    return QualityStage(
        judge=Judge(
            read_quality_model(rules, fitted, arrays, word_weights, taxonomy),
            read_quality_rules(rules, taxonomy),
            taxonomy=taxonomy,
            words=words,
            segmenter=segmenter,
        ),
        gates=read_gate_finder(rules, fitted["gates"]),
        dispositions=read_disposition_wording(rules),
    )


def _pair_stage(
    folder: Path, manifest: Mapping[str, Any], stage: EncoderStage | None, local_places: Path | None
) -> PairStage | None:
    if PAIR_RULES not in manifest:
        return None
    fitted, arrays = manifest[PAIR_RULES], _arrays(folder / PAIRS)
    embedder = None
    if stage and fitted["bounds"]:
        from nlp_service.tagging.embedding import Embedder, read_embedding_weights

        embedder = Embedder(stage.encoder, read_embedding_weights(fitted, arrays))
    made_by = "".join(manifest["files"].get(name, "") for name in (ENCODER, PAIRS))
    return PairStage(
        set_phrases=read_set_phrases(folder / PAIR_RULES / SET_PHRASES),
        space=hashlib.sha256(made_by.encode()).hexdigest()[:16],
        model=read_pair_model(fitted, arrays),
        reader=read_matter_reader(folder / PAIR_RULES, arrays, local_places=local_places),
        embedder=embedder,
    )


def _arrays(path: Path) -> Mapping[str, Any]:
    try:
        return load_file(path)
    except SafetensorError as error:
        raise BundleCorrupt(f"{path} 不是有效的 safetensors 文件：{error}") from None
