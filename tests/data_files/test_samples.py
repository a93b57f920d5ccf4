from collections import Counter


def test_samples_are_sixty_of_every_kind_and_length(samples):
    kinds = Counter(sample["kind"] for sample in samples)
    lengths = [len(sample["body"]) for sample in samples]

    assert len({sample["id"] for sample in samples}) == 60
    assert set(kinds) == {"public_message", "proposal", "opinion_report", "unknown"}
    assert min(kinds.values()) >= 4
    assert min(lengths) < 50
    assert max(lengths) > 1000


def test_samples_carry_no_labels(samples):
    for sample in samples:
        assert set(sample) == {"id", "kind", "title", "body", "submitted_at"}


def test_samples_name_no_real_place(samples):
    text = "".join(sample["title"] + sample["body"] for sample in samples)

    assert "澜川" in text
    for city in ("北京市", "上海市", "长沙市", "武汉市", "咸宁市", "西地省"):
        assert city not in text
