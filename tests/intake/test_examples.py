import doctest
import importlib

import pytest


@pytest.mark.parametrize("room", ["columns", "dates", "order"])
def test_the_examples_in_the_docstrings_hold(room):
    found = doctest.testmod(importlib.import_module(f"nlp_service.intake.{room}"))

    assert found.attempted
    assert not found.failed
