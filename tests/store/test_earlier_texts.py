"""Earlier texts come back as they were cleaned, and only those that may be shown."""

import pytest

from nlp_service.store.earlier_texts import read_documents
from nlp_service.text.normalise import clean


@pytest.mark.parametrize(
    ("title", "body"),
    [
        ("关于增设路灯的建议", "滨河路两公里没有路灯。\n请尽快安装。"),
        ("", "滨河路没有路灯。\n请安装"),
        ("只有题目", " "),
        ("ＡＢＣ　小区：噪声", "ＡＢＣ　小区：噪声\n太吵"),
    ],
)
def test_title_and_body_are_parted_as_they_were_joined(work, add, submit, title, body):
    submission = submit(body, title=title)
    key = add(work, submission)

    assert read_documents(work.connection, [str(key)]) == {str(key): clean(submission)}


def test_they_come_in_the_order_asked_for_without_those_that_went(work, add):
    first, second, gone, kept_back = (add(work) for _ in range(4))
    work.submissions.delete(gone)
    work.submissions.restrict(kept_back, restricted=True)
    ids = [str(key) for key in (second, gone, first, kept_back)]

    assert list(read_documents(work.connection, ids)) == [str(second), str(first)]
    assert read_documents(work.connection, []) == {}
