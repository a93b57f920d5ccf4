import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_cleaning_up_leaves_the_database(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    for folder in ("var/pg/base", "var/encoder", ".venv"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "var" / "pg.users").touch()

    subprocess.run(["make", "clean"], cwd=tmp_path, check=True, capture_output=True)

    assert (tmp_path / "var" / "pg" / "base").is_dir()
    assert sorted(path.name for path in (tmp_path / "var").iterdir()) == ["pg", "pg.users"]
    assert not (tmp_path / ".venv").exists()
