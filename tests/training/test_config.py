from pathlib import Path

import pytest

from nlp_service.domain.taxonomy_files import read_taxonomy
from training.config import read_config
from training.errors import BadConfig
from training.schemes import read_scheme

ROOT = Path(__file__).parents[2]


def test_config_of_the_default_bundle_reads():
    config = read_config(ROOT / "configs" / "linear.toml")
    assert {source.name for source in config.source if source.optional} == {
        "messages-2020",
        "proposals-2022",
    }


CONFIGS = sorted(set((ROOT / "configs").rglob("*.toml")) - {ROOT / "configs" / "pairs.toml"})
"""Of bundles; tests of the pair classifier read the other."""


@pytest.mark.parametrize("path", CONFIGS, ids=lambda p: p.stem)
def test_every_config_reads_and_may_answer_other_folds(path):
    config = read_config(path)
    other = config.with_answered_folds(99)
    assert (other.encoder is None) == (config.encoder is None)
    if other.encoder:
        assert other.encoder.answered_folds == config.folds
    assert config.with_answered_folds(None) == config


def test_tail_that_is_none_is_refused_with_the_choices(tmp_path):
    text = (ROOT / "configs" / "encoder-cpu.toml").read_text(encoding="utf-8")
    path = tmp_path / "run.toml"
    path.write_text(text.replace('tail = "suggestions"', 'tail = "middle"'), encoding="utf-8")
    with pytest.raises(BadConfig, match="end、suggestions"):
        read_config(path)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("folds = 5", "folds = 5\nfoldz = 5", "foldz"),
        ("folds = 5", "", "folds"),
        ("folds = 5", 'folds = "five"', "folds"),
        ("c = 2.0", "", "c"),
        ("topic = 0.05", 'topic = "few"', "topic"),
    ],
)
def test_config_that_does_not_fit_names_the_key(tmp_path, old, new, key):
    text = (ROOT / "configs" / "linear.toml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "run.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadConfig, match=key):
        read_config(path)


@pytest.mark.parametrize("name", ["messages-2020", "proposals-2022"])
def test_schemes_of_the_project_read(name):
    taxonomy = read_taxonomy(ROOT / "data" / "taxonomy")
    scheme = read_scheme(ROOT / "data" / "schemes" / f"{name}.toml", taxonomy)
    assert all(scheme.topics.values())


@pytest.mark.parametrize("topics", ["[]", '["T77"]'])
def test_scheme_with_no_known_topic_names_the_category(tmp_path, topics):
    path = tmp_path / "scheme.toml"
    path.write_text(f'name = "old"\n[topics]\n"城建" = {topics}\n', encoding="utf-8")
    with pytest.raises(BadConfig, match="城建"):
        read_scheme(path, read_taxonomy(ROOT / "data" / "taxonomy"))
