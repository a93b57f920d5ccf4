"""Held-out answers of the encoder: one fine-tuning a fold, each kept on disk as soon as it ends."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from nlp_service.tagging.reading import Reading
from training.config import Encoder
from training.encoder.adapt import adapt
from training.encoder.batches import Rows
from training.encoder.finetune import answer_all, finetune
from training.encoder.frozen import frozen_outputs
from training.encoder.lessons import OFFICE, Lessons, make_lessons
from training.encoder.memory import keep_freed_memory
from training.encoder.network import TagNetwork, Texts, keep_layers, start_from_shares
from training.encoder.pretrained import PretrainedEncoder, load_base
from training.encoder.trim import trim_vocabulary
from training.out_of_fold import Fold
from training.prepare import Prepared, Say
from training.targets import CHOICES, Integers

_WITHOUT_EFFECT = ("answered_folds", "auto_share")
"""Options that leave a fine-tuning as it is."""

Answers = Mapping[str, np.ndarray]
"""Head -> log-probabilities or log-odds, (n_texts, n_labels); ``vector`` -> (n_texts, hidden)."""


@dataclass(frozen=True, kw_only=True)
class Start:
    """A network that has learnt nothing yet, and what it will learn from."""

    base: PretrainedEncoder
    network: TagNetwork
    texts: Texts
    """Those of the examples, then of the definitions."""
    lessons: Lessons
    """Row for row of the texts."""


def held_out_answers(
    prepared: Prepared,
    folds: Sequence[Fold],
    folder: Path,
    say: Say,
    *,
    only: Sequence[int] | None = None,
) -> Answers:
    """Fine-tune once for each fold (or the ``only`` ones) and answer the texts held out.

    A fold that is already in the folder is read from there; a fine-tuning that was killed goes on.
    Rows of folds that were left out are not-a-number.
    """
    options = _options(prepared)
    found: dict[str, np.ndarray] = {}
    for number, (fitted_on, held_out) in enumerate(folds, start=1):
        if only and number not in only:
            continue
        kept = folder / f"{run_name(prepared, fitted_on)}.npz"
        if not kept.is_file():
            say(f"编码器第 {number}/{len(folds)} 折。")
            answers = _fit_and_answer(prepared, fitted_on, held_out, options, kept, number)
            draft = kept.with_suffix(".draft.npz")
            np.savez(draft, **dict(answers))  # type: ignore[arg-type]
            draft.replace(kept)
        with np.load(kept) as arrays:
            for name in arrays.files:
                shape = (len(prepared.examples), *arrays[name].shape[1:])
                found.setdefault(name, np.full(shape, np.nan))[held_out] = arrays[name]
    return found


def _fit_and_answer(
    prepared: Prepared,
    fitted_on: Integers,
    held_out: Integers,
    options: Encoder,
    kept: Path,
    number: int,
) -> Answers:
    checkpoint = kept.with_suffix(".pt")
    start = start_network(prepared, options, fitted_on, folder=kept.parent)
    finetune(
        start.network,
        start.texts,
        start.lessons,
        places_of_an_epoch(prepared, fitted_on),
        options,
        seed=prepared.config.seed,
        checkpoint=checkpoint,
        label=f"fold {number}",
    )
    answers = answers_of(start.network, start.texts, held_out, options)
    kept.parent.mkdir(parents=True, exist_ok=True)
    checkpoint.unlink(missing_ok=True)
    return answers


def places_of_an_epoch(prepared: Prepared, rows: Integers) -> Integers:
    """Return the places that an epoch reads: the examples, some more than once, and definitions.

    The definitions stand behind all examples.
    """
    repeats = _options(prepared).repeats or {}
    times = [repeats.get(prepared.examples[row].source, 1) for row in rows]
    behind = len(prepared.examples) + np.arange(len(prepared.definitions.documents))
    return np.concatenate([np.repeat(rows, times), behind])


def start_network(
    prepared: Prepared, options: Encoder, fitted_on: Integers, *, folder: Path
) -> Start:
    """Load the base, trim it, put fresh heads on it, and let its frozen layers read all texts.

    The heads begin with the shares of the examples to be fitted on. What the frozen layers make
    of the texts is kept in the folder.
    """
    import torch

    keep_freed_memory()
    torch.manual_seed(prepared.config.seed)
    documents = [example.document for example in prepared.examples]
    base = trimmed_base(prepared, options)
    if options.adaptation:
        base = adapt(
            base,
            [documents[row] for row in fitted_on],
            options.adaptation,
            prefix=options.prefix,
            frozen=options.frozen_layers,
            seed=prepared.config.seed,
            folder=folder / f"{run_name(prepared, fitted_on)}.adapted",
        )
    lessons = make_lessons(prepared.targets, prepared.definitions)
    network = TagNetwork(
        base.model,
        choices=_sizes(prepared, lessons),
        several={head: values.shape[1] for head, values in lessons.several.items()},
        levels={
            "urgency": (1, len(prepared.targets.heads["urgency"])),
            "quality": (prepared.targets.quality.shape[1], 5),
        },
        dropout=options.dropout,
        frozen=options.frozen_layers,
    )
    start_from_shares(network, lessons.take(fitted_on))
    ids = read_with(base, options).rows([*documents, *prepared.definitions.documents])
    texts: Texts = Rows(ids, pad=base.pad)
    if options.frozen_layers:
        texts = frozen_outputs(network, ids, pad=base.pad, bfloat16=options.bfloat16, folder=folder)
    return Start(base=base, network=network, texts=texts, lessons=lessons)


def trimmed_base(prepared: Prepared, options: Encoder) -> PretrainedEncoder:
    """Load the base with the tokens that all texts use and the layers that are kept."""
    texts = [example.document.text for example in prepared.examples]
    base = trim_vocabulary(load_base(options.base), texts, most=options.vocabulary)
    if options.layers:
        keep_layers(base, options.layers)
    return base


def read_with(base: PretrainedEncoder, options: Encoder) -> Reading:
    """Return how this encoder reads."""
    return Reading(
        tokenizer=base.tokenizer,
        prefix=options.prefix,
        most_tokens=options.most_tokens,
        tail_share=options.tail_share,
        tail=options.tail,
    )


def answers_of(network: TagNetwork, texts: Texts, places: Integers, options: Encoder) -> Answers:
    """Return answers and vectors; heads of levels with one question lose that axis."""
    answers, vectors = answer_all(network, texts, places, options, label="answers")
    flat = {h: a[:, 0] if a.ndim == 3 and a.shape[1] == 1 else a for h, a in answers.items()}
    return flat | {"vector": vectors}


def _sizes(prepared: Prepared, lessons: Lessons) -> Mapping[str, int]:
    heads = prepared.targets.heads
    sizes = {head: len(heads[head]) for head in CHOICES if head in lessons.choice}
    return sizes | {OFFICE: int(prepared.targets.category.max()) + 1}


def _options(prepared: Prepared) -> Encoder:
    if prepared.config.encoder is None:
        raise ValueError("the configuration has no [encoder]")
    return prepared.config.encoder


def run_name(prepared: Prepared, fitted_on: Integers) -> str:
    """Name a run by what it depends on, so that a changed option never meets old answers."""
    ids = [prepared.examples[row].id for row in fitted_on]
    options = {
        name: value
        for name, value in asdict(_options(prepared)).items()
        if name not in _WITHOUT_EFFECT and value is not None
    }
    described = json.dumps([options, prepared.config.seed, ids], default=str)
    return hashlib.sha256(described.encode()).hexdigest()[:16]
