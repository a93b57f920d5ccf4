import itertools
import os
import shutil
import tempfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from nlp_service.api.issue_examples import HOT_ISSUES, MEMBERS
from nlp_service.api.issue_schemas import HotIssuesOut, MembersOut
from nlp_service.app import create_app
from nlp_service.assess import Assessor
from nlp_service.domain.duplicates import Relation
from nlp_service.domain.records import Origin
from nlp_service.domain.submission import Submission
from nlp_service.duplicates.groups import Link
from nlp_service.settings import Settings
from nlp_service.store.opening import open_store
from tests.callers import BEARER, KEYS

ISSUES = "/v1/hot-issues"
MARCH = {"from": "2026-03-01", "until": "2026-03-31"}


@pytest.fixture(scope="module")
def data():
    """A folder that a server's user may enter, which pytest's own are not."""
    memory = Path("/dev/shm")
    base = memory if os.access(memory, os.W_OK) else None
    path = Path(tempfile.mkdtemp(prefix="nlp-hot-issues-", dir=base))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def quick(assessor):
    return Assessor(replace(assessor.bundle, stage=None))


@pytest.fixture(scope="module")
def archive(data, quick):
    """A client of a service with two issues of March, the one restricted, and three singles."""
    settings = Settings(data=data, keys=KEYS)
    with (
        open_store(settings) as store,
        TestClient(create_app(settings, assessor=quick), headers=BEARER) as client,
    ):
        client.app.state.store = store
        client.app.state.place_names = lambda text: ["清水路"] if "清水路" in text else []
        fill(store, quick)
        yield client


def fill(store, assessor):
    def add(office, body, *, day, title="", who=""):
        submission = Submission(title=title, body=body, submitted_at=day)
        assessment = assessor.assess(submission, explain=False, quality=False)
        assert office.submissions.store(
            submission, assessment, origin=Origin(submitter=who, district="城东区")
        ).created
        return office.submissions.list(limit=1).items[0].key

    first = date(2026, 3, 1)
    with store.transaction(actor="张三") as office:
        lamps = [
            add(
                office,
                f"清水路 {n} 号门口的路灯坏了半个月，晚上出门很不安全，请尽快维修。",
                title="清水路的路灯坏了",
                day=first + timedelta(days=n),
                who=f"人{n}",
            )
            for n in range(60)
        ]
        secret = [
            add(
                office,
                f"巷口第 {n} 家夜里施工，吵得睡不着。",
                title="秘密",
                day=first,
                who=f"甲{n}",
            )
            for n in range(2)
        ]
        for n in range(3):
            add(office, f"第 {n} 封感谢信：谢谢你们修好了公园的长椅。", day=first)
        for key in secret:
            office.submissions.restrict(key, restricted=True)
        office.groups.add_links(
            [
                Link(first=one, second=two, relation=Relation.SAME, probability=0.9)
                for keys in (lamps, secret)
                for one, two in itertools.combinations(keys, 2)
            ],
            model="pairs-1",
        )


def same_shape(example, real):
    if isinstance(example, dict):
        return set(example) == set(real) and all(
            same_shape(example[key], real[key]) for key in real
        )
    if isinstance(example, list):
        return all(same_shape(example[0], item) for item in real)
    return example is None or real is None or type(example) is type(real)


def problem(response):
    assert response.headers["Content-Type"] == "application/problem+json"
    return response.status_code, response.json()["code"], response.json()["detail"]


def test_get_hot_issues_answers_as_documented(archive):
    answer = archive.get(ISSUES, params=MARCH)

    assert answer.status_code == 200
    HotIssuesOut.model_validate(answer.json())
    assert same_shape(HOT_ISSUES, answer.json())
    HotIssuesOut.model_validate(HOT_ISSUES)


