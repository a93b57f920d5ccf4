"""Units of the installation's own are bodies in texts, by whatever name of two letters or more."""

from pathlib import Path

import pytest

from nlp_service.domain.local_names import LocalNames
from nlp_service.domain.submission import Submission
from nlp_service.domain.taxonomy import Unit
from nlp_service.domain.taxonomy_files import read_taxonomy
from nlp_service.quality.evidence import EvidenceType, find_evidence, read_evidence_lexicon
from nlp_service.text.normalise import clean

DATA = Path(__file__).parents[2] / "data"
UNITS = read_taxonomy(DATA / "taxonomy").units


def bodies(text, *, name, short):
    """What of a text is found to be a body, with one more unit."""
    own = Unit(code="X01", name=name, name_en=name, short=short, duties=["古运河保护"])
    lexicon = read_evidence_lexicon(DATA / "quality" / "evidence.toml", [*UNITS, own])
    found = find_evidence(clean(Submission(body=text)), lexicon)
    return [one.quote for one in found if one.type is EvidenceType.BODY]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("建议由运河文保署牵头，年底前拿出办法。", ["运河文保署"]),
        ("建议由运河署牵头，年底前拿出办法。", ["运河署"]),
    ],
)
def test_a_unit_is_found_by_both_of_its_names(text, found):
    assert bodies(text, name="运河文保署", short="运河署") == found


def test_a_unit_that_is_called_otherwise_here_is_found_by_its_old_names_too():
    names = LocalNames({"unit": {"D23": {"name": "河湖运行署", "short": "河湖"}}})
    units = read_taxonomy(DATA / "taxonomy", local=names).units
    lexicon = read_evidence_lexicon(DATA / "quality" / "evidence.toml", units)
    text = "建议由水利局牵头，会同财政局，年底前拿出办法；水利部门定期巡查。"

    found = find_evidence(clean(Submission(body=text)), lexicon)

    quotes = [one.quote for one in found if one.type is EvidenceType.BODY]
    assert quotes == ["水利局", "财政局", "水利部门"]


def test_a_name_of_one_letter_makes_no_body_of_every_word_that_has_it():
    text = "建议由运河文保署牵头，码头的灯要修，灯具由各家自理。"

    assert bodies(text, name="运河文保署", short="灯") == ["运河文保署"]
