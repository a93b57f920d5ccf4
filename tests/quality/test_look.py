from pathlib import Path

import numpy as np
import pytest

from nlp_service.domain.quality import SentenceRole
from nlp_service.domain.submission import Submission
from nlp_service.domain.taxonomy_files import read_taxonomy
from nlp_service.quality.empty_talk import EmptyTalk
from nlp_service.quality.evidence import EvidenceType, find_evidence, read_evidence_lexicon
from nlp_service.quality.levels import ANNOUNCED
from nlp_service.quality.look import Looker
from nlp_service.quality.role_wording import read_role_wording
from nlp_service.quality.roles import CONTEXT, TRAITS, RoleModel
from nlp_service.text.normalise import clean

DATA = Path(__file__).parents[2] / "data"


def keys(*pairs):
    return np.array(sorted((ord(pair[0]) << 16) | ord(pair[1]) for pair in pairs), dtype=np.uint32)


CONTEXT_WEIGHTS = np.zeros((CONTEXT, 2), dtype=np.float32)
CONTEXT_WEIGHTS[0, 0] = CONTEXT_WEIGHTS[1, 1] = 1

LOOKER = Looker(
    lexicon=read_evidence_lexicon(
        DATA / "quality" / "evidence.toml", read_taxonomy(DATA / "taxonomy").units
    ),
    roles=RoleModel(
        pairs=keys("划出"),
        pair_weights=np.array([[5, 0]], dtype=np.float32),
        trait_weights=np.zeros((len(TRAITS), 2), dtype=np.float32),
        intercepts=np.array([-0.5, 1], dtype=np.float32),
        context_weights=CONTEXT_WEIGHTS,
        context_intercepts=np.zeros(2, dtype=np.float32),
        wording=read_role_wording(DATA / "quality" / "roles.toml"),
    ),
    empty_talk=EmptyTalk(
        pairs=keys("雄心"),
        weights=np.array([9], dtype=np.float32),
        intercept=np.array([-1], dtype=np.float32),
    ),
)
"""It takes 划出 for a suggestion and 雄心 for empty talk."""


def look(body, title=""):
    return LOOKER.look(clean(Submission(title=title, body=body)))


def test_every_sentence_has_its_role():
    found = look("柳湖小区的车库锁着。粮站的车库划出150个车位。")

    assert [each.role for each in found.sentences] == [
        SentenceRole.PROBLEM,
        SentenceRole.SUGGESTION,
    ]


def test_evidence_in_a_sentence_that_suggests_is_suggested():
    body = "粮站的车库划出150个车位。"
    (before,) = find_evidence(clean(Submission(body=body)), LOOKER.lexicon)
    (found,) = look(body).evidence

    assert (before.suggested, found.suggested) == (False, True)
    assert (found.start, found.end, found.type) == (before.start, before.end, before.type)


def test_evidence_elsewhere_stays_where_it_was_told():
    found = look("粮站的车库划出150个车位。柳湖小区有600户。")

    assert {each.quote: each.suggested for each in found.evidence} == {
        "150个": True,
        "柳湖小区": False,
        "600户": False,
    }


def test_what_a_heading_made_a_suggestion_stays_one():
    evidence = look("具体建议\n由市住建局在2026年底前增设路灯20盏。").evidence

    assert {EvidenceType.BODY, EvidenceType.DEADLINE} <= {each.type for each in evidence}
    assert all(each.suggested for each in evidence)


def test_substance_leaves_out_what_is_empty():
    found = look("柳湖小区的车库锁着。我们满怀雄心奔向明天。")

    assert len(found.sentences) == 2
    assert found.substance.document.body == "柳湖小区的车库锁着。"


@pytest.mark.parametrize(
    ("body", "announced"),
    [
        ("车库锁着。具体建议：粮站划出车位。", 1),
        ("车库锁着。\n怎么办\n粮站划出车位。", 1),
        ("车库锁着。粮站划出车位。", 0),
    ],
    ids=["a sign", "a heading", "neither"],
)
def test_it_says_whether_suggestions_are_announced(body, announced):
    assert look(body).substance.suggests[ANNOUNCED] == announced


def test_a_title_announces_nothing():
    assert look("车库锁着。", title="关于车库的几点建议").substance.suggests[ANNOUNCED] == 0


def test_any_text_is_looked_at(nasty_text):
    document = clean(Submission(title="关于某事的建议", body=nasty_text))
    found = LOOKER.look(document)

    assert found.sentences
    for each in (*found.sentences, *found.evidence):
        assert document.text[each.start : each.end] == each.quote


def test_a_sentence_about_the_author_is_no_substance():
    said = "柳湖小区的车库锁着。"
    with_author = look(f"我叫王强,男,现住望塔区。\n{said}")

    assert [line.text for line in with_author.substance.lines] == [said]
    assert with_author.substance == look(said).substance


def test_what_the_author_saw_is_substance():
    body = "我是市政协委员陈志强,2024年5月走访了柳湖小区等4个小区,发放问卷320份。"

    assert look(body).substance.lines
