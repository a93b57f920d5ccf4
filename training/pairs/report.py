"""Write what a fit of the pair classifier found: ``report.json``, ``report.html``, a table."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import matplotlib.figure
from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from training.pairs.figures import FourWay, PairReport


def write_pair_report(report: PairReport, folder: Path) -> None:
    """Write ``report.json`` and ``report.html`` into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report.as_dict(), ensure_ascii=False, indent=1, default=list)
    (folder / "report.json").write_text(text + "\n", encoding="utf-8")
    environment = Environment(
        loader=PackageLoader("training"), autoescape=select_autoescape(), trim_blocks=True
    )
    page = environment.get_template("pairs.html").render(
        report=report, reliability_plot=_reliability_plot
    )
    (folder / "report.html").write_text(page, encoding="utf-8")


def pair_table_lines(report: PairReport) -> Iterator[str]:
    """Yield the figures as lines of a plain table."""
    counts = ", ".join(f"{name} {count}" for name, count in report.counts.items())
    yield f"readers' pairs: {counts}; every answer held out"
    for found in report.sets:
        yield ""
        yield f"copy|same against the rest, {found.name} (n = {found.count}, {found.mergeable})"
        for row in [*found.rows, *found.gains]:
            yield f"  {row.model:<62}F1 {row.f1}  average precision {row.average_precision}"
    for way in report.ways:
        yield ""
        yield (
            f"four relations, {way.way}: accuracy {way.accuracy}  κ {way.kappa}  "
            f"F1 of copy|same as said {way.merge_f1}  "
            f"calibration error {way.sure_error:.3f}, of copy|same {way.merge_error:.3f}"
        )
        yield f"  {'reader':<12}" + "".join(f"{name:>9}" for name in report.relations)
        for name, told in zip(report.relations, way.confusion, strict=True):
            yield f"  {name:<12}" + "".join(f"{count:>9}" for count in told)
    for line in report.retrieval:
        recall = "  ".join(
            f"{relation} " + " ".join(f"@{most} {share:.3f}" for most, share in shares.items())
            for relation, shares in line.recall.items()
        )
        yield f"partners among the nearest of {report.texts}, {line.vectors:<32}{recall}"


def _reliability_plot(way: FourWay) -> Markup:
    figure = matplotlib.figure.Figure(figsize=(3.2, 3.0))
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="#bbb", linewidth=1)
    said, held, counts = zip(*way.reliability, strict=True)
    axes.scatter(said, held, s=[12 + 90 * one / max(counts) for one in counts], color="#2f6f9f")
    axes.plot(said, held, color="#2f6f9f", linewidth=1)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="probability of copy|same", ylabel="share so")
    figure.tight_layout()
    picture = io.StringIO()
    figure.savefig(picture, format="svg", metadata={"Date": None})
    text = picture.getvalue()
    return Markup(text[text.index("<svg") :])
