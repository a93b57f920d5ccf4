"""Bring a base encoder nearer to submissions before it learns any label.

Two parts of one submission should lie closer together than parts of two: its title and its body,
the problems and the suggestions of a proposal, a text's first and second half, a text and the same
with slips of the pen. In-batch negatives, and one mined for each pair, come from other submissions.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from datasets import Dataset
from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer
from sentence_transformers import SentenceTransformerTrainingArguments as Arguments
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from sentence_transformers.util import mine_hard_negatives

from nlp_service.text.normalise import Document
from nlp_service.text.sections import find_suggestions
from nlp_service.text.sentences import split_sentences
from training.config import Adaptation
from training.encoder.batches import best_device, quick_in_16_bits
from training.encoder.network import freeze
from training.encoder.pretrained import PretrainedEncoder, load_base, save_base

Pair = tuple[str, str]

_LEAST = 20  # characters of a part worth comparing
_SLIPS = 0.05  # share of characters that a slip takes away or doubles


def adapt(
    base: PretrainedEncoder,
    documents: Sequence[Document],
    options: Adaptation,
    *,
    prefix: str,
    frozen: int,
    seed: int,
    folder: Path,
) -> PretrainedEncoder:
    """Return the encoder after it has seen the documents' parts; killed, it goes on.

    Args:
        base: what to start from.
        documents: submissions, no labels needed; none that anything is measured on.
        options: epochs, lengths, rates.
        prefix: put before every part.
        frozen: lowest layers that stay as they are, and the embeddings below them.
        seed: of the order and of the slips.
        folder: takes the checkpoints, and the result for the next run.
    """
    result = folder / "adapted"
    if not (result / "config.json").is_file():
        save_base(base, folder / "base")
        parts = Transformer(str(folder / "base"), max_seq_length=options.most_tokens)
        model = SentenceTransformer(
            modules=[parts, Pooling(parts.get_embedding_dimension())], device=str(best_device())
        )
        freeze(parts.auto_model, frozen)
        pairs = [pair for n, d in enumerate(documents) for pair in pairs_of(d, seed=seed + n)]
        _train(model, pairs, options, prefix=prefix, seed=seed, folder=folder)
        save_base(
            PretrainedEncoder(model=parts.auto_model, tokenizer=base.tokenizer, pad=base.pad),
            result,
        )
    return load_base(str(result))


def pairs_of(document: Document, *, seed: int) -> Iterator[Pair]:
    """Yield the pairs of parts that one submission gives."""
    body = document.body
    if len(document.title) >= 6 and len(body) >= _LEAST:
        yield document.title, body
    suggestions = find_suggestions(body) or 0
    if min(suggestions, len(body) - suggestions) >= _LEAST:
        yield body[:suggestions], body[suggestions:]
    elif len(sentences := split_sentences(body)) > 1:
        middle = sentences[len(sentences) // 2].start
        if min(middle, len(body) - middle) >= _LEAST:
            yield body[:middle], body[middle:]
    if len(body) >= 2 * _LEAST:
        yield body, with_slips(body, seed=seed)


def with_slips(text: str, *, seed: int) -> str:
    """Return the text with some characters left out and some written twice."""
    draw = np.random.default_rng(seed).random(len(text))
    return "".join(
        "" if chance < _SLIPS / 2 else character * (2 if chance < _SLIPS else 1)
        for character, chance in zip(text, draw, strict=True)
    )


def _train(
    model: SentenceTransformer,
    pairs: Sequence[Pair],
    options: Adaptation,
    *,
    prefix: str,
    seed: int,
    folder: Path,
) -> None:
    dataset = Dataset.from_dict(
        {
            "anchor": [prefix + first for first, _ in pairs],
            "positive": [prefix + second for _, second in pairs],
        }
    )
    if options.mined:
        dataset = mine_hard_negatives(
            dataset,
            model,
            num_negatives=1,
            range_min=options.mined_from,
            range_max=options.mined_from + 20,
            sampling_strategy="random",
            batch_size=32,
            verbose=False,
        )
    arguments = Arguments(
        output_dir=str(folder / "checkpoints"),
        num_train_epochs=options.epochs,
        per_device_train_batch_size=options.batch_rows,
        learning_rate=options.learning_rate,
        warmup_steps=0.06,
        bf16=options.bfloat16 and quick_in_16_bits(),
        seed=seed,
        save_steps=50,
        save_total_limit=1,
        logging_steps=20,
        report_to="none",
        use_cpu=best_device().type == "cpu",
        dataloader_pin_memory=False,
    )
    trainer = SentenceTransformerTrainer(
        model=model,
        args=arguments,
        train_dataset=dataset,
        loss=MultipleNegativesRankingLoss(model, scale=options.scale),
    )
    trainer.train(resume_from_checkpoint=any((folder / "checkpoints").glob("checkpoint-*")))
