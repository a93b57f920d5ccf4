"""Files that come in a form, as a browser or ``curl -F`` sends them."""

import json

import pytest

from nlp_service.api.limits import BATCHES_PATH
from tests.intake.made_files import workbook
from tests.jobs.letters import jsonl, rows

IMPORT = "/v1/submissions:import"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LETTERS = jsonl(rows(3))


def part(content, *, name='"来信.jsonl"', media_type="application/octet-stream", field="file"):
    told = f'Content-Disposition: form-data; name="{field}"'
    told += f"; filename={name}" if name else ""
    told += f"\r\nContent-Type: {media_type}\r\n\r\n"
    return b"--seam\r\n" + told.encode() + content + b"\r\n"


def post(client, *parts, end=b"--seam--\r\n", path=BATCHES_PATH, boundary="seam", **query):
    return client.post(
        path,
        content=b"".join([*parts, end]),
        headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
        params={"mode": "fast", **query},
    )


def refused(answer):
    return answer.status_code, answer.json()["code"], answer.json()["detail"]


def test_a_workbook_that_a_form_holds_is_a_job_under_its_own_name(office, tmp_path):
    book = workbook(
        tmp_path / "a.xlsx", {"一月": [["标题", "正文"], ["路灯", "东门口的路灯坏了。"]]}
    )
    content = book.read_bytes()

    answer = office.post(BATCHES_PATH, files={"upload": ("一月 来信（补）.xlsx", content, XLSX)})

    assert answer.status_code == 202, answer.text
    assert (answer.json()["name"], answer.json()["size"]) == ("一月 来信（补）.xlsx", len(content))
    assert office.get(answer.headers["Location"]).json()["name"] == "一月 来信（补）.xlsx"


def test_a_form_brings_the_very_bytes_that_a_body_would(office):
    named = {"mode": "fast", "name": "来信.jsonl"}
    body = office.post(BATCHES_PATH, content=LETTERS, params=named)

    form = post(office, part(LETTERS))

    told = ("name", "digest", "size", "options")
    assert [form.json()[it] for it in told] == [body.json()[it] for it in told]


def test_an_archive_in_a_form_is_imported(office):
    answer = post(office, part(LETTERS), path=IMPORT, source="往年")

    summary = json.loads(answer.text.splitlines()[-1])["summary"]
    assert (summary["stored"], summary["name"]) == (3, "来信.jsonl")
    assert refused(post(office, part(b"x", name='"a.exe"'), path=IMPORT, source="a"))[0] == 415


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ('"一月来信.csv"'.encode(), "一月来信.csv"),
        ('"一月来信.csv"'.encode("gb18030"), "一月来信.csv"),
        (b'"..\\\\..\\\\etc\\\\a.csv"', "a.csv"),
        ('"C:\\桌面\\来信.csv"'.encode(), "来信.csv"),
        (b'"../../etc/passwd.csv"', "passwd.csv"),
        (b"\"a.csv\"; filename*=UTF-8''b.exe", "a.csv"),
    ],
    ids=repr,
)
def test_the_name_is_the_files_own_without_its_folders(office, sent, kept):
    one = part("正文\n路灯坏了\n".encode(), name='"?"').replace(b'"?"', sent)

    answer = post(office, one)

    assert (answer.status_code, answer.json().get("name")) == (202, kept), answer.text


def test_what_the_query_says_of_the_name_goes_before(office):
    assert post(office, part(LETTERS), name="二月.jsonl").json()["name"] == "二月.jsonl"


def test_a_file_without_an_ending_is_known_by_the_type_of_its_part(office):
    answer = post(office, part(LETTERS, name='"letters"', media_type="application/x-ndjson"))

    assert answer.json()["name"] == "letters.jsonl"


def test_a_field_in_which_no_file_was_chosen_beside_the_file_is_no_matter(office):
    assert post(office, part(b"", name='""'), part(LETTERS)).status_code == 202


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([], "没有文件"),
        ([part(b"", name='""')], "没有文件"),
        ([part(LETTERS), part(LETTERS, field="other")], "两个以上文件"),
        ([part(LETTERS), part(b"false", name="", field="store")], "查询参数"),
        ([part(LETTERS, name="")], "查询参数"),
        ([part(LETTERS).replace(b"Content-Disposition", b"Disposition")], "查询参数"),
        ([part(LETTERS).replace(b"Content-Type: ", b"\x00: ")], "写法不对"),
        ([part(LETTERS).replace(b'"file"', b'"' + b"f" * 9000 + b'"')], "写法不对"),
        ([LETTERS], "写法不对"),
    ],
    ids=[
        "empty",
        "none chosen",
        "two files",
        "an option",
        "no name",
        "no disposition",
        "no header",
        "long header",
        "no form",
    ],
)
def test_what_is_not_one_file_is_refused_and_leaves_nothing(office, keeping_settings, parts, words):
    status, code, detail = refused(post(office, *parts))

    assert (status, code) == (422, "invalid_request")
    assert words in detail
    assert office.get(BATCHES_PATH).json()["items"] == []
    assert list((keeping_settings.data / "incoming").iterdir()) == []


@pytest.mark.parametrize(
    ("end", "boundary"), [(b"", "seam"), (b"--seam", "seam"), (b"--seam--", "x" * 400), (b"", "")]
)
def test_a_form_that_is_not_whole_is_refused(office, end, boundary):
    status, code, detail = refused(post(office, part(LETTERS), end=end, boundary=boundary))

    assert (status, code) == (422, "invalid_request")
    assert "不完整" in detail


def test_a_kind_that_cannot_be_read_is_refused_before_it_is_sent_whole(office):
    sent = []

    def body():
        for piece in (part(b"", name='"a.exe"')[:-2], *[bytes(65_536)] * 100):
            sent.append(len(piece))
            yield piece

    answer = office.post(
        BATCHES_PATH, content=body(), headers={"Content-Type": "multipart/form-data; boundary=seam"}
    )

    assert answer.status_code == 415
    assert "来信.xlsx" in answer.json()["detail"]


def test_a_name_that_is_none_is_refused(office):
    assert refused(post(office, part(LETTERS, name='"a\x07.csv"')))[:2] == (422, "invalid_name")
    assert refused(post(office, part(LETTERS, name=f'"{"信" * 300}.csv"')))[1] == "invalid_name"


@pytest.mark.parametrize("announced", [True, False])
def test_a_file_beyond_the_limit_is_refused(office, monkeypatch, announced):
    monkeypatch.setattr("nlp_service.api.batch_routes.MAX_FILE_BYTES", 2 * 2**20)
    body = part(bytes(2 * 2**20 + 1)) + b"--seam--\r\n"
    content = body if announced else (body[n : n + 9973] for n in range(0, len(body), 9973))

    answer = office.post(
        BATCHES_PATH,
        content=content,
        headers={"Content-Type": "multipart/form-data; boundary=seam"},
    )

    assert refused(answer) == (
        413,
        "request_too_large",
        "文件超过上限 2 MiB，请分成几个文件。",
    )
    assert post(office, part(LETTERS + b" " * (2 * 2**20 - len(LETTERS)))).status_code == 202


def test_much_around_a_small_file_is_refused_too(office, monkeypatch):
    monkeypatch.setattr("nlp_service.api.batch_routes.MAX_FILE_BYTES", 2**20)
    nothing = part(bytes(2**20 + 2**16), name='""')

    assert refused(post(office, nothing, part(LETTERS)))[0] == 413
