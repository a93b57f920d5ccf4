"""What an evaluation found: figures, curves and errors by head, for one set of texts."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.tagging.calibration import TagScores
from nlp_service.tagging.linear import Floats
from training.metrics import (
    Figure,
    choice_figures,
    reliability,
    risk_coverage,
    several_figures,
)
from training.quality_figures import QualityResult
from training.targets import CHOICES, SEVERAL, Booleans, Integers, Targets

_WORST = 15
_CURVE_POINTS = 60


@dataclass(frozen=True, kw_only=True)
class LabelRow:
    """How one label fared."""

    code: str
    name: str
    count: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, kw_only=True)
class WrongTag:
    """A sure error, by id alone: reports hold no text."""

    id: str
    reader: str
    model: str
    probability: float


@dataclass(frozen=True, kw_only=True)
class HeadResult:
    """How one head fared against one reader."""

    head: str
    count: int
    figures: Mapping[str, Figure]
    labels: Sequence[LabelRow]
    reliability: Sequence[tuple[float, float, int]]
    coverage: Sequence[float] = ()
    risk: Sequence[float] = ()
    threshold: float = 0.0
    confusion: Sequence[Sequence[int]] = ()
    """Rows: the reader's label; columns: the model's; order of ``confusion_codes``."""
    confusion_codes: Sequence[str] = ()
    worst: Sequence[WrongTag] = ()


@dataclass(frozen=True, kw_only=True)
class SetResult:
    """How every head fared on one set of texts against one reader."""

    name: str
    count: int
    heads: Sequence[HeadResult]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One measure of ours beside a peer's, on the same rows and folds."""

    task: str
    count: int
    model: str
    figures: Mapping[str, Figure]


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that one run of an evaluation found."""

    title: str
    date: str
    notes: Sequence[str]
    sets: Sequence[SetResult]
    comparisons: Sequence[Comparison] = field(default_factory=list)
    quality: QualityResult | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain types for ``report.json``."""
        return asdict(self)


def measure_set(
    name: str,
    ids: Sequence[str],
    scores: TagScores,
    targets: Targets,
    rows: Integers,
    *,
    taxonomy: Taxonomy,
    sure: Mapping[str, float],
    show: Mapping[str, float],
    seed: int,
) -> SetResult:
    """Measure every head on those of ``rows`` whose truth is known."""
    heads = []
    for head in (*CHOICES, *SEVERAL):
        known = np.intersect1d(rows, targets.rows_of(head))
        if (head in SEVERAL and not targets.several[head][known].any()) or not len(known):
            continue
        probabilities = getattr(scores, head)[known]
        names = _names(head, targets.heads[head], taxonomy)
        if head in CHOICES:
            truth = targets.choice[head][known]
            if len(np.unique(truth)) < 2:
                continue
            known_ids = [ids[row] for row in known]
            heads.append(
                _measure_choice(head, names, known_ids, probabilities, truth, sure[head], seed)
            )
        else:
            truths = targets.several[head][known]
            heads.append(_measure_several(head, names, probabilities, truths, show[head], seed))
    return SetResult(name=name, count=len(rows), heads=heads)


def _names(head: str, codes: Sequence[str], taxonomy: Taxonomy) -> Mapping[str, str]:
    if head == "urgency":
        return {code: taxonomy.urgency(int(code)).name for code in codes}
    return {code: taxonomy.name(code) for code in codes}


def _measure_choice(
    head: str,
    names: Mapping[str, str],
    ids: Sequence[str],
    probabilities: Floats,
    truth: Integers,
    threshold: float,
    seed: int,
) -> HeadResult:
    codes = list(names)
    guess, sureness = probabilities.argmax(axis=1), probabilities.max(axis=1)
    right = guess == truth
    used = np.union1d(truth, guess)
    precision, recall, f1, count = precision_recall_fscore_support(
        truth, guess, labels=used, zero_division=0
    )
    labels = [
        LabelRow(
            code=codes[column],
            name=names[codes[column]],
            count=int(count[n]),
            precision=float(precision[n]),
            recall=float(recall[n]),
            f1=float(f1[n]),
        )
        for n, column in enumerate(used)
    ]
    coverage, risk = risk_coverage(sureness, right)
    thin = np.unique(np.linspace(0, len(risk) - 1, _CURVE_POINTS).astype(int))
    wrong = [n for n in np.argsort(-sureness, kind="stable") if not right[n]][:_WORST]
    small = len(used) <= 20
    return HeadResult(
        head=head,
        count=len(truth),
        figures=choice_figures(probabilities, truth, ordered=head == "urgency", seed=seed),
        labels=labels,
        reliability=reliability(sureness, right),
        coverage=coverage[thin].tolist(),
        risk=risk[thin].tolist(),
        threshold=threshold,
        confusion=confusion_matrix(truth, guess, labels=used).tolist() if small else (),
        confusion_codes=[codes[column] for column in used] if small else (),
        worst=[
            WrongTag(
                id=ids[n],
                reader=codes[truth[n]],
                model=codes[guess[n]],
                probability=float(sureness[n]),
            )
            for n in wrong
        ],
    )


def _measure_several(
    head: str,
    names: Mapping[str, str],
    probabilities: Floats,
    truth: Booleans,
    threshold: float,
    seed: int,
) -> HeadResult:
    shown = probabilities >= threshold
    precision, recall, f1, count = precision_recall_fscore_support(truth, shown, zero_division=0)
    labels = [
        LabelRow(
            code=code,
            name=name,
            count=int(count[n]),
            precision=float(precision[n]),
            recall=float(recall[n]),
            f1=float(f1[n]),
        )
        for n, (code, name) in enumerate(names.items())
        if count[n]
    ]
    return HeadResult(
        head=head,
        count=len(truth),
        figures=several_figures(probabilities, truth, threshold, seed=seed),
        labels=labels,
        reliability=reliability(probabilities.ravel(), truth.ravel()),
        threshold=threshold,
    )
