"""The figures of 统计: codes become names, counts become tables."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from nlp_service.api.drift import CALM_BELOW, FEWEST, LOOK_FROM, stability_index
from nlp_service.bundle import Bundle
from nlp_service.domain.quality import DISPOSITION_NAMES
from nlp_service.domain.statistics import Agreements, Part, Span, StatisticsFilter, Totals
from nlp_service.domain.submission import Kind
from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.duplicates.hot_issues import LONGEST_IN_WEEKS, Window, part_window
from nlp_service.export.flat import Cell
from nlp_service.export.tables import Column, Table
from nlp_service.store.agreement import Labels, read_agreements, read_latest_labels
from nlp_service.store.opening import Office
from nlp_service.web.figures import Drawing, Figure, shares_of
from nlp_service.web.naming import name_code
from nlp_service.web.wording import KINDS, PARTS

FEW = 30
"""Below so many a share is only told with a warning."""

CONSTRUCTIONS = ("经济", "政治", "文化", "社会", "生态文明")
"""五大建设, in the order in which the office names them."""
_UNSORTED = "未归类"
_NOTHING = "这段时间没有可数的来件。"
_COUNT, _SHARE = Column(name="件数"), Column(name="占比", share=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """All that is counted for the page."""

    wanted: StatisticsFilter
    drawn: Window
    """The days asked for that lie between the first and the last of all that is there."""
    totals: Totals
    by: Mapping[Part, Mapping[str, int]]
    topics: Mapping[tuple[date, str], int]
    """By the first day of a stretch, or any day within it."""
    agreements: Agreements
    others: int
    """Submissions reviewed beside the answers of other bundles."""
    labels: Mapping[Kind, Labels]


def read_counts(office: Office, wanted: StatisticsFilter, bundle: Bundle) -> Counts:
    """Count all that the page shows."""
    found, connection = office.statistics, office.connection
    drawn = _drawn(wanted, found.span())
    by_months = drawn.days > LONGEST_IN_WEEKS
    agreements, others = read_agreements(connection, wanted, bundle=bundle.label)
    return Counts(
        wanted=wanted,
        drawn=drawn,
        totals=found.totals(wanted),
        by={part: found.count_by(part, wanted) for part in Part},
        topics=(found.topics_by_month if by_months else found.topics_by_day)(wanted),
        agreements=agreements,
        others=others,
        labels=read_latest_labels(connection, wanted, bundle=bundle.label),
    )


def _drawn(wanted: StatisticsFilter, span: Span | None) -> Window:
    asked = Window(first=wanted.first, last=wanted.last)
    if span is None or span.first > asked.last or span.last < asked.first:
        return asked
    return Window(first=max(asked.first, span.first), last=min(asked.last, span.last))


def make_figures(counts: Counts, bundle: Bundle) -> Sequence[Figure]:
    """Return the figures in the order of the page."""
    taxonomy = bundle.taxonomy
    several = "一件来件可以关系几个界别，各占比之和可以超过 100 %。"
    return [
        _topics_over_time(counts, taxonomy),
        _constructions(counts, taxonomy),
        _kinds(counts),
        _urgency(counts, taxonomy),
        _bands(counts, taxonomy),
        _by(counts, Part.TOPIC, "topics", "议题", taxonomy),
        _by(counts, Part.SECTORS, "sectors", "界别", taxonomy, note=several),
        _by(counts, Part.LEAD_UNIT, "units", "主办单位", taxonomy),
        _decided(counts),
        _agreement(counts, bundle),
        _drift(counts, bundle),
    ]


def _topics_over_time(counts: Counts, taxonomy: Taxonomy) -> Figure:
    window, stretches = counts.drawn, part_window(counts.drawn)
    by_topic: dict[str, list[int]] = {}
    for (day, topic), count in counts.topics.items():
        place = next(n for n, one in enumerate(stretches) if max(day, window.first) <= one.last)
        by_topic.setdefault(topic, [0] * len(stretches))[place] += count
    ranked = sorted(by_topic, key=lambda topic: (-sum(by_topic[topic]), topic))
    pattern = "%Y-%m" if window.days > LONGEST_IN_WEEKS else "%m-%d"
    names = [Column(name=one.first.strftime(pattern)) for one in stretches]
    return Figure(
        code="topics-over-time",
        drawing=Drawing.GRID,
        empty=_NOTHING,
        table=Table(
            name="议题走势",
            columns=[Column(name="议题"), *names, Column(name="合计")],
            rows=[
                [name_code(topic, taxonomy), *by_topic[topic], sum(by_topic[topic])]
                for topic in ranked
            ],
            note="按来件日期计，颜色越浓件数越多；头尾的一段可能不满。",
        ),
    )


def _constructions(counts: Counts, taxonomy: Taxonomy) -> Figure:
    of = {topic.code: topic.construction for topic in taxonomy.topics}
    found = Counter(dict.fromkeys(CONSTRUCTIONS, 0))
    for topic, count in counts.by[Part.TOPIC].items():
        found[of.get(topic, "")] += count
    rows = [(f"{name}建设" if name else _UNSORTED, count) for name, count in found.items()]
    total = sum(found.values())
    return _counted(
        "constructions",
        "五大建设",
        [(name, count, count / total) for name, count in rows if total],
        note="按主议题归入；归不进任何议题的为未归类。",
    )


def _by(
    counts: Counts, part: Part, code: str, name: str, taxonomy: Taxonomy, *, note: str = ""
) -> Figure:
    named = {name_code(one, taxonomy): count for one, count in counts.by[part].items()}
    return _counted(code, name, shares_of(named, counts.totals.submissions), note=note)


def _kinds(counts: Counts) -> Figure:
    named = {KINDS[Kind(kind)]: count for kind, count in counts.by[Part.KIND].items()}
    return _counted("kinds", "来件类型", shares_of(named, counts.totals.submissions))


def _urgency(counts: Counts, taxonomy: Taxonomy) -> Figure:
    found, total = counts.by[Part.URGENCY], counts.totals.submissions
    rows = [
        (f"{one.level} {one.name}", count, count / total)
        for one in sorted(taxonomy.urgencies, key=lambda one: -one.level)
        if total
        for count in [found.get(str(one.level), 0)]
    ]
    return _counted("urgency", "紧急程度", rows)


def _bands(counts: Counts, taxonomy: Taxonomy) -> Figure:
    found = counts.by[Part.BAND]
    total = sum(found.values())
    names = [band.name for band in taxonomy.bands]
    rows = [(name, found.get(name, 0)) for name in names] + [
        item for item in found.items() if item[0] not in names
    ]
    return _counted(
        "bands",
        "质量等次",
        [(name, count, count / total) for name, count in rows if total],
        note="只数评过质量的提案；等次是辅助建议。",
        empty="这段时间没有评过质量的提案。",
    )


def _decided(counts: Counts) -> Figure:
    found = counts.by[Part.DECIDED]
    named = {DISPOSITION_NAMES[one]: found.get(one, 0) for one in DISPOSITION_NAMES if found}
    total = sum(found.values())
    left = counts.totals.submissions - total
    return _counted(
        "decided",
        "处理情况",
        [(name, count, count / total) for name, count in named.items()],
        note=f"只数由人定了的：登记了办理结果的，以及审定了处理意见的。还有 {left} 件没有定。",
        empty="还没有登记办理结果，也没有审定处理意见。",
    )


def _counted(
    code: str,
    name: str,
    rows: Sequence[tuple[str, int, float]],
    *,
    note: str = "",
    empty: str = _NOTHING,
) -> Figure:
    columns = [Column(name=name), _COUNT, _SHARE]
    return Figure(
        code=code,
        drawing=Drawing.BARS,
        empty=empty,
        table=Table(name=name, columns=columns, rows=rows, note=note),
    )


def _agreement(counts: Counts, bundle: Bundle) -> Figure:
    columns = [Column(name=name) for name in ("项目", "人工看过", "确认", "更正")]
    columns += [Column(name=name, share=True) for name in ("一致", "区间下限", "区间上限")]
    note = (
        "一致指人工没有改动机器的建议；区间是 95 % 置信区间（Wilson），看过的越少越宽，"
        f"不足 {FEW} 件的只作参考。先看到建议再确认，且多是机器没有把握的来件，"
        f"所以不等于准确率。只数当前模型包 {bundle.label} 的评定"
    )
    others = f"，另有 {counts.others} 件看的是其他模型包的评定，未计入" if counts.others else ""
    return Figure(
        code="agreement",
        drawing=Drawing.INTERVALS,
        empty="还没有人确认或更正过。在收件箱里按 c 确认、或改正标签，这里就有数了。",
        table=Table(
            name="人机一致",
            columns=columns,
            rows=[
                [PARTS[part], one.spoken, one.confirmed, one.corrected, one.share, *one.interval]
                for part in PARTS
                if (one := counts.agreements.get(part))
            ],
            note=f"{note}{others}。",
        ),
    )


def _drift(counts: Counts, bundle: Bundle) -> Figure:
    rows = [
        [KINDS[Kind(kind)], PARTS[head], *_drift_cells(now, learnt)]
        for kind, heads in bundle.label_shares.items()
        for head, learnt in heads.items()
        if sum((now := counts.labels.get(Kind(kind), {}).get(head, {})).values()) >= FEWEST
    ]
    return Figure(
        code="drift",
        drawing=Drawing.INDEX,
        named=2,
        empty=f"每一类来件满 {FEWEST} 件，才看得出标签的分布变没变；现在还不足。",
        table=Table(
            name="标签漂移",
            columns=[
                Column(name=name) for name in ("类型", "项目", "最近件数", "稳定性指数", "看法")
            ],
            rows=rows,
            note="最近的标签与模型学习时的分布相差多少（PSI）："
            f"{CALM_BELOW} 以下平稳，{LOOK_FROM} 起值得查看。不足 {FEWEST} 件不计算。",
        ),
    )


def _drift_cells(now: Mapping[str, int], learnt: Mapping[str, float]) -> list[Cell]:
    total = sum(now.values())
    index = round(stability_index({label: n / total for label, n in now.items()}, learnt), 3)
    word = "平稳" if index < CALM_BELOW else "值得查看" if index >= LOOK_FROM else "略有变化"
    return [total, index, word]
