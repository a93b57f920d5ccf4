"""A small corpus of our own submissions, some known only by an old category, and a fit of it."""

import json
from pathlib import Path

import pytest

from training.config import read_config
from training.cross_validate import cross_validate
from training.fit import fit
from training.prepare import prepare

ROOT = Path(__file__).parents[2]
OLD_CATEGORIES = {
    "经济": ["T01", "T02", "T03", "T04", "T05"],
    "城乡": ["T06", "T07", "T08", "T09", "T10"],
    "社会": ["T11", "T12", "T13", "T14", "T15", "T16", "T17", "T18", "T99"],
}
LABELS = (
    "topic subtopic other_topics sectors lead_unit assist_units request urgency gates "
    "confidence evidence"
).split()


def write_lines(path, rows):
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def quiet(message):
    """Take what a run says."""


def gold_rows():
    text = (ROOT / "data" / "gold" / "gold.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def old_category(row):
    return next(name for name, topics in OLD_CATEGORIES.items() if row["topic"] in topics)


@pytest.fixture(scope="session")
def corpus_folder(tmp_path_factory):
    """Own submissions: 150 with a reader's labels, 60 of which only the old category is kept."""
    folder = tmp_path_factory.mktemp("corpus")
    rows = [row | {"type": old_category(row)} for row in gold_rows()[:210]]
    texts = [{key: value for key, value in row.items() if key not in LABELS} for row in rows]
    write_lines(folder / "texts.jsonl", texts)
    write_lines(folder / "labels.jsonl", rows[:150])
    sets = "\n".join(f'"{name}" = {json.dumps(topics)}' for name, topics in OLD_CATEGORIES.items())
    (folder / "scheme.toml").write_text(f'name = "old"\n\n[topics]\n{sets}\n', encoding="utf-8")
    return folder


def write_config(folder, **replaced):
    """Write a run of the small corpus; a replaced value is TOML text, None leaves the key out."""
    values = {
        "name": '"tiny"',
        "version": '"1"',
        "released": '"2026-01-01"',
        "taxonomy": f'"{ROOT}/data/taxonomy"',
        "golden": f'"{ROOT}/data/golden_sentences.txt"',
        "segmenter": '"rjieba"',
        "seed": "7",
        "folds": "2",
        "max_bad_share": "0.02",
        "missed_urgent": "0.3",
        **replaced,
    }
    head = "\n".join(f"{key} = {value}" for key, value in values.items() if value is not None)
    path = folder / "run.toml"
    path.write_text(
        f"""{head}

[[source]]
name = "small"
path = "{folder}/texts.jsonl"
labels = "{folder}/labels.jsonl"
scheme = "{folder}/scheme.toml"

[linear]
n_features = 3000
min_df = 2
c = 2.0
partial_rounds = 1
partial_weight = 0.15
partial_scale = 6.0

[error_rates]
topic = 0.4
subtopic = 0.4
lead_unit = 0.4
request = 0.4
urgency = 0.4
kind = 0.1
""",
        encoding="utf-8",
    )
    return path


QUALITY = f"""
[quality]
rules = "{ROOT}/data/quality"
empty_talk = "{ROOT}/data/gold/quality/empty_talk.txt"
penalty = 0.4
evidence_share = 0.1
nothing_weight = 5.0
meaning_share = 0.0
weights = {{}}
second_readings = {{}}
"""


@pytest.fixture(scope="session", autouse=True)
def few_resamples():
    """Intervals of a small fit may be rough; their width is tested by itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.metrics.RESAMPLES", 20)
        yield


@pytest.fixture(scope="session")
def prepared(corpus_folder):
    return prepare(read_config(write_config(corpus_folder)), quiet)


@pytest.fixture(scope="session")
def validated(prepared):
    return cross_validate(prepared, quiet)


@pytest.fixture(scope="session")
def tiny_bundle(prepared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "tiny"
    fit(prepared, folder, quiet)
    return folder


ENCODER = """
[encoder]
base = "{base}"
prefix = "query: "
vocabulary = 4000
layers = [0, 1]
frozen_layers = 1
most_tokens = 96
tail_share = 0.25
tail = "suggestions"
epochs = 6
batch_rows = 16
batch_tokens = 2048
learning_rate = 2e-3
dropout = 0.1
smoothing = 0.05
partial_weight = 0.15
bfloat16 = false
answered_folds = 1
auto_share = 0.3

[encoder.shares]
gates = 0.3
"""


@pytest.fixture(scope="session")
def tiny_base(prepared, tmp_path_factory):
    """An encoder of three small layers that knows nothing, over a vocabulary of its own."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
    from transformers import BertConfig, BertModel

    from training.encoder.pretrained import PretrainedEncoder, save_base

    texts = [example.document.text for example in prepared.examples]
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.train_from_iterator(
        texts,
        trainers.UnigramTrainer(
            vocab_size=5000,
            special_tokens=["<s>", "<pad>", "</s>", "<unk>"],
            unk_token="<unk>",
            show_progress=False,
        ),
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=48,
        num_hidden_layers=3,
        num_attention_heads=4,
        intermediate_size=96,
        max_position_embeddings=128,
        attention_probs_dropout_prob=0.0,
        hidden_dropout_prob=0.0,
    )
    folder = tmp_path_factory.mktemp("base")
    model = BertModel(config, add_pooling_layer=False)
    save_base(PretrainedEncoder(model=model, tokenizer=tokenizer, pad=1), folder)
    return folder


@pytest.fixture(scope="session")
def encoder_config(corpus_folder, tiny_base, tmp_path_factory):
    folder = tmp_path_factory.mktemp("encoder")
    text = write_config(corpus_folder).read_text(encoding="utf-8")
    path = folder / "encoder.toml"
    quality = QUALITY.replace("meaning_share = 0.0", "meaning_share = 0.3")
    path.write_text(text + ENCODER.format(base=tiny_base) + quality, encoding="utf-8")
    return read_config(path)


@pytest.fixture(scope="session")
def encoder_prepared(encoder_config):
    return prepare(encoder_config, quiet)


@pytest.fixture(scope="session")
def encoder_fitted(encoder_prepared, tmp_path_factory):
    """The folder of the bundle and the report of its fit."""
    from training.encoder import stage as stage_module

    folder = tmp_path_factory.mktemp("models")
    with pytest.MonkeyPatch.context() as patch:
        # A few texts of an encoder that learnt little: one choice may well fall the other way.
        patch.setattr(stage_module, "SAME_CHOICE", 0.9)
        report = fit(encoder_prepared, folder / "tiny", quiet, answers=folder / "answers")
    return folder / "tiny", report, folder / "answers"
