"""A better text scores higher, and nothing but a better text does.

Padding, repeating, grand headings and the author's person buy no points. On our own writing, none
of which the default bundle was fitted on.
"""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from nlp_service.domain.submission import Kind, Mode, Submission
from nlp_service.domain.taxonomy_files import read_taxonomy
from nlp_service.quality.levels import readers_total

DATA = Path(__file__).parents[2] / "data"
TAXONOMY = read_taxonomy(DATA / "taxonomy")
VERSIONS = ("slogans", "problem", "suggestion", "complete")
MODES = (Mode.FAST, Mode.ACCURATE)

FROM_TOTAL, TEXTS = 60, 20
"""Complete texts: readers' total from which, and how many are looked at."""

PADDING = (
    "做好这项工作，意义重大、责任重大、使命光荣。各级各部门要切实提高政治站位，深刻领会精神实质，把思想和行动统一到"
    "决策部署上来，不折不扣抓好落实。要强化责任担当，发扬钉钉子精神，一张蓝图绘到底，一任接着一任干，以实际行动交出"
    "满意答卷。要坚持问题导向、目标导向、结果导向相统一，聚焦重点、打通堵点、疏解痛点，推动各项工作再上新台阶。要加强"
    "统筹协调，凝聚各方共识，汇聚磅礴力量，形成上下联动、左右协同、齐抓共管的良好局面。要大力弘扬真抓实干的优良作风，"
    "力戒形式主义，勇于攻坚克难，善于开拓创新，让群众的日子更红火、心里更踏实、笑容更灿烂。我们坚信，只要上下同心、久久"
    "为功，就一定能够开创各项事业高质量发展的崭新局面。",
    "时代浪潮奔涌向前，发展机遇稍纵即逝。回望来路，我们栉风沐雨、砥砺前行，取得了有目共睹的成就；展望未来，我们信心"
    "百倍、豪情满怀，肩负着义不容辞的责任。民生无小事，枝叶总关情，群众的期盼就是我们奋斗的方向。面对新形势新任务，"
    "任何松懈麻痹的思想都要不得，任何畏难退缩的情绪都要克服。唯有保持时不我待的紧迫感、舍我其谁的责任感、如履薄冰的"
    "危机感，才能在前进道路上行稳致远。心中有信仰，脚下有力量；人心齐，泰山移。让我们以更加昂扬的姿态、更加饱满的"
    "热情、更加务实的作风，携手并肩、奋楫扬帆，共同描绘美好生活的新画卷，共同书写无愧于历史、无愧于人民的精彩篇章，让"
    "发展成果更多更公平惠及全体人民。",
    "一要提高认识，加强领导。充分认识做好相关工作的重要性、必要性和紧迫性，把它摆上更加重要的议事日程。二要健全机制，"
    "完善制度。进一步理顺关系，明确职责，建立健全长效机制，推动工作制度化、规范化、常态化。三要加大投入，强化保障。积极"
    "争取各方支持，多渠道整合资源，为工作顺利开展提供坚强保证。四要加强宣传，营造氛围。充分利用各种媒体，广泛深入宣传，"
    "使之家喻户晓、深入人心。五要强化督导，狠抓落实。加强跟踪问效，确保各项措施落地见效、取得实效。六要总结经验，巩固"
    "提升。及时推广好做法好经验，以点带面，全面推进，努力实现新的更大突破，推动整体水平再上新的台阶，为经济社会高质量"
    "发展作出新的更大贡献。",
)

AUTHORS = {
    "form": ("提案人：李秀英", "提案人：欧阳建国，民革党员，市政协常委，青莲湖学院教授"),
    "office": ("我是望塔区政协委员陈志强。", "我是苇湾区政协副主席马玉兰。"),
    "party": ("作为民盟成员，我提出如下看法。", "作为九三学社社员，我提出如下看法。"),
    "person": ("我叫王强，男，现住望塔区。", "我叫欧阳晓兰，女，现住苇湾区。"),
    "home": ("本人是退休教师，家住望塔区。", "本人是退休教师，家住苇湾区。"),
}
"""Lines by which two authors introduce themselves in the same way."""

TRICKS = ("repeated", "elsewhere", "padded", "headings", "figures")
ABOVE_TWIN = {
    Mode.ACCURATE: dict.fromkeys(TRICKS, 0.0),
    # Without the encoder, a known weakness: a sentence of empty talk that the model does not know
    # as such is left in, and so is a figure that hangs in the air beside something real.
    Mode.FAST: {"repeated": 0.5, "elsewhere": 0.5, "padded": 1.0, "headings": 1.0, "figures": 4.5},
}
"""By how many points an adversary may pass its honest twin."""


def proposal(title, body):
    return Submission(title=title, body=body, kind=Kind.PROPOSAL)


