import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def command():
    """The installed command."""
    return Path(sys.executable).with_name("nlp-service")


@pytest.fixture
def nlp_service(command, pytestconfig):
    """Run the installed command to its end, as a shell would, in the project's folder."""

    def run(*arguments, **options):
        return subprocess.run(
            [command, *map(str, arguments)],
            cwd=pytestconfig.rootpath,
            capture_output=True,
            text=True,
            timeout=60,
            **options,
        )

    return run
