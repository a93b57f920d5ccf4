"""The files of the pair classifier in a bundle, and how they become objects."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nlp_service.duplicates.matter import MatterReader
from nlp_service.duplicates.pairs import PairModel, PairWeights
from nlp_service.duplicates.terms import Floats, TermTable
from nlp_service.text.places import read_place_finder

PLACES = "places.toml"
"""In the bundle's folder ``pairs``, as is the next one."""
SET_PHRASES = "set_phrases.toml"
RARITY_STEPS = 16.0
"""A rarity is kept in sixteenths, in one byte."""
PAIR_RARITY, WORD_RARITY = "pair_rarity", "word_rarity"


def read_matter_reader(
    folder: Path, arrays: Mapping[str, Any], *, local_places: Path | None = None
) -> MatterReader:
    """Read what reads texts for comparison; ``local_places`` are names that an office adds.

    Raises:
        InvalidTaxonomy: the local file does not fit.
    """
    return MatterReader(
        finder=read_place_finder(folder / PLACES, local=local_places),
        pair_table=TermTable(rarity=_rarity(arrays[PAIR_RARITY])),
        word_table=TermTable(rarity=_rarity(arrays[WORD_RARITY])),
    )


def read_pair_model(fitted: Mapping[str, Any], arrays: Mapping[str, Any]) -> PairModel:
    """Read the classifier from its part of the manifest and its arrays."""
    return PairModel(
        weights={
            way: PairWeights(
                features=features,
                **{
                    name: arrays[f"{way}_{name}"]
                    for name in ("means", "scales", "weights", "intercepts")
                },
            )
            for way, features in fitted["features"].items()
        },
        bounds=fitted["bounds"],
        merge_from=fitted["merge_from"],
    )


def _rarity(steps: np.ndarray[Any, Any]) -> Floats:
    return np.asarray(steps.astype(np.float64) / RARITY_STEPS)