def written(name):
    lines = (DATA / "gold" / "quality" / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def total(row):
    """The readers' total of an own text."""
    levels = [row["quality"][dimension.code] for dimension in TAXONOMY.dimensions]
    return float(readers_total(np.array(levels), TAXONOMY))


@pytest.fixture(scope="module")
def complete():
    """Good proposals that nothing was fitted on."""
    lines = (DATA / "gold" / "gold.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [
        row
        for row in map(json.loads, lines)
        if row["split"] == "test" and row["kind"] == "proposal" and total(row) >= FROM_TOTAL
    ]
    return rows[:TEXTS]


@pytest.fixture(scope="module")
def score(assessor):
    """Say which score each proposal gets; no text is read twice."""
    known = {}

    def scores(submissions, mode):
        if mode is Mode.ACCURATE and not assessor.bundle.stage:
            pytest.skip("the default bundle has no encoder")
        keys = [(each.title, each.body, mode) for each in submissions]
        new = {key: each for key, each in zip(keys, submissions, strict=True) if key not in known}
        found = assessor.assess_many(list(new.values()), mode=mode)
        known.update(zip(new, (each.quality.score for each in found), strict=True))
        return [known[key] for key in keys]

    return scores


@pytest.fixture(scope="module")
def moves(score, complete):
    """Say by how much the score of each complete text moves when its body is changed."""

    def moved(change, mode):
        before = score([proposal(row["title"], row["body"]) for row in complete], mode)
        after = score([proposal(row["title"], change(row["body"])) for row in complete], mode)
        rows = zip(complete, before, after, strict=True)
        return {row["id"]: round(new - old, 1) for row, old, new in rows}

    return moved


def farthest(moved):
    return sorted(moved.items(), key=lambda move: -abs(move[1]))[:5]


@pytest.fixture(scope="module")
def by_version(score):
    """Scores of the graded series by matter and version."""

    def graded(mode):
        rows = written("graded.jsonl")
        found = score([proposal(row["title"], row["body"]) for row in rows], mode)
        keys = [(row["matter"], row["version"]) for row in rows]
        return dict(zip(keys, found, strict=True))

    return graded


@pytest.mark.parametrize("mode", MODES)
def test_better_versions_of_a_matter_score_higher(by_version, mode):
    found = by_version(mode)
    matters = sorted({matter for matter, _ in found})
    pairs = [(matter, *pair) for matter in matters for pair in pairwise(VERSIONS)]
    wrong = [
        (matter, worse, better, found[matter, worse], found[matter, better])
        for matter, worse, better in pairs
        if found[matter, worse] >= found[matter, better]
    ]

    assert len(wrong) <= 0.05 * len(pairs), wrong


def at_the_end(body, passage):
    return f"{body}\n{passage}"


def at_the_beginning(body, passage):
    return f"{passage}\n{body}"


def between_paragraphs(body, passage):
    paragraphs = body.split("\n")
    middle = len(paragraphs) // 2
    return "\n".join([*paragraphs[:middle], passage, *paragraphs[middle:]])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "passage",
    [
        pytest.param(PADDING[0], id="exhortations"),
        pytest.param(PADDING[1], id="rhetoric", marks=pytest.mark.slow),
        pytest.param(PADDING[2], id="list", marks=pytest.mark.slow),
    ],
)
def test_slogans_put_into_a_complete_text_do_not_move_its_score(moves, passage, mode):
    for place in (at_the_end, at_the_beginning, between_paragraphs):
        moved = moves(lambda body, put=place: put(body, passage), mode)
        assert all(abs(by) <= 2 for by in moved.values()), farthest(moved)


def test_a_last_paragraph_said_four_times_counts_once(moves):
    def repeated(body):
        return "\n".join([body, *body.split("\n")[-1:] * 3])

    moved = moves(repeated, Mode.FAST)

    assert all(abs(by) <= 1.2 for by in moved.values()), farthest(moved)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "line",
    [
        pytest.param(line, id=f"{form} {n}")
        for form in AUTHORS
        for n, line in enumerate(AUTHORS[form])
    ],
)
def test_a_line_about_the_author_moves_no_score(moves, line, mode):
    moved = moves(lambda body: f"{line}\n{body}", mode)

    assert all(abs(by) <= 1 for by in moved.values()), farthest(moved)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("lines", AUTHORS.values(), ids=AUTHORS.keys())
def test_it_matters_not_who_the_author_is(moves, lines, mode):
    one, other = (moves(lambda body, line=line: f"{line}\n{body}", mode) for line in lines)
    apart = {row: round(one[row] - other[row], 1) for row in one}

    assert all(abs(by) <= 1 for by in apart.values()), farthest(apart)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("trick", TRICKS)
def test_a_trick_does_not_pass_its_honest_twin(score, by_version, trick, mode):
    rows = [row for row in written("adversaries.jsonl") if row["trick"] == trick]
    version_of = {row["id"]: (row["matter"], row["version"]) for row in written("graded.jsonl")}
    twins = by_version(mode)
    found = score([proposal(row["title"], row["body"]) for row in rows], mode)
    above = {
        row["id"]: round(points - twins[version_of[row["twin"]]], 1)
        for row, points in zip(rows, found, strict=True)
    }

    worst = sorted(above.items(), key=lambda row: -row[1])[:3]
    assert worst[0][1] <= ABOVE_TWIN[mode][trick], worst


@pytest.mark.parametrize("mode", MODES)
def test_dressing_up_a_decent_proposal_buys_next_to_nothing(score, mode):
    # Written without knowing the rules. Those of weak twins are left out: a bare trouble to which
    # slogans are added does suggest something, if only slogans.
    rows = written("dressed_up.jsonl")
    honest, dressed = (
        score([proposal(row[which]["title"], row[which]["body"]) for row in rows], mode)
        for which in ("honest", "adversary")
    )
    gains = [b - a for a, b in zip(honest, dressed, strict=True) if a >= 60]

    assert len(gains) >= 10
    assert max(gains) <= 5.5
    assert sum(gains) / len(gains) <= 2
