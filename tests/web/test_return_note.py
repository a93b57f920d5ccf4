"""The note to an author is taken away as a document, as it was edited."""

import io

import docx
import pytest
from starlette.testclient import TestClient

from nlp_service.domain.audit import Action, RecordKind
from nlp_service.domain.people import UserRole
from nlp_service.export.return_note import DRAFT
from tests.callers import bearer
from tests.web.submissions import SLOGANS, store_one


@pytest.fixture
def hollow(office):
    return store_one(office, SLOGANS)


def words_of(answer):
    assert answer.status_code == 200, answer.text
    document = docx.Document(io.BytesIO(answer.content))
    return "\n".join(paragraph.text for paragraph in document.paragraphs)


def test_an_edited_note_is_sent_as_it_was_edited_and_noted(user, hollow, store):
    answer = user(UserRole.SECRETARY).post(
        f"/submissions/{hollow}/return-note", data={"text": "请补充走访记录。\r\n请写明经费。"}
    )

    words = words_of(answer)
    assert "请补充走访记录。\n请写明经费。" in words
    assert SLOGANS["title"] in words and "吴力" in words
    assert DRAFT not in words
    assert "attachment" in answer.headers["Content-Disposition"]
    with store.reading() as work:
        last = work.audit.of(RecordKind.SUBMISSION, hollow)[-1]
    assert (last.action, last.actor) == (Action.EXPORTED, "张三")
    assert last.after == {"what": "return_note"}


def test_an_unchanged_draft_says_that_it_is_one(user, hollow, store):
    with store.reading() as work:
        draft = work.submissions.get(hollow).assessment.answer["quality"]["note"]

    answer = user(UserRole.COMMITTEE).post(
        f"/submissions/{hollow}/return-note", data={"text": draft.replace("\n", "\r\n")}
    )

    assert DRAFT in words_of(answer)


@pytest.mark.parametrize("text", ["", " \r\n ", "字" * 20_001], ids=len)
def test_no_note_and_too_long_a_note_are_refused(user, hollow, text):
    answer = user(UserRole.SECRETARY).post(
        f"/submissions/{hollow}/return-note", data={"text": text}
    )

    assert answer.status_code == 422


def test_of_a_restricted_one_only_who_may_read_it_gets_one(office, user, hollow, store):
    office.post(f"/v1/submissions/{hollow}:restrict")
    address, form = f"/submissions/{hollow}/return-note", {"text": "请补充走访记录。"}
    printer = TestClient(office.app, headers=bearer(store, scopes={"export", "read"}))

    refused = printer.post(address, data=form)
    sent = user(UserRole.SECRETARY).post(address, data=form)

    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    assert SLOGANS["title"] not in refused.text
    assert SLOGANS["title"] in words_of(sent)
    with store.reading() as work:
        entries = work.audit.of(RecordKind.SUBMISSION, hollow)
    assert [one.actor for one in entries if one.action is Action.EXPORTED] == ["张三"]


def test_who_may_not_export_gets_none(user, hollow):
    viewer = user(UserRole.VIEWER)

    assert viewer.post(f"/submissions/{hollow}/return-note", data={"text": "好"}).status_code == 403
    assert "下载 Word" not in viewer.get(f"/submissions/{hollow}").text
