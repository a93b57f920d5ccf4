"""Suggest what may be done with a proposal, and say why in the words of the rules.

Which totals and which grounds lead where is the installation's policy: filing rates run from 54 %
to 97 % between places. It is always advice to a person.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from nlp_service.domain.errors import InvalidTaxonomy
from nlp_service.domain.quality import Answer, Disposition, DispositionAdvice, Quality, Verdict
from nlp_service.domain.taxonomy import Gate
from nlp_service.domain.toml_tables import build, read_toml
from nlp_service.quality.gate_rules import Strength


@dataclass(frozen=True, slots=True, kw_only=True)
class FilingPolicy:
    """What an installation does with which totals and which grounds.

    Raises:
        ValueError: the limits are not in order, or a gate leads to two things.
    """

    file_from: float = 60
    """Total from which filing is suggested."""
    convert_from: float = 45
    """Total from which a proposal that is not filed is passed on as 意见建议; below, returned."""
    close_within: float = 2
    """A total nearer than this to a limit asks a person to look."""
    sure_from: float = 0.8
    """Probability from which a weak rule hit counts as strong."""
    look_from: float = 0.5
    """Probability from which a gate without a rule hit is mentioned."""
    not_filed: Sequence[str] = ("G1", "G2", "G3", "G4", "G5", "G6", "G7", "G8", "G9")
    converted: Sequence[str] = ("G11",)
    returned: Sequence[str] = ("G10", "G12", "G14")

    def __post_init__(self) -> None:
        """Refuse a policy that contradicts itself."""
        if not 0 <= self.convert_from <= self.file_from <= 100:
            raise ValueError("应有 0 ≤ convert_from ≤ file_from ≤ 100")
        gates = [*self.not_filed, *self.converted, *self.returned]
        if len(set(gates)) < len(gates):
            raise ValueError("一条审查提示只能对应一种处理方式")


@dataclass(frozen=True, slots=True, kw_only=True)
class GateFinding:
    """A ground that was found in the text."""

    code: str
    strength: Strength | None
    """Of the rule hits; None where no rule hit."""
    probability: float
    """That readers would mark it, 0–1."""


@dataclass(frozen=True, kw_only=True)
class ReasonTable:
    """The wording of reasons; the file explains the fields in braces."""

    strong: str
    weak: str
    merge: str
    enough: str
    below_filing: str
    below_all: str
    close: str
    answered_no: str
    answered_no_bare: str


@dataclass(frozen=True, kw_only=True)
class DispositionTable:
    """``disposition.toml`` as it is written."""

    name: Mapping[str, str]
    """By code of disposition."""
    reason: ReasonTable


_FIELDS = ("name", "rule", "score", "line", "lower", "id", "within", "question", "missing")


def read_dispositions(path: Path) -> DispositionTable:
    """Read ``disposition.toml``.

    Raises:
        InvalidTaxonomy: a key or type that does not fit, a disposition without a name, a text
            with an unknown field in braces.
    """
    table = build(DispositionTable, read_toml(path), file=path, key="disposition")
    if set(table.name) != set(Disposition):
        raise InvalidTaxonomy(str(path), "disposition.name", f"应恰有 {'、'.join(Disposition)}")
    for field in fields(ReasonTable):
        try:
            getattr(table.reason, field.name).format(**dict.fromkeys(_FIELDS, "-"))
        except (KeyError, IndexError, ValueError):
            key = f"disposition.reason.{field.name}"
            raise InvalidTaxonomy(str(path), key, f"花括号里只可用 {'、'.join(_FIELDS)}") from None
    return table


def suggest_disposition(
    quality: Quality,
    gates: Sequence[GateFinding],
    *,
    policy: FilingPolicy,
    wording: DispositionTable,
    rules: Sequence[Gate],
    merge_with: str | None = None,
) -> DispositionAdvice:
    """Return what may be done with a proposal; a person decides.

    A strong gate decides; then a proposal to merge with; then the total. A weak gate only asks a
    person to look.

    Args:
        quality: on the scale of a proposal.
        gates: each gate once.
        policy: the installation's.
        wording: what ``read_dispositions`` returned.
        rules: the taxonomy's gates, for the wording of the rules.
        merge_with: the office's number of a proposal on the same matter.

    Raises:
        ValueError: the quality has no score.
    """
    if quality.score is None:
        raise ValueError("只有提案才有处理建议")
    case = _Case(
        quality=quality,
        score=quality.score,
        gates=gates,
        policy=policy,
        reason=wording.reason,
        rules={rule.code: rule for rule in rules},
        merge_with=merge_with,
    )
    disposition = case.disposition
    return DispositionAdvice(
        disposition=disposition, name=wording.name[disposition], reasons=list(case.reasons())
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One proposal and what is known of it."""

    quality: Quality
    score: float
    gates: Sequence[GateFinding]
    policy: FilingPolicy
    reason: ReasonTable
    rules: Mapping[str, Gate]
    merge_with: str | None

    @property
    def disposition(self) -> Disposition:
        if self._deciding:
            return self._decided_by(self._deciding[0])
        if self.merge_with:
            return Disposition.MERGED
        if self.score >= self.policy.file_from:
            return Disposition.FILED
        converts = self.score >= self.policy.convert_from
        return Disposition.CONVERTED if converts else Disposition.RETURNED

    def reasons(self) -> Iterator[str]:
        """Yield the reasons: what decided it, the score, what else a person should know."""
        for gate in self._deciding:
            yield self._of_gate(gate, self.reason.strong)
        if self.merge_with:
            yield self.reason.merge.format(id=self.merge_with)
        yield self._of_score()
        if self.score < self.policy.file_from:
            yield from self.quality.notes
            yield from map(self._of_answer, self._answered_no)
        limits = (self.policy.file_from, self.policy.convert_from)
        if any(abs(self.score - limit) < self.policy.close_within for limit in limits):
            yield self.reason.close.format(within=_number(self.policy.close_within))
        for gate in self.gates:
            if gate not in self._deciding and self._worth_a_look(gate):
                yield self._of_gate(gate, self.reason.weak)

    @property
    def _deciding(self) -> Sequence[GateFinding]:
        """The strong gates for which the policy has an answer, the gravest first."""
        policy = self.policy
        order = [*policy.not_filed, *policy.converted, *policy.returned]
        strong = [gate for gate in self.gates if gate.code in order and self._strong(gate)]
        return sorted(strong, key=lambda gate: order.index(gate.code))

    def _strong(self, gate: GateFinding) -> bool:
        if gate.strength is Strength.WEAK:
            return gate.probability >= self.policy.sure_from
        return gate.strength is Strength.STRONG

    def _worth_a_look(self, gate: GateFinding) -> bool:
        return gate.strength is not None or gate.probability >= self.policy.look_from

    def _decided_by(self, gate: GateFinding) -> Disposition:
        if gate.code in self.policy.not_filed:
            return Disposition.NOT_FILED
        if gate.code in self.policy.converted:
            return Disposition.CONVERTED
        return Disposition.RETURNED

    @property
    def _answered_no(self) -> Sequence[Answer]:
        return [answer for answer in self.quality.answers if answer.verdict is Verdict.NO]

    def _of_gate(self, gate: GateFinding, wording: str) -> str:
        rule = self.rules[gate.code]
        return wording.format(name=rule.name, rule=rule.rule)

    def _of_score(self) -> str:
        line, lower = self.policy.file_from, self.policy.convert_from
        wording = self.reason.below_all
        if self.score >= line:
            wording = self.reason.enough
        elif self.score >= lower:
            wording = self.reason.below_filing
        return wording.format(score=f"{self.score:.1f}", line=_number(line), lower=_number(lower))

    def _of_answer(self, answer: Answer) -> str:
        wording = self.reason.answered_no if answer.missing else self.reason.answered_no_bare
        return wording.format(question=answer.question, missing="".join(answer.missing[:1]))


def _number(limit: float) -> str:
    """Return a limit as an office writes it: 60, not 60.0."""
    return f"{limit:g}"
