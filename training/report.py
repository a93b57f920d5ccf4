"""Write what an evaluation found: ``report.json``, a readable ``report.html``, a printed table."""

import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import matplotlib.figure
from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from training.gates import NOT_TO_MISS
from training.level_metrics import RECALL
from training.quality_figures import QualityResult, QualitySet
from training.results import HeadResult, Report

HEAD_NAMES = {
    "topic": "议题",
    "subtopic": "子议题",
    "lead_unit": "主办单位",
    "request": "诉求类型",
    "urgency": "紧急程度",
    "kind": "来件类型",
    "other_topics": "其他议题",
    "sectors": "相关界别",
    "assist_units": "协办单位",
    "gates": "审查提示",
}
_FIGURES = {
    "accuracy": "accuracy",
    "micro_f1": "micro-F1",
    "macro_f1": "macro-F1",
    "top2": "top-2",
    "top3": "top-3",
    "kappa": "κ",
    "ece": "calibration error",
}
"""Figures in the order of the tables, with what a heading calls them."""
TOTAL_FIGURES = {
    "spearman": "total: ρ",
    "equal_length": "ρ at equal length",
    "without_length": "ρ without length",
    "error": "mean error",
}
"""What a heading calls the figures of the quality total."""


def write_report(report: Report, folder: Path) -> None:
    """Write ``report.json`` and ``report.html`` into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report.as_dict(), ensure_ascii=False, indent=1, default=list)
    (folder / "report.json").write_text(text + "\n", encoding="utf-8")
    environment = Environment(
        loader=PackageLoader("training"), autoescape=select_autoescape(), trim_blocks=True
    )
    page = environment.get_template("report.html").render(
        report=report,
        head_names=HEAD_NAMES,
        order=list(_FIGURES),
        figure_names=_FIGURES,
        reliability_plot=_reliability_plot,
        risk_plot=_risk_plot,
        total_figures=TOTAL_FIGURES,
        review_plot=_review_plot,
        recall_aimed_at=RECALL,
        not_to_miss=NOT_TO_MISS,
    )
    (folder / "report.html").write_text(page, encoding="utf-8")


def table_lines(report: Report) -> Sequence[str]:
    """Return the figures as lines of a plain table."""
    lines: list[str] = [report.title, ""]
    for found in report.sets:
        lines += [f"{found.name} (n = {found.count})"]
        lines += [f"  {'head':<13}{'n':>6}  " + "".join(f"{name:<24}" for name in _FIGURES)]
        for head in found.heads:
            cells = [str(head.figures.get(name, "")) for name in _FIGURES]
            lines.append(
                f"  {head.head:<13}{head.count:>6}  " + "".join(f"{cell:<24}" for cell in cells)
            )
        lines.append("")
    if report.comparisons:
        lines += ["side by side, same rows and folds"]
    for row in report.comparisons:
        figures = "  ".join(f"{name} {figure}" for name, figure in row.figures.items())
        lines.append(f"  {row.task:<34}{row.count:>6}  {row.model:<28}{figures}")
    return [*lines, *_quality_lines(report.quality)] if report.quality else lines


def _quality_lines(quality: QualityResult) -> Iterator[str]:
    """Yield levels and screening by source, then gates by source and kind."""
    for found in quality.sets:
        yield from ("", f"quality, {found.name} (n = {found.count}, {found.low} low)")
        for row in [*found.levels, *found.gains]:
            kappas = "  ".join(f"{code} {figure.value:.2f}" for code, figure in row.kappa.items())
            totals = "  ".join(f"{name} {figure}" for name, figure in row.total.items())
            yield f"  {row.model:<54}κ {kappas}  {totals}"
        for line in found.screening:
            stated = "  ".join(f"{name} {figure}" for name, figure in line.stated.items())
            yield f"  {line.model:<54}recall {RECALL} of the low: {stated}"
    for gates in quality.gates:
        yield from ("", f"gates, {gates.name} (n = {gates.count})")
        for gate in gates.gates:
            recall, precision = (
                "-" if share is None else f"{share:.2f}" for share in (gate.recall, gate.precision)
            )
            yield (
                f"  {gate.code:<13}{gate.count:>6}  shown {gate.shown:<6}recall {recall:<6}"
                f"precision {precision:<6}false alarms {gate.false_alarms:.3f}"
            )
        for name, figures in gates.together.items():
            yield f"  {name:<13}" + "  ".join(f"{key} {value}" for key, value in figures.items())


def _reliability_plot(head: HeadResult) -> Markup:
    figure = matplotlib.figure.Figure(figsize=(3.2, 3.0))
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="#bbb", linewidth=1)
    said, held, counts = zip(*head.reliability, strict=True)
    most = max(counts)
    axes.scatter(said, held, s=[12 + 90 * count / most for count in counts], color="#2f6f9f")
    axes.plot(said, held, color="#2f6f9f", linewidth=1)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="probability said", ylabel="share right")
    return _svg(figure)


def _risk_plot(head: HeadResult) -> Markup:
    figure = matplotlib.figure.Figure(figsize=(3.2, 3.0))
    axes = figure.subplots()
    axes.plot(head.coverage, head.risk, color="#a5482f", linewidth=1.5)
    axes.set(xlim=(0, 1), ylim=(0, None), xlabel="share of texts tagged", ylabel="share wrong")
    return _svg(figure)


def _review_plot(found: QualitySet) -> Markup:
    """Draw what a review in order of rising total reaches; what reading blindly would, in grey."""
    figure = matplotlib.figure.Figure(figsize=(5.0, 3.4))
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="#bbb", linewidth=1)
    axes.axhline(RECALL, color="#bbb", linewidth=1, linestyle=":")
    for row in found.screening:
        ours = row.model.startswith("ours")
        axes.plot(row.load, row.recall, linewidth=1.8 if ours else 1.0, label=row.model)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="share of proposals read")
    axes.set_ylabel("share of the low reached")
    axes.legend(fontsize=8, loc="lower right")
    return _svg(figure)


def _svg(figure: matplotlib.figure.Figure) -> Markup:
    figure.tight_layout()
    picture = io.StringIO()
    figure.savefig(picture, format="svg", metadata={"Date": None})
    text = picture.getvalue()
    return Markup(text[text.index("<svg") :])
