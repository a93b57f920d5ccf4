import shutil

import pytest

from nlp_service import __version__


def test_models_lists_the_default_bundle(nlp_service, assessor):
    done = nlp_service("models")

    header, row = done.stdout.splitlines()
    assert done.returncode == 0
    assert header.split()[0] == "文件夹"
    assert row.split()[:2] == ["default", assessor.bundle.label]
    assert row.endswith("√")


def test_models_goes_on_after_a_bundle_that_does_not_load(
    nlp_service, default_bundle_folder, tmp_path
):
    for name in ("a", "b", "c"):
        shutil.copytree(default_bundle_folder, tmp_path / name)
    (tmp_path / "a" / "vocabulary.txt").write_text("改", encoding="utf-8")
    (tmp_path / "b" / "manifest.json").write_text("{}", encoding="utf-8")

    done = nlp_service("models", "--folder", tmp_path)

    _, damaged, foreign, good = done.stdout.splitlines()
    assert done.returncode == 0
    assert "vocabulary.txt" in damaged
    assert not foreign.endswith("√")
    assert good.endswith("√")


@pytest.mark.parametrize("folder", ["data", "none"])
def test_models_without_any_bundle_says_where_to_look(nlp_service, folder):
    done = nlp_service("models", "--folder", folder)

    assert done.returncode == 1
    assert "--folder" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["train"], "没有 train 这个命令"), (["--quick"], "没有 --quick"), (["models", "x"], "参数")],
)
def test_a_command_line_that_is_not_understood_points_to_the_help(nlp_service, arguments, words):
    done = nlp_service(*arguments)

    assert done.returncode == 2
    assert words in done.stderr
    assert "--help" in done.stderr


def test_help_is_chinese_for_every_command(nlp_service):
    for command in ([], ["serve"], ["score"], ["models"], ["backup"], ["restore"]):
        done = nlp_service(*command, "--help")
        assert done.returncode == 0
        assert "显示这段说明" in done.stdout
        assert "Show this message" not in done.stdout


def test_version_is_that_of_the_package(nlp_service):
    assert nlp_service("--version").stdout.strip() == f"nlp-service {__version__}"
