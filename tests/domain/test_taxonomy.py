from pathlib import Path

import pytest

from nlp_service.domain.taxonomy_files import read_taxonomy

TAXONOMY = read_taxonomy(Path(__file__).parents[2] / "data" / "taxonomy")


def test_unit_code_finds_every_unit_by_code_and_name():
    for unit in TAXONOMY.units:
        assert TAXONOMY.unit_code(unit.code) == unit.code
        assert TAXONOMY.unit_code(f" {unit.name} ") == unit.code


@pytest.mark.parametrize("called", ["", "原市政公司", "D99"])
def test_unit_code_leaves_what_no_unit_is_called(called):
    assert TAXONOMY.unit_code(called) == called
