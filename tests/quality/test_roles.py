from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, save

from nlp_service.domain.errors import InvalidTaxonomy
from nlp_service.domain.quality import SentenceRole
from nlp_service.domain.submission import Submission
from nlp_service.domain.taxonomy_files import read_taxonomy
from nlp_service.quality.evidence import find_evidence, read_evidence_lexicon
from nlp_service.quality.hollow import leave_out_hollow
from nlp_service.quality.role_wording import find_headings, read_role_wording
from nlp_service.quality.roles import (
    CONTEXT,
    TRAITS,
    RoleModel,
    assign_roles,
    read_sentences,
    tell_suggestions,
)
from nlp_service.text.normalise import Document, clean, normalise
from nlp_service.text.sentences import split_sentences

DATA = Path(__file__).parents[2] / "data"
FILE = DATA / "quality" / "roles.toml"
LEXICON = read_evidence_lexicon(
    DATA / "quality" / "evidence.toml", read_taxonomy(DATA / "taxonomy").units
)
WORDING = read_role_wording(FILE)


def model_of(weights):
    """A model that knows these pairs only: margins of suggestion, of problem."""
    keys = {(ord(pair[0]) << 16) | ord(pair[1]): weight for pair, weight in weights.items()}
    context = np.zeros((CONTEXT, 2), dtype=np.float32)
    context[0, 0] = context[1, 1] = 1
    context[2, 0] = context[4, 0] = 0.5
    return RoleModel(
        pairs=np.array(sorted(keys), dtype=np.uint32),
        pair_weights=np.array([keys[key] for key in sorted(keys)], dtype=np.float32),
        trait_weights=np.zeros((len(TRAITS), 2), dtype=np.float32),
        intercepts=np.array([-0.5, -1], dtype=np.float32),
        context_weights=context,
        context_intercepts=np.zeros(2, dtype=np.float32),
        wording=WORDING,
    )


MODEL = model_of({"增设": (4, 0), "制定": (4, 0), "坏了": (-4, 4), "缺少": (-4, 4)})


def roles(body, title="", model=MODEL):
    document = clean(Submission(title=title, body=body))
    return [each.role for each in assigned(document, model)]


def assigned(document, model=MODEL):
    evidence = find_evidence(document, LEXICON)
    headings = list(find_headings(document.text, WORDING))
    spans = split_sentences(document.text)
    told = leave_out_hollow(document.scored.text, spans, evidence)
    read = read_sentences(told, spans, evidence, WORDING)
    margins = tell_suggestions(headings, model, read)
    return assign_roles(document, evidence, headings, read, margins, WORDING)


def role(sentence):
    return roles(sentence)[0]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("老街是游客常去的地方。", SentenceRole.BACKGROUND),
        ("老街的路灯坏了。", SentenceRole.PROBLEM),
        ("增设一排路灯。", SentenceRole.SUGGESTION),
        ("主要原因是经费没有落实。", SentenceRole.CAUSE),
        ("全街有路灯120盏。", SentenceRole.EVIDENCE),
        ("我们走访了四个社区。", SentenceRole.EVIDENCE),
        ("建议进一步提高认识,加强领导,营造良好氛围。", SentenceRole.SLOGAN),
        ("我母亲的低保被停了。", SentenceRole.PERSONAL),
        ("请帮我解决住房。", SentenceRole.PERSONAL),
        ("尊敬的各位领导:", SentenceRole.OTHER),
        ("2024-05-12", SentenceRole.OTHER),
    ],
)
def test_a_sentence_says_what_it_does(sentence, expected):
    assert role(sentence) is expected


def test_a_slogan_beside_something_concrete_is_a_suggestion():
    assert role("建议加强领导,由市交通局在2026年6月底前增设20盏路灯。") is SentenceRole.SUGGESTION


def test_who_speaks_for_others_has_no_private_matter():
    assert role("我是市政协委员,我家乡的路灯坏了。") is not SentenceRole.PERSONAL


