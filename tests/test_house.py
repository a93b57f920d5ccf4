"""The rules that keep the code easy to walk through, for files that git knows."""

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_A_FUNCTION = 60
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "base", "misc"}


def tracked(*patterns):
    """The files that git knows, or, in an unpacked copy without git, those that lie here."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file()]


def own_lines(function):
    """Lines of a function without its docstring."""
    first = function.body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    docstring = first.end_lineno - first.lineno + 1 if documented else 0
    return function.end_lineno - function.lineno + 1 - docstring


def test_files_and_functions_stay_short():
    for path in tracked("*.py"):
        source = path.read_text(encoding="utf-8")
        assert source.count("\n") <= MOST_LINES_OF_A_FILE, path
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert own_lines(node) <= MOST_LINES_OF_A_FUNCTION, f"{path}: {node.name}"


def test_files_are_named_after_their_subject():
    for path in tracked("*.py"):
        assert not NAMES_THAT_SAY_NOTHING & {path.stem, *path.relative_to(ROOT).parent.parts}, path


def test_every_module_says_what_it_does():
    for path in tracked("nlp_service/*.py", "training/*.py", "benchmarks/*.py"):
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path


def test_the_default_bundle_stays_small(default_bundle_folder):
    size = sum(path.stat().st_size for path in default_bundle_folder.rglob("*") if path.is_file())

    assert size <= 40_000_000


def test_nothing_big_but_the_bundle_is_kept_in_git():
    for path in tracked():
        if "models" not in path.relative_to(ROOT).parts:
            assert path.stat().st_size <= 2_000_000, path
