"""What is nobody's wording in the archive, learnt from the database and read back."""

import numpy as np
from click.testing import CliRunner

from nlp_service.cli import main
from nlp_service.domain.records import Origin
from nlp_service.duplicates.boilerplate import learn_boilerplate
from nlp_service.duplicates.fingerprints import hash_grams
from nlp_service.duplicates.letters import find_letters
from nlp_service.duplicates.memory_index import MemoryWordingIndex
from nlp_service.store.boilerplate import KnownBoilerplate, relearn_boilerplate
from nlp_service.store.reindexing import refill_fingerprints

SET_PHRASES = np.array([3, 5], dtype=np.int64)
HABIT = "本人长期关注民生并多次走访社区听取大家的意见"
MATTERS = "路灯 井盖 停车 绿化 噪声 公交 电梯 积水 垃圾 校门 菜场 公厕".split()


def bodies(habit=HABIT):
    return [f"{matter}的事拖了很久。{habit}。请尽快处理{matter}。" for matter in MATTERS]


def fill(store, add, submit, texts, submitters):
    with store.transaction(actor="张三") as office:
        for body, submitter in zip(texts, submitters, strict=True):
            add(office, submit(body), origin=Origin(submitter=submitter))
    refill_fingerprints(store)


def grams_of(text):
    return hash_grams(find_letters(text)[0])


def test_common_wording_is_learnt_and_read_with_the_set_phrases(store, add, submit):
    fill(store, add, submit, bodies(), ["王", "王", *"李赵钱孙周吴郑", "", "", ""])
    known = KnownBoilerplate(SET_PHRASES)

    count = relearn_boilerplate(store)

    with store.reading() as office:
        boilerplate = known.read(office.connection)
        index, texts = MemoryWordingIndex(), []
        for item in office.submissions.list(limit=500).items:
            stored = office.submissions.get(item.key).submission
            grams = grams_of(stored.text)
            index.add(str(item.key), np.unique(grams), submitter=stored.origin.submitter)
            texts.append((stored.origin.submitter, grams))
    assert boilerplate.set_phrases.tolist() == SET_PHRASES.tolist()
    assert count == len(boilerplate.common) > 0
    assert set(grams_of(HABIT).tolist()) <= set(boilerplate.common.tolist())
    of_all = learn_boilerplate(index, texts, SET_PHRASES).common
    assert set(boilerplate.common.tolist()) <= set(of_all.tolist())


def test_it_is_read_anew_only_when_something_else_was_learnt(store, add, submit):
    fill(store, add, submit, bodies(), MATTERS)
    known = KnownBoilerplate(SET_PHRASES)
    with store.reading() as office:
        before = known.read(office.connection)
    relearn_boilerplate(store)
    with store.reading() as office:
        after = known.read(office.connection)
        again = known.read(office.connection)
        other = KnownBoilerplate(SET_PHRASES).read(office.connection)

    assert len(before.common) == 0 < len(after.common)
    assert again is after
    assert other.common.tolist() == after.common.tolist()


def test_what_is_common_no_more_counts_again(store, add, submit):
    fill(store, add, submit, bodies(), MATTERS)
    relearn_boilerplate(store)
    with store.transaction(actor="张三") as office:
        for item in office.submissions.list(limit=500).items[:6]:
            office.submissions.delete(item.key)

    assert relearn_boilerplate(store) == 0
    with store.reading() as office:
        assert len(KnownBoilerplate(SET_PHRASES).read(office.connection).common) == 0


def test_the_command_says_what_it_did(fresh_store, add, submit):
    with fresh_store.transaction(actor="张三") as office:
        for body, submitter in zip(bodies(), MATTERS, strict=True):
            add(office, submit(body), origin=Origin(submitter=submitter))
    address = fresh_store.engine.url.render_as_string(hide_password=False)

    ended = CliRunner().invoke(main, ["reindex"], env={"NLP_DATABASE_URL": address})

    assert ended.exit_code == 0, ended.stderr
    assert "12 件" in ended.stdout
    with fresh_store.reading() as office:
        assert office.wording.count_submitters() == 12
        assert len(KnownBoilerplate(SET_PHRASES).read(office.connection).common) > 0
