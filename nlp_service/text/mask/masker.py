"""The Masker: finds all personal data of a cleaned text, and cleans texts with it covered."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from nlp_service.domain.privacy import PrivateSpan, PrivateType
from nlp_service.domain.submission import Submission
from nlp_service.text.mask.addresses import AddressFinder
from nlp_service.text.mask.contacts import AccountFinder, EmailFinder, PlateFinder
from nlp_service.text.mask.covering import cover
from nlp_service.text.mask.digits import find_runs
from nlp_service.text.mask.names import NameFinder
from nlp_service.text.mask.numbers import NumberFinder
from nlp_service.text.mask.phones import PhoneFinder
from nlp_service.text.mask.rules import MaskRules, read_mask_rules
from nlp_service.text.normalise import Document

_RANK = {
    each: rank
    for rank, each in enumerate(
        (
            PrivateType.EMAIL,
            PrivateType.PASSPORT,
            PrivateType.INSURANCE,
            PrivateType.IDENTITY,
            PrivateType.BANK_CARD,
            PrivateType.PHONE,
            PrivateType.PLATE,
            PrivateType.ACCOUNT,
            PrivateType.ADDRESS,
            PrivateType.NAME,
        )
    )
}
"""Where two finds overlap, the one of the earlier type counts: what is surer to be what it is."""


@dataclass(frozen=True, kw_only=True)
class MaskedDocument:
    """A cleaned text without its personal data, and where that stood."""

    document: Document
    """Title and body, covered."""
    found: Sequence[PrivateSpan]
    """In ``document.text``, in text order, none overlapping another."""

    def reference(self, submission: Submission) -> str:
        """Return the submission's number, or one made of the covered text.

        The few digits that are covered could be guessed from a hash of the whole text.
        """
        if submission.id or not self.found:
            return submission.reference
        shown = self.document
        return replace(submission, title=shown.title, body=shown.body).reference


class Masker:
    """Finds and covers personal data. Holds no state of any text; safe for threads."""

    def __init__(self, rules: MaskRules) -> None:
        import rjieba

        self._phones = PhoneFinder(rules.phone)
        self._numbers = NumberFinder(rules.number)
        self._emails = EmailFinder(rules.contact)
        self._accounts = AccountFinder(rules.contact)
        self._plates = PlateFinder(rules.plate)
        self._names = NameFinder(rules.name, rjieba.Jieba().tag)
        self._addresses = AddressFinder(rules.address)

    def find(self, text: str) -> Sequence[PrivateSpan]:
        """Return the personal data of a normalised text, in text order, none overlapping."""
        return _without_overlaps(list(self._find(text)))

    def mask(self, document: Document) -> MaskedDocument:
        """Return a cleaned text with its personal data covered, every character at its place."""
        found = self.find(document.text)
        if not found:
            return MaskedDocument(document=document, found=())
        covered, title = cover(document.text, found), len(document.title)
        body = covered[len(covered) - len(document.body) :]
        return MaskedDocument(document=Document(title=covered[:title], body=body), found=found)

    def _find(self, text: str) -> Iterator[PrivateSpan]:
        for run in find_runs(text):
            yield from self._numbers.in_run(text, run)
            yield from self._phones.in_run(text, run)
        for finder in (self._numbers, self._phones):
            yield from finder.behind_cues(text)
        for other in (self._emails, self._accounts, self._plates, self._addresses, self._names):
            yield from other.find(text)


def read_masker() -> Masker:
    """Read the rules that lie beside the code, and make ready.

    Raises:
        InvalidTaxonomy: the rules do not fit.
    """
    return Masker(read_mask_rules())


def _without_overlaps(spans: Sequence[PrivateSpan]) -> Sequence[PrivateSpan]:
    """Return the spans in text order; of overlapping ones the surer type, then the longer one."""
    kept: list[PrivateSpan] = []
    taken: set[int] = set()
    for span in sorted(spans, key=lambda one: (_RANK[one.type], one.start - one.end, one.start)):
        places = range(span.start, span.end)
        if taken.isdisjoint(places):
            kept.append(span)
            taken.update(places)
    return sorted(kept)
