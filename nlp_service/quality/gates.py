"""Join what the rules and the linear model say of the grounds for review (审查提示).

A rule that hits raises a ground's odds by what such hits have been worth among texts that readers
judged; a ground is shown from a probability of its own, low for those that must not be missed.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nlp_service.quality.gate_rules import GateHit, GateRules, Strength, find_gate_hits
from nlp_service.text.normalise import Document

_LEAST = 1e-6


@dataclass(frozen=True, kw_only=True)
class GateCurves:
    """log odds = slope · (the model's log odds) + strong or weak, if a rule hit, + intercept.

    Every mapping is by gate.
    """

    slope: Mapping[str, float]
    strong: Mapping[str, float]
    weak: Mapping[str, float]
    intercept: Mapping[str, float]
    show: Mapping[str, float]
    """Probability from which the gate is shown."""

    def probability(self, gate: str, model: float, strength: Strength | None) -> float:
        """Return the probability of a gate.

        Args:
            gate: its code.
            model: the model's calibrated probability.
            strength: of the rule's hits, None without any.
        """
        bounded = min(max(model, _LEAST), 1.0 - _LEAST)
        odds = self.slope[gate] * math.log(bounded / (1.0 - bounded)) + self.intercept[gate]
        if strength is not None:
            odds += (self.strong if strength is Strength.STRONG else self.weak)[gate]
        return 1.0 / (1.0 + math.exp(-odds))


def strengths(hits: Sequence[GateHit]) -> Mapping[str, Strength]:
    """Return of each gate with hits how much they say."""
    return {hit.gate: hit.strength for hit in hits}


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundGate:
    """A gate that is shown."""

    code: str
    probability: float
    """That readers would mark it, 0–1."""
    strength: Strength | None
    """Of the rule's hits; None where no rule hit."""
    by_model: bool
    """The model alone would show it, too."""
    hits: Sequence[GateHit]


@dataclass(frozen=True, kw_only=True)
class GateFinder:
    """Finds the gates of texts: with the rules, and with what the model said of them."""

    rules: GateRules
    curves: GateCurves

    def find(
        self, document: Document, models: Mapping[str, float], *, show: float
    ) -> Sequence[FoundGate]:
        """Return the gates that are shown, the likeliest first.

        Args:
            document: the text.
            models: gate -> the model's probability.
            show: probability from which the model alone would show a gate.
        """
        hits = find_gate_hits(document, self.rules)
        strength_of = strengths(hits)
        probability_of = {
            code: round(self.curves.probability(code, model, strength_of.get(code)), 4)
            for code, model in models.items()
        }
        shown = [
            FoundGate(
                code=code,
                probability=probability,
                strength=strength_of.get(code),
                by_model=models[code] >= show,
                hits=[hit for hit in hits if hit.gate == code],
            )
            for code, probability in probability_of.items()
            if probability >= self.curves.show[code]
        ]
        return sorted(shown, key=lambda gate: -gate.probability)
