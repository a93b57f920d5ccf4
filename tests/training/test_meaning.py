"""What the frozen layers say of texts, in training and from the bundle, and who hears it."""

import numpy as np

from nlp_service.assess import Assessor
from nlp_service.bundle import read_bundle
from nlp_service.domain.submission import Kind, Mode, Submission
from nlp_service.quality.substance import Line
from training.encoder.meaning import lower_layers, meanings_of


def test_lower_layers_of_the_bundle_say_what_the_frozen_ones_say(encoder_fitted, encoder_prepared):
    served = read_bundle(encoder_fitted[0]).stage.encoder
    trained = lower_layers(encoder_prepared)
    lines = [example.document.body for example in encoder_prepared.examples[:5]]

    means, tokens = trained.line_means(lines)

    assert means.shape == (5, 48)
    np.testing.assert_allclose(served.line_means(lines)[0], means, atol=0.1 * np.abs(means).max())
    np.testing.assert_array_equal(served.line_means(lines)[1], tokens)
    assert served.line_means([])[0].shape == trained.line_means([])[0].shape == (0, 48)


def test_what_was_read_once_is_kept(encoder_prepared, tmp_path, monkeypatch):
    layers = lower_layers(encoder_prepared)
    texts = [
        [Line(text=text, suggesting=share) for text, share in lines]
        for lines in (
            [("路灯坏了。", 0.0)],
            [],
            [("没有人修。", 0.0), ("已经半年。", 0.2), ("请区住建局在月底前修好。", 1.0)],
        )
    ]
    first = meanings_of(layers, texts, kept=tmp_path)

    def refuse(*args, **options):
        raise AssertionError("computed again")

    monkeypatch.setattr(layers, "_means", refuse)
    np.testing.assert_array_equal(meanings_of(layers, texts, kept=tmp_path), first)
    assert first.shape == (3, 2 * (48 + 1))
    assert not first[1].any()
    assert not first[0, 49:].any()  # it suggests nothing


def test_quality_hears_the_encoder_in_every_mode_but_fast(encoder_fitted):
    assessor = Assessor(read_bundle(encoder_fitted[0]))
    proposal = Submission(
        title="关于加装充电桩的建议",
        body="全区126个小区只有18个装了充电桩（区住建局2024年统计），居民飞线充电。"
        "建议由区住建局在2026年6月底前选10个小区试点，每个补助2万元。" * 2,
        kind=Kind.PROPOSAL,
    )

    scores = {mode: assessor.assess(proposal, mode=mode).quality.score for mode in Mode}

    assert scores[Mode.AUTO] == scores[Mode.ACCURATE] != scores[Mode.FAST]
