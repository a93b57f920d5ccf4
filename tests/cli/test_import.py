import json
import os
import signal
import subprocess
import time

import pytest

from nlp_service.settings import Settings
from nlp_service.store.opening import open_store
from tests.intake.made_files import workbook

BODY = "老码头的石阶长满青苔，老人滑倒过两次，请清理。"


@pytest.fixture
def archive(tmp_path):
    """A file of ten rows, of which one has no readable text and one a wrong date."""
    path = tmp_path / "往年.jsonl"
    rows = [{"reference": str(number), "body": f"{BODY}第{number}次。"} for number in range(8)]
    rows += [{"body": "！！"}, {"body": BODY, "submitted_at": "去年"}]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def kept(keeping):
    """What the database holds."""

    def read():
        with open_store(Settings(database_url=keeping["NLP_DATABASE_URL"])) as store:
            with store.reading() as office:
                return office.submissions.list(limit=500).items

    return read


def test_import_stores_the_rows_and_says_what_became_of_them(nlp_service, archive, keeping, kept):
    done = nlp_service("import", archive, "--source", "往年", "--mode", "fast", env=keeping)

    assert done.returncode == 0, done.stderr
    assert "共 10 件，新存入 8 件，早已入库 0 件，未存入 2 件。" in done.stdout
    assert "第 9 行：清理后没有可读的文字" in done.stderr
    assert "第 10 行：submitted_at 应为日期" in done.stderr
    assert BODY[:4] not in done.stdout + done.stderr
    assert [item.origin.source for item in kept()] == ["往年"] * 8


def test_import_of_the_same_file_again_changes_nothing(nlp_service, archive, keeping, kept):
    first, again = (
        nlp_service("import", archive, "--source", "往年", env=keeping) for _ in range(2)
    )

    assert again.stdout == first.stdout
    assert len(kept()) == 8


def test_import_takes_a_workbook_and_names_places_in_it(nlp_service, tmp_path, keeping, kept):
    rows = [
        ["案由", "诉求", "提案人"],
        ["石阶", BODY, "张三"],
        ["", "！", ""],
        ["", BODY, "甲\n乙"],
    ]
    path = workbook(tmp_path / "往年.xlsx", {"去年": rows})
    options = ["--source", "往年", "--mode", "fast", "--column", "正文=诉求"]

    done = nlp_service("import", path, *options, env=keeping)

    assert done.returncode == 0, done.stderr
    assert "共 3 件，新存入 1 件，早已入库 0 件，未存入 2 件。" in done.stdout
    assert "工作表“去年”第 3 行：清理后没有可读的文字" in done.stderr
    assert "工作表“去年”第 4 行：提交者应是" in done.stderr
    (item,) = kept()
    assert (item.title, item.origin.submitter) == ("石阶", "张三")


def test_import_of_a_table_that_breaks_off_says_where(nlp_service, tmp_path, keeping, kept):
    path = tmp_path / "往年.csv"
    path.write_text('正文\n路灯坏了\n"没有关上', encoding="utf-8")

    done = nlp_service("import", path, "--source", "往年", env=keeping)

    assert done.returncode == 1
    assert "新存入 1 件" in done.stdout
    assert "往年.csv 从第 3 行起引号不成对" in done.stderr
    assert len(kept()) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["none.jsonl", "--source", "a"], "没有文件 none.jsonl"),
        (["README.md", "--source", "a"], "不读 README.md"),
        (["data/samples/samples.jsonl"], "缺少 '--source'"),
        (["data/samples/samples.jsonl", "--source", "a\nb"], "来源应是"),
    ],
)
def test_import_of_what_it_cannot_take_says_so_in_one_line(nlp_service, keeping, arguments, words):
    done = nlp_service("import", *arguments, env=keeping)

    assert done.returncode in (1, 2)
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_import_without_a_store_says_so(nlp_service, archive):
    done = nlp_service("import", archive, "--source", "往年")

    assert done.returncode == 1
    assert "NLP_STORE=false" in done.stderr


def unlike_others(number):
    """Forty characters that share no wording with those of another number."""
    return "".join(chr(0x4E00 + (number * 40 + place) % 20_000) for place in range(40))


@pytest.mark.slow
def test_import_that_is_stopped_goes_on_where_it_was(command, nlp_service, keeping, kept, tmp_path):
    archive = tmp_path / "往年.jsonl"
    rows = [{"reference": str(number), "body": unlike_others(number)} for number in range(900)]
    archive.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    arguments = ["import", archive, "--source", "往年", "--mode", "fast"]
    process = subprocess.Popen(
        [command, *map(str, arguments)],
        env={**os.environ, **keeping},
        cwd=".",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not kept():  # the first chunk is there
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "再导入同一文件即接着导入" in errors
    done = nlp_service(*arguments, env=keeping)
    assert "新存入 900 件，早已入库 0 件" in done.stdout
