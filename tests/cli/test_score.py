import json
import os
import signal
import subprocess
import time

import openpyxl
import pytest

from nlp_service.api.schemas import AssessmentOut
from nlp_service.cli.scored import ScoredRow, replacing, tell, write_scored
from nlp_service.domain.submission import Mode, Submission
from nlp_service.intake.uploads import ReadRow
from tests.intake.made_files import workbook

LAMP = "小区门口的路灯坏了半个月，晚上出门很不安全，请尽快维修。"


@pytest.fixture
def letters(tmp_path):
    """A file of which one line is not JSON and one is empty after cleaning."""
    path = tmp_path / "来件.jsonl"
    rows = [{"id": "1", "body": LAMP}, {"id": 2, "body": "！！"}, None, {"id": "4", "body": LAMP}]
    lines = ["{" if row is None else json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def read_lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_score_writes_an_assessment_a_line_in_order(nlp_service, samples, tmp_path):
    output = tmp_path / "out.jsonl"

    done = nlp_service("score", "data/samples/samples.jsonl", "-o", output)

    lines = read_lines(output)
    assert done.returncode == 0, done.stderr
    assert [line["id"] for line in lines] == [sample["id"] for sample in samples]
    for line in lines:
        AssessmentOut.model_validate(line)
    assert done.stdout == ""
    assert f"分拣 {len(samples)} 件" in done.stderr
    assert "失败 0 件" in done.stderr


def test_score_writes_what_the_assessor_says(nlp_service, assessor, letters, tmp_path):
    nlp_service("score", letters, "-o", tmp_path / "out.jsonl")

    first = read_lines(tmp_path / "out.jsonl")[0]

    (expected,) = assessor.assess_many([Submission(id="1", body=LAMP)])
    expected = expected.as_dict()
    assert first == json.loads(json.dumps(expected))


@pytest.mark.parametrize(("mode", "path"), [("fast", "linear"), ("accurate", "combined")])
def test_score_takes_the_way_that_it_is_told(nlp_service, letters, tmp_path, mode, path):
    done = nlp_service("score", letters, "-o", tmp_path / "out.jsonl", "--mode", mode)

    assert done.returncode == 0, done.stderr
    assert read_lines(tmp_path / "out.jsonl")[0]["topic"]["path"] == path


def test_score_explains_when_told_to(nlp_service, letters, tmp_path):
    nlp_service("score", letters, "-o", tmp_path / "out.jsonl", "--explain")

    assert "路灯" in read_lines(tmp_path / "out.jsonl")[0]["topic"]["spans"][0]["quote"]


def test_score_keeps_a_bad_row_in_its_place_and_scores_the_others(nlp_service, letters, tmp_path):
    done = nlp_service("score", letters, "-o", tmp_path / "out.jsonl")

    first, empty, broken, last = read_lines(tmp_path / "out.jsonl")
    assert done.returncode == 0
    assert (first["id"], last["id"]) == ("1", "4")
    assert (empty["line"], empty["id"], empty["error"]["code"]) == (2, "2", "empty_text")
    assert (broken["line"], broken["id"], broken["error"]["code"]) == (3, "", "invalid_json")
    assert "第 3 行：这一行不是有效的 JSON。" in done.stderr
    assert "分拣 2 件" in done.stderr
    assert "失败 2 件" in done.stderr
    assert "路灯" not in done.stderr


def test_score_names_a_few_bad_rows_and_counts_the_rest(nlp_service, tmp_path):
    path = tmp_path / "in.jsonl"
    good = json.dumps({"body": LAMP})
    path.write_text("\n".join([good] + ["{"] * 7), encoding="utf-8")

    done = nlp_service("score", path, "-o", tmp_path / "out.jsonl")

    assert done.stderr.count("行：") == 5
    assert "另有 2 处失败" in done.stderr


def test_score_reads_a_csv_from_a_chinese_spreadsheet(nlp_service, tmp_path):
    path = tmp_path / "来件.csv"
    path.write_bytes(f"id,kind,body\r\n7,群众来信,{LAMP}\r\n".encode("gb18030"))

    done = nlp_service("score", path, "-o", tmp_path / "out.jsonl")

    (line,) = read_lines(tmp_path / "out.jsonl")
    assert done.returncode == 0, done.stderr
    assert (line["id"], line["kind"], line["kind_source"]) == ("7", "public_message", "stated")


def test_score_reads_a_workbook_as_it_is_told_to(nlp_service, tmp_path):
    rows = [["登记表"], ["编号", "诉求描述", "类型"], [7, LAMP, "投诉"], [8, "！", "咨询"]]
    book = workbook(tmp_path / "来信.xlsx", {"一月": rows})
    columns = ["--column", "正文=诉求描述", "--column", "不用=类型"]

    done = nlp_service("score", book, "-o", tmp_path / "out.jsonl", *columns)

    assert done.returncode == 0, done.stderr
    first, refused = read_lines(tmp_path / "out.jsonl")
    assert first["id"] == "7"
    assert (refused["where"], refused["line"]) == ("工作表“一月”第 4 行", 2)
    assert "工作表“一月”第 4 行：清理后没有可读的文字" in done.stderr


def test_score_works_in_a_terminal_that_is_not_utf_8(nlp_service, letters, tmp_path):
    environment = {**os.environ, "LC_ALL": "C", "LANG": "C"}

    done = nlp_service("score", letters, "-o", tmp_path / "结果.jsonl", env=environment)

    assert done.returncode == 0, done.stderr
    assert len(read_lines(tmp_path / "结果.jsonl")) == 4


def test_score_of_bad_rows_alone_leaves_the_old_result(nlp_service, tmp_path):
    path, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    path.write_text("{\n{\n", encoding="utf-8")
    output.write_text("old", encoding="utf-8")

    done = nlp_service("score", path, "-o", output)

    assert done.returncode == 1
    assert "没有一件来件可以分拣" in done.stderr
    assert output.read_text(encoding="utf-8") == "old"
    assert sorted(tmp_path.iterdir()) == [path, output]


def test_score_replaces_what_a_link_names(nlp_service, letters, tmp_path):
    (tmp_path / "results").mkdir()
    target, link = tmp_path / "results" / "out.jsonl", tmp_path / "latest.jsonl"
    target.write_text("old", encoding="utf-8")
    link.symlink_to(target)

    assert nlp_service("score", letters, "-o", link).returncode == 0

    assert link.is_symlink()
    assert len(read_lines(target)) == 4


@pytest.mark.parametrize("name", ["来件.jsonl", "link.jsonl", "hard.jsonl"])
def test_score_never_writes_over_the_letters(nlp_service, letters, tmp_path, name):
    (tmp_path / "link.jsonl").symlink_to(letters)
    (tmp_path / "hard.jsonl").hardlink_to(letters)
    before = letters.read_bytes()

    done = nlp_service("score", letters, "-o", tmp_path / name)

    assert done.returncode == 1
    assert "就是要分拣的文件" in done.stderr
    assert letters.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    {
        "no such file": (["none.jsonl", "-o", "/tmp/x"], 1, "没有文件 none.jsonl"),
        "unknown ending": (["README.md", "-o", "/tmp/x"], 1, "不读 README.md"),
        "no such folder": (["{letters}", "-o", "none/out.jsonl"], 1, "没有文件夹 none"),
        "a folder as output": (["{letters}", "-o", "data"], 1, "不是普通文件"),
        "no such bundle": (["{letters}", "-o", "{out}", "--bundle", "none"], 1, "none"),
        "no output": (["{letters}"], 2, "缺少结果文件"),
        "no file": (["-o", "{out}"], 2, "缺少"),
        "unknown option": (["{letters}", "-o", "{out}", "--fast"], 2, "--fast"),
        "one argument more": (["{letters}", "b.csv", "-o", "{out}"], 2, "多写了参数"),
        "two arguments more": (["{letters}", "{out}", "b.csv"], 2, "多写了参数"),
        "a cluster for one process": (
            ["{letters}", "{out}", "--ray-address", "auto"],
            2,
            "只与 --engine ray 同用",
        ),
        "workers for one process": (
            ["{letters}", "{out}", "--ray-workers", "2"],
            2,
            "只与 --engine ray 同用",
        ),
    }.values(),
    ids=str,
)
def test_score_that_cannot_begin_says_why(nlp_service, letters, tmp_path, arguments, code, words):
    out = tmp_path / "out.jsonl"

    done = nlp_service("score", *(a.format(letters=letters, out=out) for a in arguments))

    assert done.returncode == code
    assert done.stderr.startswith("错误：")
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists()


