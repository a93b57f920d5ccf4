from datetime import date

import pytest

from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.errors import InvalidSubmission, RecordUnknown
from nlp_service.domain.people import UserRole
from nlp_service.domain.queue import ListOrder, Stage
from nlp_service.domain.records import ListFilter
from nlp_service.domain.submission import Kind
from nlp_service.domain.views import (
    BUILT_IN,
    LONGEST_VIEW_NAME,
    MOST_VIEWS,
    View,
    filter_as_dict,
    filter_from_dict,
)

ROADS = View(
    name="城建提案",
    wanted=ListFilter(
        kind=Kind.PROPOSAL,
        topic="T08",
        stage=Stage.WAITING,
        dated_from=date(2026, 1, 1),
        least_urgency=2,
        needs_review=False,
        words="路灯 桥",
    ),
    order=ListOrder.WORST,
)


@pytest.fixture
def users(work):
    """Keys of two users."""
    return [
        work.users.add(name, UserRole.SECRETARY, password_hash="x").key for name in ("张三", "李四")
    ]


def names(work, user):
    return [view.name for view in work.views.of(user)]


def test_a_view_comes_back_as_it_was_saved(work, users):
    saved = work.views.save(ROADS, user_key=users[0])

    assert (saved.name, saved.wanted, saved.order) == (ROADS.name, ROADS.wanted, ROADS.order)
    assert (saved.owner, saved.shared) == ("张三", False)
    assert work.views.get(saved.key, user_key=users[0]) == saved
    (entry,) = work.audit.of(RecordKind.VIEW, saved.key)
    assert (entry.action, entry.after) == (Action.VIEW_SAVED, {"name": "城建提案", "shared": False})


def test_a_view_of_the_same_name_is_replaced(work, users):
    first = work.views.save(ROADS, user_key=users[0])
    again = work.views.save(View(name=" 城建提案 ", wanted=ListFilter()), user_key=users[0])

    assert again.key == first.key
    assert work.views.of(users[0]) == [again]
    assert again.wanted == ListFilter()


def test_others_see_a_view_only_when_it_is_shared(work, users):
    work.views.save(View(name="乙", wanted=ListFilter()), user_key=users[1])
    mine = work.views.save(ROADS, user_key=users[0])
    assert names(work, users[1]) == ["乙"]
    with pytest.raises(RecordUnknown):
        work.views.get(mine.key, user_key=users[1])

    work.views.save(ROADS, user_key=users[0], shared=True)

    assert names(work, users[1]) == ["乙", "城建提案"]
    assert names(work, users[0]) == ["城建提案"]


def test_only_its_owner_removes_a_view(work, users):
    view = work.views.save(ROADS, user_key=users[0], shared=True)
    with pytest.raises(RecordUnknown, match="本人"):
        work.views.remove(view.key, user_key=users[1])

    work.views.remove(view.key, user_key=users[0])

    assert names(work, users[0]) == []
    assert work.audit.of(RecordKind.VIEW, view.key)[-1].action is Action.VIEW_REMOVED


@pytest.mark.parametrize("name", ["", "  ", "名" * (LONGEST_VIEW_NAME + 1), "两\n行"])
def test_what_is_no_name_is_refused(work, users, name):
    with pytest.raises(InvalidSubmission, match="名称"):
        work.views.save(View(name=name, wanted=ListFilter()), user_key=users[0])


def test_a_user_keeps_so_many_views_and_may_change_each(work, users):
    for number in range(MOST_VIEWS):
        work.views.save(View(name=f"视图 {number}", wanted=ListFilter()), user_key=users[0])
    with pytest.raises(InvalidSubmission, match="50 个视图"):
        work.views.save(ROADS, user_key=users[0])

    work.views.save(View(name="视图 0", wanted=ROADS.wanted), user_key=users[0])
    work.views.save(ROADS, user_key=users[1])


@pytest.mark.parametrize("view", [ROADS, *BUILT_IN], ids=lambda view: view.name)
def test_a_filter_is_read_as_it_was_written(view):
    assert filter_from_dict(filter_as_dict(view.wanted)) == view.wanted


def test_what_a_later_program_asked_for_is_left_out():
    assert filter_from_dict({"topic": "T08", "mood": "angry"}) == ListFilter(topic="T08")
