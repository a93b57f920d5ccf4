"""Make pairs of texts that no reader's pair holds: copies as people make them, and strangers."""

import random
from collections.abc import Callable, Mapping, Sequence

from nlp_service.text.normalise import Document
from nlp_service.text.places import PlaceFinder
from nlp_service.text.sentences import split_sentences

_LEAST_COPIED = 120  # characters of a copied section


def make_copy(
    document: Document, hosts: Sequence[Document], finder: PlaceFinder, chance: random.Random
) -> Document:
    """Return a copy of a text, made in one of the ways of ``WAYS``."""
    make = chance.choice(list(WAYS.values()))
    return make(document, hosts, finder, chance)


def _edited(
    document: Document, hosts: Sequence[Document], finder: PlaceFinder, chance: random.Random
) -> Document:
    """Change, drop or add a letter in a hundred to one in seven."""
    rate, pool = chance.choice((0.01, 0.05, 0.1, 0.15)), chance.choice(hosts).text
    letters = []
    for letter in document.body:
        change = chance.random() / rate
        if change >= 1:
            letters.append(letter)
        elif change < 2 / 3:
            letters.append(chance.choice(pool) + (letter if change < 1 / 3 else ""))
    return Document(title=document.title, body="".join(letters) or document.body)


def _reordered(
    document: Document, hosts: Sequence[Document], finder: PlaceFinder, chance: random.Random
) -> Document:
    """Put the sentences in another order."""
    sentences = [one.quote for one in split_sentences(document.body)]
    chance.shuffle(sentences)
    return Document(title=document.title, body="".join(sentences) or document.body)


def _elsewhere(
    document: Document, hosts: Sequence[Document], finder: PlaceFinder, chance: random.Random
) -> Document:
    """Name another place throughout: the wording is shared, so it is still a copy."""
    own = [place.span.quote for place in finder.find(document.text)]
    others = [place.span.quote for place in finder.find(chance.choice(hosts).text)]
    title, body = document.title, document.body
    for quote in sorted(set(own), key=lambda one: (-len(one), one)):
        other = chance.choice(others) if others else "东苑小区"
        title, body = title.replace(quote, other), body.replace(quote, other)
    return Document(title=title, body=body)


def _section(
    document: Document, hosts: Sequence[Document], finder: PlaceFinder, chance: random.Random
) -> Document:
    """Put a long section of the text into another one."""
    sentences = [one.quote for one in split_sentences(document.body)]
    start = chance.randrange(max(len(sentences) // 2, 1))
    copied = ""
    for sentence in sentences[start:]:
        copied += sentence
        if len(copied) >= max(_LEAST_COPIED, len(document.body) // 3):
            break
    host = chance.choice(hosts)
    around = [one.quote for one in split_sentences(host.body)]
    middle = len(around) // 2
    return Document(
        title=host.title, body="".join(around[:middle]) + copied + "".join(around[middle:])
    )


WAYS: Mapping[
    str, Callable[[Document, Sequence[Document], PlaceFinder, random.Random], Document]
] = {
    "letters changed": _edited,
    "sentences reordered": _reordered,
    "another place": _elsewhere,
    "a section copied": _section,
}