def hear_interrupts():
    """Undo what a shell does to those that it starts in the background."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_score_that_is_stopped_leaves_the_old_result(
    letters, tmp_path, command, pytestconfig, ending
):
    big, output = tmp_path / "big.jsonl", tmp_path / "out.jsonl"
    line = json.dumps({"body": LAMP * 60})
    big.write_text(f"{line}\n" * 20_000, encoding="utf-8")
    output.write_text("old", encoding="utf-8")
    with subprocess.Popen(
        [command, "score", big, "-o", output],
        cwd=pytestconfig.rootpath,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_interrupts,
    ) as running:
        while not (tmp_path / "out.jsonl.part").exists():
            time.sleep(0.02)
        running.send_signal(ending)
        _, said = running.communicate(timeout=30)

    assert running.returncode == 130
    assert said.strip() == "已中断。"
    assert output.read_text(encoding="utf-8") == "old"
    assert not (tmp_path / "out.jsonl.part").exists()


def test_score_writes_a_table_for_people(nlp_service, letters, tmp_path):
    done = nlp_service("score", letters, "-o", tmp_path / "结果.xlsx", "--mode", "fast")

    assert done.returncode == 0, done.stderr
    sheet = openpyxl.load_workbook(tmp_path / "结果.xlsx").active
    _, *rows = sheet.iter_rows(values_only=True, max_col=4)
    assert rows == [
        (1, "第 1 行", "1", "已分拣"),
        (2, "第 2 行", "2", "未分拣"),
        (3, "第 3 行", None, "未分拣"),
        (4, "第 4 行", "4", "已分拣"),
    ]


def test_a_table_may_be_a_csv(assessor, tmp_path):
    submission = Submission(id="1", body=LAMP)
    answers = assessor.assess_each([submission], mode=Mode.FAST)
    row = ReadRow(number=1, line=7, where="第 7 行", item=submission, fields=None)
    told = tell([ScoredRow(row=row, answer=answers[0])], kind=".csv")

    with replacing(tmp_path / "结果.csv") as part:
        write_scored(part, [told, told], kind=".csv")

    lines = (tmp_path / "结果.csv").read_bytes().decode("utf-8-sig").splitlines()
    assert [line[:19] for line in lines[1:]] == [
        '1,"第 7 行","1","已分拣"',
        '1,"第 7 行","1","已分拣"',
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["结果.csv"]


def test_the_output_may_stand_behind_the_file(nlp_service, letters, tmp_path):
    nlp_service("score", letters, "-o", tmp_path / "option.jsonl", "--mode", "fast")

    done = nlp_service("score", letters, tmp_path / "argument.jsonl", "--mode", "fast")

    assert done.returncode == 0, done.stderr
    expected = (tmp_path / "option.jsonl").read_bytes()
    assert (tmp_path / "argument.jsonl").read_bytes() == expected


@pytest.fixture
def without(tmp_path):
    """The environment of a command for which packages are not installed."""

    def hide(*names):
        folder = tmp_path / "hidden"
        folder.mkdir()
        lines = ["import sys", *(f"sys.modules[{name!r}] = None" for name in names)]
        (folder / "sitecustomize.py").write_text("\n".join(lines), encoding="utf-8")
        path = [str(folder), os.environ.get("PYTHONPATH", "")]
        return {"PYTHONPATH": os.pathsep.join(path)}

    return hide


def test_without_ray_it_says_what_to_install(nlp_service, letters, tmp_path, without):
    options = ["--engine", "ray", "--mode", "fast"]

    done = nlp_service("score", letters, tmp_path / "out.jsonl", *options, env=without("ray"))

    assert done.returncode == 1
    assert done.stderr.startswith("错误：--engine ray 还缺 ray")
    assert "pip install 'nlp-service[ray]'" in done.stderr
    assert not (tmp_path / "out.jsonl").exists()


def test_without_pyarrow_no_parquet_is_written_or_read(nlp_service, letters, tmp_path, without):
    hidden = without("pyarrow")
    (tmp_path / "in.parquet").write_bytes(b"PAR1 and what follows")

    writing = nlp_service("score", letters, tmp_path / "out.parquet", env=hidden)
    reading = nlp_service("score", tmp_path / "in.parquet", tmp_path / "out.jsonl", env=hidden)

    assert (writing.returncode, reading.returncode) == (1, 1)
    assert writing.stderr.startswith("错误：要写 out.parquet 还缺 pyarrow")
    assert reading.stderr.startswith("错误：in.parquet：读 Parquet 文件要装 pyarrow")
    for done in (writing, reading):
        assert "pip install 'nlp-service[parquet]'" in done.stderr


def test_parquet_goes_in_and_comes_out_with_the_answers_of_any_other_file(
    nlp_service, letters, tmp_path
):
    pa = pytest.importorskip("pyarrow", reason="pyarrow 未安装")
    pq = pytest.importorskip("pyarrow.parquet", reason="pyarrow 未安装")
    rows = [json.loads(line) for line in letters.read_text(encoding="utf-8").splitlines()[:2]]
    table = {"编号": [str(row["id"]) for row in rows], "正文": [row["body"] for row in rows]}
    pq.write_table(pa.table(table), tmp_path / "来件.parquet")

    fast = ("--mode", "fast")
    done = nlp_service("score", tmp_path / "来件.parquet", tmp_path / "结果.parquet", *fast)
    nlp_service("score", tmp_path / "来件.parquet", tmp_path / "结果.jsonl", *fast)

    assert done.returncode == 0, done.stderr
    first, refused = pq.read_table(tmp_path / "结果.parquet").to_pylist()
    line, error = read_lines(tmp_path / "结果.jsonl")
    assert json.loads(first["评定（JSON）"]) == line
    assert (first["序号"], first["编号"], first["状态"]) == (1, "1", "已分拣")
    assert first["议题把握"] == round(line["topic"]["probability"], 3)
    assert (refused["编号"], refused["状态"], refused["评定（JSON）"]) == ("2", "未分拣", None)
    assert refused["未分拣的原因"] == error["error"]["message"]
