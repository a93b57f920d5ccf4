"""The written rules of masking, as ``rules.toml`` has them; it says what each key is for."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from nlp_service.domain.toml_tables import build, read_toml

RULES = Path(__file__).with_name("rules.toml")

Words = Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneRules:
    """Telephone numbers."""

    office: Words
    private: Words
    local: Words
    mobile_shapes: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberRules:
    """Numbers of cards, documents and cases."""

    identity: Words
    card: Words
    other: Words
    ending: Words
    passport: Words
    insurance: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRules:
    """E-mail and accounts."""

    account: Words
    endings: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateRules:
    """Vehicle plates."""

    places: str
    suffixes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NameRules:
    """Names of persons."""

    surnames: str
    compound: Words
    form: Words
    said: Words
    person: Words
    titles: Words
    follow: Words
    not_given: Words
    not_names: Words
    bodies: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRules:
    """Addresses to the door."""

    home: Words
    estate: Words
    village: Words
    office: Words
    machines: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskRules:
    """All of them."""

    phone: PhoneRules
    number: NumberRules
    contact: ContactRules
    plate: PlateRules
    name: NameRules
    address: AddressRules


def read_mask_rules(path: Path = RULES) -> MaskRules:
    """Read the rules.

    Raises:
        InvalidTaxonomy: a key is missing, unknown or of another type.
    """
    return build(MaskRules, read_toml(path), file=path, key="mask")


def any_of(words: Iterable[str]) -> str:
    """Return a pattern of the words, the longer ones first."""
    ordered = sorted(set(words), key=lambda word: (-len(word), word))
    return "|".join(map(re.escape, ordered))
