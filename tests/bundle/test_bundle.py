import json
import re
import shutil

import pytest

from nlp_service import bundle as bundle_module
from nlp_service.bundle import (
    ENCODER,
    ENCODER_HEADS,
    PAIR_RULES,
    PAIRS,
    QUALITY,
    TOKENIZER,
    find_bundles,
    read_bundle,
)
from nlp_service.domain.errors import (
    BundleCorrupt,
    BundleMismatch,
    BundleMissing,
    InvalidTaxonomy,
)
from nlp_service.domain.local_names import LocalNames


@pytest.fixture
def folder(default_bundle_folder, tmp_path):
    return shutil.copytree(default_bundle_folder, tmp_path / "bundle")


def change_manifest(folder, **changes):
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(manifest | changes, ensure_ascii=False), encoding="utf-8")


def every_file(folder):
    return sorted(json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"])


def test_served_encoder_with_its_tokenizer_is_small(default_bundle_folder):
    encoder = [default_bundle_folder / name for name in (ENCODER, ENCODER_HEADS, TOKENIZER)]
    assert sum(path.stat().st_size for path in encoder) <= 30_000_000


def test_default_bundle_carries_its_model_card_and_data(default_bundle_folder):
    bundle = read_bundle(default_bundle_folder)
    assert "MODEL_CARD.md" in bundle.manifest["files"]
    assert {"name", "file", "sha256", "rows", "read"} <= set(bundle.manifest["data"][0])


def figures(card):
    """The decimals of a card's tables and intervals, in order."""
    lines = card.read_text(encoding="utf-8").splitlines()
    told = [line for line in lines if line.startswith(("|", "Read in order", "按总分"))]
    return re.findall(r"[0-9]+\.[0-9]+", "\n".join(told))


def test_both_cards_of_the_default_bundle_tell_the_same_figures(default_bundle_folder):
    english, chinese = (default_bundle_folder / f"MODEL_CARD{end}.md" for end in ("", ".zh-CN"))

    assert len(figures(english)) > 1000
    assert figures(chinese) == figures(english)


def test_a_bundle_whose_folder_was_changed_since_is_not_called_otherwise(folder):
    bundle, names = read_bundle(folder), LocalNames({"unit": {"D23": {"name": "水利和湖泊局"}}})
    assert bundle.called(names).taxonomy.name("D23") == "水利和湖泊局"

    shutil.copyfile(folder / PAIRS, folder / QUALITY)
    with pytest.raises(BundleCorrupt, match=QUALITY):
        bundle.called(names)
    (folder / QUALITY).unlink()
    with pytest.raises(BundleMissing, match=QUALITY):
        bundle.called(names)


def test_changed_byte_of_any_file_refuses_to_load(folder):
    for name in every_file(folder):
        original = (folder / name).read_bytes()
        changed = bytearray(original)
        changed[len(changed) // 2] ^= 1
        (folder / name).write_bytes(changed)
        with pytest.raises(BundleCorrupt, match=name):
            read_bundle(folder)
        (folder / name).write_bytes(original)
    read_bundle(folder)


def test_missing_file_of_any_kind_refuses_to_load(folder):
    for name in every_file(folder):
        (folder / name).rename(folder / "away")
        with pytest.raises(BundleMissing, match=name):
            read_bundle(folder)
        (folder / "away").rename(folder / name)


def test_bundle_without_pair_classifier_loads_and_tells_no_relations(folder):
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    del manifest[PAIR_RULES]
    text = json.dumps(manifest, ensure_ascii=False)
    (folder / "manifest.json").write_text(text, encoding="utf-8")

    assert read_bundle(folder).pairs is None


def test_local_places_are_found_beside_those_of_the_rules(folder, tmp_path):
    local = tmp_path / "places.toml"
    local.write_text('[names]\nroad = ["老虎嘴"]\n', encoding="utf-8")
    finder = read_bundle(folder, local_places=local).pairs.reader.finder

    found = [(place.kind, place.name) for place in finder.find("老虎嘴到解放路没有路灯")]

    assert found == [("road", "老虎嘴"), ("road", "解放路")]


def test_folder_without_manifest_says_where_to_look(tmp_path):
    with pytest.raises(BundleMissing, match="NLP_BUNDLE"):
        read_bundle(tmp_path / "nowhere")


def test_manifest_that_is_no_json_is_corrupt(folder):
    (folder / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(BundleCorrupt, match=r"manifest\.json"):
        read_bundle(folder)


def test_other_segmenter_version_refuses_with_both_versions(folder):
    change_manifest(folder, segmenter={"name": "rjieba", "version": "0.1.0"})
    with pytest.raises(BundleMismatch, match=r"rjieba 0\.1\.0.*0\.2\.2"):
        read_bundle(folder)


def test_unknown_segmenter_refuses(folder):
    change_manifest(folder, segmenter={"name": "thulac", "version": "1"})
    with pytest.raises(BundleMismatch, match="thulac"):
        read_bundle(folder)


def test_other_format_refuses(folder):
    change_manifest(folder, format=0)
    with pytest.raises(BundleMismatch, match="格式"):
        read_bundle(folder)


def test_changed_features_refuse(folder, monkeypatch):
    monkeypatch.setattr(bundle_module, "fingerprint", lambda golden, segmenter: "another")
    with pytest.raises(BundleMismatch, match="指纹"):
        read_bundle(folder)


def test_local_names_override_those_of_the_bundle(folder, tmp_path):
    local = tmp_path / "local.toml"
    local.write_text('[unit.D23]\nname = "水利和湖泊局"\n', encoding="utf-8")
    assert read_bundle(folder, local_taxonomy=local).taxonomy.name("D23") == "水利和湖泊局"


def test_local_override_of_an_unknown_code_names_it(folder, tmp_path):
    local = tmp_path / "local.toml"
    local.write_text('[topic.T77]\nname = "没有的议题"\n', encoding="utf-8")
    with pytest.raises(InvalidTaxonomy, match="T77"):
        read_bundle(folder, local_taxonomy=local)


def test_find_bundles_lists_folders_with_a_manifest(folder):
    (folder.parent / "empty").mkdir()
    assert find_bundles(folder.parent) == [folder]
