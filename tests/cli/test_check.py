from tests.intake.made_files import proposal_table, workbook

SECRET = "柿树湾的河堤今年又塌了两处，请在汛期前加固。"


def test_check_says_what_can_be_read(nlp_service, tmp_path):
    rows = [["来信登记表"], ["编号", "内容（必填）", "天气"], [7, SECRET, "晴"], [8, "！", ""]]

    done = nlp_service("check", workbook(tmp_path / "来信.xlsx", {"一月": rows}))

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "来信.xlsx（xlsx）",
        "  列“编号” → 编号",
        "  列“内容（必填）” → 正文",
        "  未读的列：天气",
        "  共 2 件，其中 1 件读不了。",
        "  工作表“一月”第 4 行：清理后没有可读的文字，请填写标题或正文。",
        "  注意：工作表“一月”第 2 行是列名，其上 1 行是表头说明，未读。",
    ]
    assert SECRET[:4] not in done.stdout


def test_check_of_what_cannot_be_read_says_why_and_fails(nlp_service, tmp_path):
    path = tmp_path / "来信.csv"
    path.write_bytes(f"编号,诉求描述\n1,{SECRET}\n".encode("gb18030"))

    refused = nlp_service("check", path)
    mapped = nlp_service("check", path, "--column", "正文=诉求描述")
    misspelt = nlp_service("check", path, "--column", "诉求描述")

    assert refused.returncode == 1
    assert "读不了：来信.csv 前 20 行里没有正文列" in refused.stdout
    assert (mapped.returncode, mapped.stderr) == (0, "")
    assert "（csv，GB18030）" in mapped.stdout
    assert "列“诉求描述” → 正文" in mapped.stdout
    assert misspelt.returncode == 1
    assert "--column 应写作 用途=列名" in misspelt.stderr


def test_check_of_a_word_form_names_its_labels(nlp_service, tmp_path):
    done = nlp_service("check", proposal_table(tmp_path / "提案.docx"))

    assert done.returncode == 0, done.stderr
    assert "  列“案由” → 标题\n" in done.stdout
    assert "  列“联系方式” → 联系方式\n" in done.stdout
    assert "13800138000" not in done.stdout