def test_the_title_belongs_to_no_role():
    assert roles("路灯坏了。", title="关于增设路灯的建议")[0] is SentenceRole.OTHER


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("一、基本情况\n", SentenceRole.BACKGROUND),
        ("【存在的主要问题】", SentenceRole.PROBLEM),
        ("**原因分析**\n", SentenceRole.CAUSE),
        ("(三)我们的几点建议:", SentenceRole.SUGGESTION),
        ("为此,提出以下建议:", SentenceRole.SUGGESTION),
    ],
)
def test_headings_are_known_alone_or_before_a_colon(heading, expected):
    found = list(find_headings(normalise(f"开头。{heading}路灯坏了。"), WORDING))

    assert [each.role for each in found] == [expected]


def test_a_word_in_a_sentence_is_no_heading():
    assert not list(find_headings("情况不好,问题很多,建议修路。", WORDING))


def test_a_bare_heading_has_no_role_of_its_own():
    assert roles("具体建议\n增设路灯。") == [SentenceRole.OTHER, SentenceRole.SUGGESTION]


def test_a_heading_leans_on_what_the_model_does_not_know():
    assert roles("夜里很暗。\n具体建议\n树木每年修剪。")[-1] is SentenceRole.SUGGESTION
    assert role("树木每年修剪。") is SentenceRole.BACKGROUND


def test_a_heading_does_not_overrule_what_a_sentence_plainly_says():
    assert roles("具体建议\n路灯坏了。")[-1] is SentenceRole.PROBLEM


def test_neighbours_count_alike_on_both_sides():
    sentences = ["夜里很暗。", "增设路灯。", "制定办法。", "路灯坏了。", "缺少车位。"]

    assert roles("".join(reversed(sentences))) == roles("".join(sentences))[::-1]


def test_headings_of_a_reversed_text_speak_for_what_stands_before_them():
    situation = ["路灯坏了。", "缺少车位。", "车棚坏了。", "夜里很暗。"]
    asked = ["树木每年修剪。", "增设路灯。", "制定办法。", "增设车位。"]
    lines = ["存在问题", *situation, "具体建议", *asked]
    forwards, backwards = roles("\n".join(lines)), roles("\n".join(reversed(lines)))

    assert backwards == forwards[::-1]


def test_every_text_is_covered_sentence_by_sentence(nasty_text):
    document = clean(Submission(title="", body=nasty_text))
    found = assigned(document)

    assert [(each.start, each.end, each.quote) for each in found] == [
        (each.start, each.end, each.quote) for each in split_sentences(document.text)
    ]


def test_an_empty_document_has_no_sentences():
    assert assigned(Document(title="", body="")) == []


def test_a_model_comes_back_from_its_arrays():
    again = RoleModel.from_arrays(load(save(dict(MODEL.arrays()))), WORDING)

    assert roles("路灯坏了。增设路灯。", model=again) == roles("路灯坏了。增设路灯。")
    assert list(again.vocabulary) == sorted(["增设", "制定", "坏了", "缺少"])


def test_a_model_of_other_traits_is_refused():
    arrays = dict(MODEL.arrays()) | {"trait_weights": np.zeros((3, 2), dtype=np.float32)}

    with pytest.raises(ValueError, match="traits"):
        RoleModel.from_arrays(arrays, WORDING)


def test_a_model_without_pairs_answers():
    assert roles("路灯坏了。", model=model_of({})) == [SentenceRole.BACKGROUND]


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('role = "cause"', 'role = "slogan"', "role 应为"),
        ('role = "cause"', 'role = "problem"', "role 应为"),
        ("[other]", "[others]", "others"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(tmp_path, old, new, reason):
    path = tmp_path / "roles.toml"
    path.write_text(FILE.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")

    with pytest.raises(InvalidTaxonomy, match=reason):
        read_role_wording(path)


def test_empty_sentences_are_nobodys_neighbours():
    said = ["夜里很暗。", "增设路灯。", "路灯坏了。"]
    padded = ["要高度重视。", said[0], "要加强领导。", *said[1:], "要形成合力。"]
    empty = np.array([line not in said for line in padded])

    def margins(lines, empty=None):
        text = "".join(lines)
        spans = split_sentences(text)
        read = read_sentences([span.quote for span in spans], spans, [], WORDING)
        return tell_suggestions([], MODEL, read, empty)

    assert np.allclose(margins(padded, empty)[~empty], margins(said))
    assert not np.allclose(margins(padded)[~empty], margins(said))
