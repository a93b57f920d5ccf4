import itertools
import re
from datetime import date, timedelta

import pytest

from nlp_service.domain.duplicates import Relation
from nlp_service.domain.records import Origin
from nlp_service.duplicates.groups import Link
from nlp_service.duplicates.hot_issues import Window

MARCH = Window(first=date(2026, 3, 1), last=date(2026, 3, 31))
FEBRUARY = MARCH.before


def link(first, second, probability=0.9):
    return Link(first=first, second=second, relation=Relation.SAME, probability=probability)


@pytest.fixture
def matter(work, add, submit):
    """Store linked submissions, one a day from a day on, each of another submitter unless told."""

    def make(n, first, *, title="", submitter=None, body=None, every=1, origin=None, **tags):
        keys = []
        for number in range(n):
            day = first + timedelta(days=number * every)
            submission = submit(body, title=title, submitted_at=day)
            name = f"{title}{number}" if submitter is None else submitter
            who = origin or Origin(submitter=name)
            keys.append(add(work, submission, origin=who, **tags))
        connect(work, keys)
        return keys

    return make


def connect(work, keys):
    pairs = itertools.combinations(keys, 2)
    work.groups.add_links([link(*pair) for pair in pairs], model="pairs-1")


def found(work, window=MARCH, **options):
    return work.hot_issues.find(window, **options)


def groups(work, window=MARCH, **options):
    return [issue.tally.group for issue in found(work, window, **options).issues]


def test_an_empty_archive_has_no_hot_issue(work):
    answer = found(work)

    assert (answer.submissions, answer.submissions_before, answer.issues) == (0, 0, [])


def test_single_submissions_are_no_hot_issue(work, matter):
    for day in range(3):
        matter(1, MARCH.first + timedelta(days=day), title=f"第 {day} 件")

    answer = found(work)

    assert (answer.submissions, answer.issues) == (3, [])


def test_one_in_the_window_and_one_outside_is_no_hot_issue(work, matter):
    matter(2, FEBRUARY.last)

    assert groups(work) == []


def test_an_issue_tells_what_it_is_and_how_it_went(work, matter):
    keys = matter(
        4, date(2026, 2, 27), title="滨河花园停水", every=2, topic="T08", subtopic="T0803"
    )

    (issue,) = found(work).issues

    assert issue.tally.group == keys[0]
    assert (issue.tally.texts, issue.tally.texts_before, issue.tally.submitters) == (3, 1, 3)
    assert (issue.title, issue.topic, issue.subtopic) == ("滨河花园停水", "T08", "T0803")
    assert (issue.first_on, issue.last_on) == (date(2026, 2, 27), date(2026, 3, 5))
    assert issue.members == keys[1:]
    assert [part.texts for part in issue.series[:6]] == [1, 0, 1, 0, 1, 0]
    assert issue.restricted == 0


def test_what_grows_goes_before_what_is_as_large_and_always_there(work, matter):
    steady = [*matter(6, date(2026, 2, 1), title="甲"), *matter(6, MARCH.first, title="乙")]
    connect(work, steady)
    new = matter(6, MARCH.first, title="丙")

    assert groups(work) == [new[0], steady[0]]


def test_an_old_issue_that_sleeps_is_not_hot(work, matter):
    sleeping = matter(9, date(2025, 6, 1), title="旧事")
    awake = matter(2, MARCH.first, title="新事")

    assert groups(work) == [awake[0]]
    assert groups(work, Window(first=date(2025, 6, 1), last=date(2025, 6, 30))) == [sleeping[0]]


def test_an_old_issue_that_wakes_up_counts_by_the_window_alone(work, matter):
    keys = [*matter(5, date(2025, 6, 1), title="甲"), *matter(3, date(2026, 3, 10), title="乙")]
    connect(work, keys)

    (issue,) = found(work).issues

    assert (issue.tally.texts, issue.tally.texts_before) == (3, 0)
    assert (issue.first_on, issue.last_on) == (date(2025, 6, 1), date(2026, 3, 12))
    assert (issue.title, issue.members) == ("乙", keys[5:])


def test_one_person_who_writes_twenty_times_is_one_submitter(work, matter):
    one = matter(20, MARCH.first, title="甲", submitter="张三")
    crowd = matter(10, MARCH.first, title="乙")

    issues = found(work).issues

    assert [issue.tally.group for issue in issues] == [crowd[0], one[0]]
    assert [issue.tally.submitters for issue in issues] == [10, 1]


def test_who_is_not_known_is_one_submitter_each(work, matter):
    matter(3, MARCH.first, title="甲", submitter="")

    assert found(work).issues[0].tally.submitters == 3


def test_both_ends_of_the_window_count(work, matter):
    keys = matter(4, MARCH.first - timedelta(days=1), every=1)
    late = matter(2, MARCH.last)
    connect(work, [*keys, *late])

    (issue,) = found(work).issues

    assert issue.members == [*keys[1:], late[0]]
    assert issue.tally.texts_before == 1
    assert issue.series[0].texts == issue.series[-1].texts == 1
    (short,) = found(work, Window(first=MARCH.first, last=MARCH.first + timedelta(days=1))).issues
    assert (short.tally.texts, short.tally.texts_before) == (2, 1)


def test_what_is_dated_after_the_window_does_not_bear_on_it(work, matter):
    keys = matter(4, MARCH.last - timedelta(days=1))

    (issue,) = found(work).issues

    assert (issue.tally.texts, issue.last_on, issue.members) == (2, MARCH.last, keys[:2])


