"""The encoder's whole way on tiny data: base, trimming, fine-tuning, folds, bundle, service."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from nlp_service.assess import Assessor
from nlp_service.bundle import ENCODER, read_bundle
from nlp_service.domain.submission import Mode, Submission
from nlp_service.text.normalise import Document, clean
from training.config import Adaptation
from training.encoder import stage as stage_module
from training.encoder.batches import Rows, shuffled_batches
from training.encoder.finetune import finetune
from training.encoder.held_out import read_with, start_network
from training.encoder.network import OrderedHead
from training.encoder.pretrained import load_base
from training.encoder.trim import trim_vocabulary
from training.errors import BadEncoder, ParityFailure
from training.fit import fit

from .conftest import quiet


def test_bundle_with_an_encoder_serves_in_every_mode(encoder_fitted):
    assessor = Assessor(read_bundle(encoder_fitted[0]))
    submission = Submission(title="路灯不亮", body="小区门口的路灯坏了半个月，没有人修。")

    paths = {mode: assessor.assess(submission, mode=mode).topic.path for mode in Mode}

    assert paths[Mode.FAST] == "linear"
    assert paths[Mode.ACCURATE] == "combined"
    assert assessor.assess(submission).topic.path == "combined"


def test_auto_reads_only_what_the_linear_model_leaves_in_doubt(encoder_fitted, encoder_prepared):
    assessor = Assessor(read_bundle(encoder_fitted[0]))
    texts = [example.document.text for example in encoder_prepared.examples[:40]]
    texts += ["请领导重视这件事。", "你好，想问一下。", "希望早日解决。"]
    submissions = [Submission(body=text) for text in texts]

    fast = list(assessor.assess_many(submissions, mode=Mode.FAST))
    accurate = list(assessor.assess_many(submissions, mode=Mode.ACCURATE))
    auto = list(assessor.assess_many(submissions))

    linear = assessor.scores([clean(one) for one in submissions], Mode.FAST)
    asked = assessor.bundle.stage.doubt.asks(linear.topic).tolist()
    assert {found.topic.path for found in auto} == {"linear", "combined"}
    for asks, sure, both, found in zip(asked, fast, accurate, auto, strict=True):
        expected = both if asks else sure
        assert found.topic.code == expected.topic.code
        assert found.topic.probability == expected.topic.probability


@pytest.mark.parametrize("whole", [True, False])
def test_upper_layers_run_only_where_they_are_wanted(encoder_fitted, tmp_path, whole):
    options = onnxruntime.SessionOptions()
    options.enable_profiling = True
    options.profile_file_prefix = str(tmp_path / "run")
    session = onnxruntime.InferenceSession(
        encoder_fitted[0] / ENCODER, options, providers=["CPUExecutionProvider"]
    )

    session.run(["tokens"], {"ids": np.array([[5, 6, 7]]), "whole": np.array(whole)})

    steps = json.loads(Path(session.end_profiling()).read_text(encoding="utf-8"))
    ran = [step["name"] for step in steps if step.get("cat") == "Node"]
    assert any(name.startswith("upper/") for name in ran) is whole
    assert any(name.startswith("lower/") for name in ran)


def test_every_tag_says_which_models_it_comes_from(encoder_fitted):
    assessment = Assessor(read_bundle(encoder_fitted[0])).assess(Submission(body="路灯坏了没人修"))
    found = assessment.as_dict()
    tags = [found["topic"], found["subtopic"], found["request"], found["urgency"]]
    tags += found["sectors"] + found["units"]
    assert {tag["path"] for tag in tags} == {"combined"}


def test_reasons_of_both_models_stand_in_the_text(encoder_fitted):
    found = Assessor(read_bundle(encoder_fitted[0])).assess(
        Submission(title="路灯不亮", body="小区的路灯坏了半个月。\n晚上出门不安全，请尽快修。")
    )
    spans = [span for tag in (found.topic, found.subtopic, *found.units) for span in tag.spans]
    assert spans
    assert all(found.text[span.start : span.end] == span.quote for span in spans)


def test_token_shares_sum_to_the_vector(encoder_fitted, encoder_prepared):
    encoder = read_bundle(encoder_fitted[0]).stage.encoder
    document = encoder_prepared.examples[0].document
    (shares,) = encoder.token_shares([document])
    np.testing.assert_allclose(shares.shares.sum(axis=0), encoder.vectors([document])[0], atol=2e-2)
    assert shares.ends.max() <= len(document.text)


def test_batch_of_any_size_gives_the_vectors_of_single_texts(encoder_fitted, encoder_prepared):
    encoder = read_bundle(encoder_fitted[0]).stage.encoder
    documents = [example.document for example in encoder_prepared.examples[:40]]
    together = encoder.vectors(documents)
    alone = np.concatenate([encoder.vectors([document]) for document in documents])
    np.testing.assert_array_equal(together, alone)
    assert encoder.vectors([]).shape[0] == 0


def test_report_sets_the_encoder_beside_the_linear_model(encoder_fitted):
    names = [found.name for found in encoder_fitted[1].sets]
    assert names == ["small", "small, with encoder"]


@pytest.mark.slow
def test_second_fit_takes_the_answers_and_weights_that_are_there(
    encoder_fitted, encoder_prepared, tmp_path, monkeypatch
):
    def refuse(*args, **options):
        raise AssertionError("fine-tuned again")

    monkeypatch.setattr("training.encoder.held_out.finetune", refuse)
    monkeypatch.setattr(stage_module, "finetune", refuse)
    monkeypatch.setattr(stage_module, "SAME_CHOICE", 0.9)
    fit(encoder_prepared, tmp_path / "again", quiet, answers=encoder_fitted[2])

    first, second = (
        json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["encoder"]
        for folder in (encoder_fitted[0], tmp_path / "again")
    )
    assert first == second


def teach(start, places, options, checkpoint):
    finetune(
        start.network,
        start.texts,
        start.lessons,
        places,
        options,
        seed=1,
        checkpoint=checkpoint,
        label="",
    )


def test_killed_fine_tuning_goes_on_from_its_checkpoint(
    encoder_prepared, encoder_config, tmp_path, monkeypatch
):
    options = dataclasses.replace(encoder_config.encoder, epochs=2, dropout=0.0)
    places = np.arange(60)

    def run(checkpoint):
        start = start_network(encoder_prepared, options, places, folder=tmp_path)
        teach(start, places, options, checkpoint)
        return start.network

    monkeypatch.setattr("training.encoder.finetune._CHECKPOINT_STEPS", 3)
    undisturbed = run(tmp_path / "whole.pt").state_dict()
    seen = 0

    def killed(*args, **kwargs):
        nonlocal seen
        seen += 1
        if seen == 5:
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    import training.encoder.finetune as module

    real = module.loss_of
    monkeypatch.setattr(module, "loss_of", killed)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "killed.pt")
    monkeypatch.setattr(module, "loss_of", real)
    resumed = run(tmp_path / "killed.pt").state_dict()

    for name, value in undisturbed.items():
        torch.testing.assert_close(resumed[name], value, rtol=1e-4, atol=1e-5)


def test_bundle_whose_8_bits_say_something_else_is_not_written(
    encoder_fitted, encoder_prepared, tmp_path, monkeypatch
):
    monkeypatch.setattr(stage_module, "NEAR", -1.0)
    with pytest.raises(ParityFailure, match="8 位编码器与训练结果不一致"):
        fit(encoder_prepared, tmp_path / "off", quiet, answers=encoder_fitted[2])
    assert not (tmp_path / "off").exists()


def test_trimmed_encoder_reads_kept_texts_as_before(tiny_base, prepared):
    texts = [example.document.text for example in prepared.examples[:30]]
    whole = load_base(str(tiny_base))
    before = [vector_of(whole, text) for text in texts]
    size = whole.tokenizer.get_vocab_size()

    trimmed = trim_vocabulary(load_base(str(tiny_base)), texts, most=5000)

    assert trimmed.tokenizer.get_vocab_size() == trimmed.model.config.vocab_size < size
    for text, vector in zip(texts, before, strict=True):
        torch.testing.assert_close(vector_of(trimmed, text), vector, rtol=1e-4, atol=1e-5)


def vector_of(encoder, text):
    with torch.no_grad():
        ids = torch.tensor([encoder.tokenizer.encode(text).ids[:120]])
        return encoder.model.eval()(input_ids=ids).last_hidden_state.mean(dim=1)


def test_base_that_is_not_there_is_named(tmp_path):
    # A folder: for a name, transformers asks a hub again and again where there is none.
    with pytest.raises(BadEncoder, match=f"无法载入基础编码器 {tmp_path}/none"):
        load_base(f"{tmp_path}/none")


def test_levels_share_one_line_and_sum_to_one():
    head = OrderedHead(8, questions=3, levels=5)
    logs = head(torch.randn(4, 8))
    assert logs.shape == (4, 3, 5)
    torch.testing.assert_close(logs.exp().sum(dim=2), torch.ones(4, 3), rtol=0, atol=1e-4)


def test_batches_hold_every_row_once_and_keep_their_limits():
    lengths = np.random.default_rng(1).integers(5, 200, 500).tolist()
    batches = shuffled_batches(lengths, most_tokens=800, most_rows=8, seed=3)
    assert sorted(place for batch in batches for place in batch) == list(range(500))
    for batch in batches:
        assert len(batch) <= 8
        assert len(batch) * max(lengths[place] for place in batch) <= 800 or len(batch) == 1


def test_frozen_layers_stay_and_their_outputs_are_computed_once(
    encoder_prepared, encoder_config, tmp_path, monkeypatch
):
    options = dataclasses.replace(encoder_config.encoder, epochs=1)
    places = np.arange(40)
    start = start_network(encoder_prepared, options, places, folder=tmp_path)
    before = {name: value.clone() for name, value in start.network.state_dict().items()}
    teach(start, places, options, tmp_path / "run.pt")
    moved = {
        name.split(".")[3]
        for name, value in start.network.state_dict().items()
        if name.startswith("encoder.encoder.layer") and not torch.equal(value, before[name])
    }
    assert moved == {"1"}
    embeddings = "encoder.embeddings.word_embeddings.weight"
    assert torch.equal(start.network.state_dict()[embeddings], before[embeddings])

    def refuse(*args, **options):
        raise AssertionError("computed again")

    monkeypatch.setattr("training.encoder.frozen._compute", refuse)
    start_network(encoder_prepared, options, places, folder=tmp_path)


def test_frozen_outputs_lead_to_the_vectors_of_the_whole_network(
    encoder_prepared, encoder_config, tmp_path
):
    options, places = encoder_config.encoder, np.arange(40)
    start = start_network(encoder_prepared, options, places, folder=tmp_path)
    reading = read_with(start.base, options)
    documents = [example.document for example in encoder_prepared.examples[:40]]
    whole = Rows(reading.rows(documents), pad=start.base.pad)
    with torch.no_grad():
        torch.testing.assert_close(
            start.texts.vectors(start.network, places),
            whole.vectors(start.network, places),
            rtol=0,
            atol=2e-3,  # 16-bit floats lie between
        )


@pytest.mark.slow
def test_adapted_encoder_tells_the_parts_of_two_texts_apart(
    encoder_prepared, encoder_config, tmp_path
):
    adaptation = Adaptation(
        epochs=4,
        batch_rows=16,
        most_tokens=48,
        learning_rate=2e-3,
        scale=20.0,
        mined=True,
        mined_from=2,
        bfloat16=False,
    )
    free = dataclasses.replace(encoder_config.encoder, frozen_layers=0)
    options = dataclasses.replace(free, adaptation=adaptation)
    places = np.arange(len(encoder_prepared.examples))
    plain = start_network(encoder_prepared, free, places, folder=tmp_path)
    adapted = start_network(encoder_prepared, options, places, folder=tmp_path)
    documents = [example.document for example in encoder_prepared.examples]
    titled = [document for document in documents if document.title][:40]

    def nearer_than_others(start):
        """Return in what share of cases a title lies nearer to its own body than to another's."""
        reading = read_with(start.base, options)
        titles = [Document(title="", body=document.title) for document in titled]
        bodies = [Document(title="", body=document.body) for document in titled]
        with torch.no_grad():
            one, other = (
                Rows(reading.rows(part), pad=start.base.pad).vectors(
                    start.network, np.arange(len(part))
                )
                for part in (titles, bodies)
            )
        likeness = one @ other.T
        return float((likeness.diagonal()[:, None] > likeness).float().mean())

    assert nearer_than_others(adapted) > nearer_than_others(plain) + 0.1
