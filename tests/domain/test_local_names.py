from pathlib import Path

import pytest

from nlp_service.domain.errors import InvalidTaxonomy
from nlp_service.domain.local_names import LocalNames, read_local_names
from nlp_service.domain.taxonomy_files import read_taxonomy
from nlp_service.settings import Settings

FOLDER = Path(__file__).parents[2] / "data" / "taxonomy"


def test_names_of_a_file_and_names_that_were_set_make_the_same_taxonomy():
    file = FOLDER / "local.example.toml"
    names = read_local_names(file)

    assert read_taxonomy(FOLDER, local=names) == read_taxonomy(FOLDER, local=file)
    assert read_local_names(names) is names
    assert read_local_names(None) == LocalNames({})


def test_a_label_has_what_was_said_of_it_last_and_what_is_as_given_goes():
    names = LocalNames({}).having("unit", "D23", {"name": "水利和湖泊局"})
    names = names.having("unit", "X01", {"name": "国动办"}).having(
        "unit", "D23", {"name": "水务局"}
    )

    assert names.of("unit", "D23") == {"name": "水务局"}
    assert names.having("unit", "D23", {}).tables == {"unit": {"X01": {"name": "国动办"}}}
    assert names.having("unit", "D23", {}).having("unit", "X01", {}) == LocalNames({})


def test_names_that_do_not_fit_say_where_they_stand():
    with pytest.raises(InvalidTaxonomy, match=r"设置 › 分类体系.*T77"):
        read_taxonomy(FOLDER, local=LocalNames({"topic": {"T77": {"name": "没有"}}}))


def test_the_environment_names_a_file(monkeypatch):
    monkeypatch.setenv("NLP_LOCAL_TAXONOMY", "local.toml")

    assert Settings().local_taxonomy == Path("local.toml")
