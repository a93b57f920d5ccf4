"""What stands above the inbox's list: views with counts, choices of filters, what is asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from nlp_service.domain.queue import Facet, ListCounts
from nlp_service.domain.records import ListFilter
from nlp_service.domain.taxonomy import Taxonomy
from nlp_service.domain.views import BUILT_IN, SavedView, View, filter_as_dict
from nlp_service.store.opening import Office
from nlp_service.web.inbox_query import NAMES, Query
from nlp_service.web.naming import name_code
from nlp_service.web.wording import KINDS, ORDERS, STAGES

CONFIDENCE = {"true": "请人工", "false": "有把握"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """A view as a page shows it."""

    view: View
    address: str
    count: int | None
    """None where counting would mean reading every text."""
    here: bool
    """The list is that of the view."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One choice of a filter."""

    value: str
    name: str
    chosen: bool
    count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A filter with its options."""

    name: str
    label: str
    options: Sequence[Option]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One thing that is asked for, and where the list without it is."""

    label: str
    address: str


def make_tabs(office: Office, query: Query, user_key: int | None) -> Sequence[Tab]:
    """Return the views that a caller finds, with how many submissions each holds."""
    saved = office.views.of(user_key) if user_key is not None else []
    views: Sequence[View] = [*BUILT_IN, *saved]
    counted = [view.wanted for view in views if not view.wanted.words]
    counts = iter(office.submissions.count_each(counted))
    return [
        Tab(
            view=view,
            address=Query(wanted=view.wanted, order=view.order).address,
            count=None if view.wanted.words else next(counts),
            here=(view.wanted, view.order) == (query.wanted, query.order),
        )
        for view in views
    ]


def own_view(tabs: Sequence[Tab], user_key: int | None) -> SavedView | None:
    """Return the view that the list is and that the user may change."""
    for tab in tabs:
        if tab.here and isinstance(tab.view, SavedView) and tab.view.user_key == user_key:
            return tab.view
    return None


def main_choices(query: Query, counts: ListCounts, taxonomy: Taxonomy) -> Sequence[Choice]:
    """Return the filters that are always in view, with what each choice would hold."""
    wanted = query.wanted
    urgent = counts.of[Facet.URGENCY]
    levels = {
        str(one.level): sum(urgent.get(str(level), 0) for level in range(one.level, 5))
        for one in taxonomy.urgencies
    }
    return [
        _facet(Facet.KIND, wanted.kind, {str(k): name for k, name in KINDS.items()}, counts),
        _facet(Facet.TOPIC, wanted.topic, {t.code: t.name for t in taxonomy.topics}, counts),
        _facet(Facet.STAGE, wanted.stage, {str(k): name for k, name in STAGES.items()}, counts),
        _choice(
            "least_urgency",
            wanted.least_urgency,
            {
                str(one.level): f"{one.name}{'' if one.level == 4 else '及以上'}"
                for one in taxonomy.urgencies
                if one.level > 1
            },
            levels,
        ),
        _facet(Facet.BAND, wanted.band, {band.name: band.name for band in taxonomy.bands}, counts),
        _choice("needs_review", _flag(wanted.needs_review), CONFIDENCE),
    ]


def further_choices(query: Query, taxonomy: Taxonomy) -> Sequence[Choice]:
    """Return the filters that are asked for less often."""
    wanted = query.wanted
    subtopics = {
        one.code: f"{topic.name}：{one.name}"
        for topic in taxonomy.topics
        if wanted.topic in ("", topic.code)
        for one in topic.subtopic
    }
    days = {"1": "今天", "7": "近 7 天", "30": "近 30 天", "365": "近一年"}
    return [
        _choice("subtopic", wanted.subtopic, subtopics),
        _choice("sector", wanted.sector, {one.code: one.name for one in taxonomy.sectors}),
        _choice("unit", wanted.unit, {one.code: one.name for one in taxonomy.units}),
        _choice("received_days", wanted.received_days, days),
        _choice("restricted", _flag(wanted.restricted), {"true": "只看限阅", "false": "不看限阅"}),
        _choice("example", _flag(wanted.example), {"true": "只看示例", "false": "不看示例"}),
    ]


def order_options(query: Query) -> Sequence[Option]:
    """Return the orders."""
    return [
        Option(value=order, name=name, chosen=order is query.order)
        for order, name in ORDERS.items()
    ]


def make_chips(query: Query, taxonomy: Taxonomy) -> Sequence[Chip]:
    """Return what is asked for, one chip each, in the order of the page."""
    asked = filter_as_dict(query.wanted)
    return [
        Chip(
            label=f"{NAMES[name]}：{_told(name, asked[name], taxonomy)}",
            address=query.without(name).address,
        )
        for name in NAMES
        if name in asked
    ]


_TOLD: Mapping[str, Callable[[str], str]] = {
    "kind": lambda kind: {str(k): name for k, name in KINDS.items()}[kind],
    "stage": lambda stage: {str(k): name for k, name in STAGES.items()}[stage],
    "batch": lambda key: f"第 {key} 号",
    "received_days": lambda days: "今天" if days == "1" else f"{days} 天内",
}


def _told(name: str, value: object, taxonomy: Taxonomy) -> str:
    if name == "needs_review":
        return CONFIDENCE[str(value).lower()]
    if isinstance(value, bool):
        return "是" if value else "否"
    if name == "least_urgency" and isinstance(value, int):
        return taxonomy.urgency(value).name + ("" if value == 4 else "及以上")
    if name in _TOLD:
        return _TOLD[name](str(value))
    return name_code(str(value), taxonomy)


def _facet(
    facet: Facet, chosen: str | None, names: Mapping[str, str], counts: ListCounts
) -> Choice:
    return _choice(facet, chosen, names, counts.of[facet])


def _choice(
    name: str,
    chosen: object,
    names: Mapping[str, str],
    counts: Mapping[str, int] | None = None,
) -> Choice:
    now = "" if chosen is None else str(chosen)
    known = {**names, now: names.get(now, now)} if now else names
    options = [
        Option(
            value=value,
            name=called,
            chosen=value == now,
            count=None if counts is None else counts.get(value, 0),
        )
        for value, called in known.items()
    ]
    return Choice(name=name, label=NAMES[name], options=options)


def _flag(value: bool | None) -> str | None:
    return None if value is None else str(value).lower()


def asks_beyond(wanted: ListFilter) -> bool:
    """Say whether something is asked for that stands among the further filters."""
    shown = {"words", "order", "kind", "topic", "stage", "least_urgency", "band", "needs_review"}
    return bool(filter_as_dict(wanted).keys() - shown)
