import subprocess
import sys

import pytest

from .conftest import ROOT, write_config


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "training", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_evaluate_command_prints_a_table_and_reports(tiny_bundle, corpus_folder, tmp_path):
    done = run(
        "evaluate",
        tiny_bundle,
        "--data",
        corpus_folder / "texts.jsonl",
        "--labels",
        corpus_folder / "labels.jsonl",
        "--report",
        tmp_path / "report",
    )
    assert done.returncode == 0, done.stderr
    assert "accuracy" in done.stdout
    assert (tmp_path / "report" / "report.html").exists()


@pytest.mark.slow
def test_fit_and_audit_commands_run(corpus_folder, tmp_path):
    config = write_config(tmp_path)
    config.write_text(
        config.read_text(encoding="utf-8").replace(str(tmp_path), str(corpus_folder)),
        encoding="utf-8",
    )
    done = run("fit", config, "--out", tmp_path / "bundle", "--report", tmp_path / "report")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "bundle" / "manifest.json").exists()
    done = run("audit", config, "--out", tmp_path / "suspects.csv")
    assert done.returncode == 0, done.stderr
    header = (tmp_path / "suspects.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert header == "source,id,head,given,suggested,quality"


def test_wrong_config_ends_with_one_sentence(tmp_path):
    (tmp_path / "run.toml").write_text("name = 1\n", encoding="utf-8")
    done = run("fit", tmp_path / "run.toml")
    assert done.returncode == 1
    assert "配置有误" in done.stderr
    assert "Traceback" not in done.stderr