def test_the_title_is_that_of_the_most_central_submission(work, add, submit):
    days = [date(2026, 3, 9), date(2026, 3, 8), date(2026, 3, 7)]
    titles = ["最像的一件", "次像的一件", "最不像的"]
    keys = [
        add(work, submit(title=title, submitted_at=day))
        for title, day in zip(titles, days, strict=True)
    ]
    work.groups.add_links(
        [link(keys[0], keys[1], 0.95), link(keys[0], keys[2], 0.8), link(keys[1], keys[2], 0.75)],
        model="pairs-1",
    )

    assert found(work).issues[0].title == "最像的一件"


def test_of_equally_central_ones_the_earliest_gives_the_title(work, add, submit):
    keys = [
        add(work, submit(title=f"{day} 日的来件", submitted_at=date(2026, 3, day)))
        for day in (9, 8)
    ]
    connect(work, keys)

    assert found(work).issues[0].title == "8 日的来件"


def test_one_without_a_title_leaves_it_to_the_next(work, add, submit):
    days = (1, 2, 3)
    titles = ("", " 路灯\u200b 不亮", "")
    keys = [
        add(work, submit(title=title, submitted_at=date(2026, 3, day)))
        for title, day in zip(titles, days, strict=True)
    ]
    connect(work, keys)

    assert found(work).issues[0].title == "路灯 不亮"


def test_restricted_submissions_are_counted_but_never_shown(work, matter, add, submit):
    secret = [
        add(
            work,
            submit(f"机密之事，发生在隐秘巷 {n} 号。", title="机密", submitted_at=date(2026, 3, n)),
            restricted=True,
        )
        for n in (1, 2)
    ]
    (shown,) = matter(1, date(2026, 3, 9), title="可以公开", body="清水路的积水一直没有人管。")
    connect(work, [*secret, shown])

    (issue,) = found(work, places_of=re.compile(r"\w{2}[巷路]").findall).issues

    assert (issue.tally.texts, issue.restricted) == (3, 2)
    assert (issue.title, issue.places) == ("可以公开", ["清水路"])
    assert "机密" not in repr(issue)


def test_where_all_are_restricted_only_numbers_are_shown(work, matter):
    matter(3, MARCH.first, title="机密", restricted=True)

    (issue,) = found(work, places_of=lambda text: ["某地"]).issues

    assert (issue.tally.texts, issue.restricted) == (3, 3)
    assert (issue.title, issue.places) == ("", [])


def test_what_is_no_longer_restricted_is_shown(work, matter):
    keys = matter(2, MARCH.first, title="虚惊一场", restricted=True)

    work.submissions.restrict(keys[1], restricted=False)

    assert found(work).issues[0].title == "虚惊一场"


def test_a_deleted_submission_counts_nowhere(work, matter):
    keys = matter(4, MARCH.first - timedelta(days=1), title="甲")

    work.submissions.delete(keys[0])
    work.submissions.delete(keys[3])

    answer = found(work)
    (issue,) = answer.issues
    assert (issue.tally.texts, issue.tally.texts_before, issue.members) == (2, 0, keys[1:3])
    assert (answer.submissions, answer.submissions_before) == (2, 0)


def test_the_topic_is_that_of_most_current_assessments(work, matter, submit, assess):
    keys = [
        *matter(2, MARCH.first, title="甲", topic="T08", subtopic="T0803"),
        *matter(3, MARCH.first, title="乙", topic="T09", subtopic="T0902"),
    ]
    connect(work, keys)
    assert found(work).issues[0].topic == "T09"

    for key in keys[2:4]:
        changed = assess(submit(), topic="T08", subtopic="T0801", bundle="linear-2")
        work.assessments.add(key, changed)

    (issue,) = found(work).issues
    assert (issue.topic, issue.subtopic) == ("T08", "T0801")


def test_a_wanted_topic_leaves_out_the_others(work, matter):
    first = matter(2, MARCH.first, title="甲", topic="T08", subtopic="T0803")
    second = matter(5, MARCH.first, title="乙", topic="T09", subtopic="T0902")
    matter(1, FEBRUARY.last, title="丙", topic="T08", subtopic="T0803")

    answer = found(work, topic="T08")

    assert [issue.tally.group for issue in answer.issues] == first[:1]
    assert (answer.submissions, answer.submissions_before) == (2, 1)
    assert groups(work, topic="T17") == []
    assert groups(work, limit=1) == second[:1]


def test_a_least_size_leaves_out_the_smaller_ones(work, matter):
    matter(3, MARCH.first, title="甲")
    large = matter(4, MARCH.first, title="乙")

    assert groups(work, least_texts=4) == large[:1]
    with pytest.raises(ValueError, match="least_texts"):
        found(work, least_texts=1)


def test_districts_go_by_how_many_came_from_them(work, matter):
    places = ["城西", "城东", "城东", "", "城北"]
    keys = []
    for number, district in enumerate(places):
        who = Origin(submitter=f"人{number}", district=district)
        keys += matter(1, MARCH.first, origin=who)
    connect(work, keys)

    assert found(work).issues[0].districts == ["城东", "城北", "城西"]


def test_members_come_by_pages(work, matter):
    before = matter(2, FEBRUARY.last - timedelta(days=1), title="甲")
    keys = matter(7, MARCH.first, title="乙", every=2)
    connect(work, [*before, *keys])
    (issue,) = found(work).issues

    def page(**options):
        return work.hot_issues.members(issue.tally.group, MARCH, **options)

    assert issue.members == page() == keys
    assert page(limit=3) == keys[:3]
    assert page(behind=keys[2], limit=3) == keys[3:6]
    assert page(behind=keys[6]) == []
    assert work.hot_issues.members(4711, MARCH) == []


def test_a_merge_makes_one_issue_of_two(work, matter):
    one, two = matter(2, MARCH.first, title="甲"), matter(2, MARCH.first, title="乙")
    assert len(groups(work)) == 2

    work.merges.merge([*one, *two], lead=two[0])

    assert groups(work) == one[:1]
