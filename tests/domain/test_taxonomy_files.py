import shutil
from pathlib import Path

import pytest

from nlp_service.domain.errors import InvalidTaxonomy
from nlp_service.domain.taxonomy_files import read_taxonomy

FOLDER = Path(__file__).parents[2] / "data" / "taxonomy"


def test_taxonomy_of_the_project_loads():
    taxonomy = read_taxonomy(FOLDER)
    assert taxonomy.name("T0905") == "停车"
    assert taxonomy.topic_of("T0905") == "T09"
    assert len(taxonomy.units) == 43


def test_local_file_renames_and_adds_units():
    taxonomy = read_taxonomy(FOLDER, local=FOLDER / "local.example.toml")
    assert taxonomy.name("D23") == "水利和湖泊局"
    assert taxonomy.name("X01") == "国防动员办公室"


@pytest.mark.parametrize(
    ("file", "old", "new", "key"),
    [
        ("topics.toml", 'lead_units = ["D01"]', 'lead_units = ["D99"]', "lead_units"),
        ("topics.toml", 'name = "产业发展"', "", "name"),
        ("units.toml", 'code = "D02"', 'code = "D01"', "D01"),
        ("quality.toml", "weight = 25", "weight = 26", "weight"),
        ("gates.toml", "restricted = true", 'restricted = "yes"', "restricted"),
        ("sectors.toml", "[[sector]]", "[[sector", "-"),
    ],
)
def test_broken_taxonomy_names_file_key_and_reason(tmp_path, file, old, new, key):
    folder = tmp_path / "taxonomy"
    shutil.copytree(FOLDER, folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InvalidTaxonomy) as caught:
        read_taxonomy(folder)
    assert key in caught.value.key
    assert str(folder) in str(caught.value)