def test_get_hot_issues_tells_what_it_is_about(archive):
    answer = archive.get(ISSUES, params=MARCH).json()

    assert answer["window"] == MARCH
    assert answer["before"] == {"from": "2026-01-29", "until": "2026-02-28"}
    assert (answer["submissions"], answer["submissions_before"]) == (36, 0)
    lamps, secret = answer["issues"]
    assert (lamps["title"], lamps["places"]) == ("清水路的路灯坏了", ["清水路"])
    assert lamps["topic"]["name"] and lamps["subtopic"]["name"]
    assert (lamps["count"], lamps["submitters"], lamps["districts"]) == (31, 31, ["城东区"])
    assert lamps["growth"] > 1
    assert [part["count"] for part in lamps["series"]] == [1] * 31
    assert (secret["title"], secret["places"], secret["restricted"]) == ("", [], 2)
    assert "秘密" not in archive.get(ISSUES, params=MARCH).text


def test_get_hot_issues_pages_the_members(archive):
    both = {"from": "2026-03-01", "until": "2026-04-30"}
    lamps = archive.get(ISSUES, params=both).json()["issues"][0]
    assert (lamps["count"], len(lamps["members"])) == (60, 50)

    following = archive.get(
        f"{ISSUES}/{lamps['group']}/members", params={**both, "after": lamps["next_member"]}
    ).json()

    MembersOut.model_validate(following)
    assert set(following) == set(MEMBERS)
    assert len(following["members"]) == 10
    assert following["next_member"] is None
    assert not set(following["members"]) & set(lamps["members"])
    page = archive.get(f"{ISSUES}/{lamps['group']}/members", params={**both, "limit": 50}).json()
    assert page == {"members": lamps["members"], "next_member": lamps["next_member"]}
    assert archive.get(f"{ISSUES}/4711/members", params=both).json()["members"] == []


def test_get_hot_issues_of_a_topic(archive):
    lamps = archive.get(ISSUES, params=MARCH).json()["issues"][0]
    wanted = {**MARCH, "topic": lamps["topic"]["code"]}

    groups = [issue["group"] for issue in archive.get(ISSUES, params=wanted).json()["issues"]]

    assert lamps["group"] in groups
    assert archive.get(ISSUES, params={**MARCH, "topic": "T99"}).json()["issues"] == []
    assert len(archive.get(ISSUES, params={**MARCH, "limit": 1}).json()["issues"]) == 1
    assert len(archive.get(ISSUES, params={**MARCH, "least": 3}).json()["issues"]) == 1


def test_get_hot_issues_without_days_is_of_the_last_thirty(archive):
    answer = archive.get(ISSUES).json()

    days = [date.fromisoformat(answer["window"][end]) for end in ("from", "until")]
    assert (days[1] - days[0]).days == 29
    only_until = archive.get(ISSUES, params={"until": "2026-03-31"}).json()
    assert only_until["window"]["from"] == "2026-03-02"


@pytest.mark.parametrize(
    ("asked", "detail"),
    [
        ({"from": "2026-04-01", "until": "2026-03-01"}, "from：晚于最后一天"),
        ({"from": "1998-01-01", "until": "2026-03-01"}, "from：时段超过 3660 天"),
        ({"from": "0001-01-01", "until": "0001-01-02"}, "until：应不早于 1949-01-01"),
        ({"from": "1912-01-01", "until": "1950-01-01"}, "from：应不早于 1949-01-01"),
        ({"from": "上周"}, "from：应为日期，如 2026-01-31"),
        ({"topic": "T77"}, "topic：没有这个议题，可用：T01、"),
        ({"limit": 0}, "limit："),
        ({"limit": 101}, "limit："),
        ({"least": 1}, "least："),
    ],
)
def test_get_hot_issues_with_an_unfit_query_says_where_and_what_to_do(archive, asked, detail):
    status, code, said = problem(archive.get(ISSUES, params=asked))

    assert (status, code) == (422, "invalid_request")
    assert detail in said


@pytest.mark.parametrize("path", [ISSUES, f"{ISSUES}/1/members"])
def test_get_hot_issues_without_a_store_is_refused(idle_client, path):
    status, code, _ = problem(idle_client.get(path))

    assert (status, code) == (503, "not_ready")
