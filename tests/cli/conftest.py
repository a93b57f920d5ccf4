import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def command():
    """The installed command."""
    return Path(sys.executable).with_name("nlp-service")


@pytest.fixture(autouse=True)
def forgetful(monkeypatch):
    """Commands keep nothing, unless a test gives them a database or a folder for one."""
    monkeypatch.setenv("NLP_STORE", "false")
    monkeypatch.setenv("NLP_SAMPLES", "false")
    monkeypatch.setenv("NLP_WORKERS", "0")


@pytest.fixture
def keeping(embedded, place):
    """The environment of commands that keep what they read in a database of their own."""
    address = embedded.migrated().render_as_string(hide_password=False)
    return {"NLP_STORE": "true", "NLP_DATABASE_URL": address, "NLP_DATA": str(place)}


@pytest.fixture
def nlp_service(command, pytestconfig):
    """Run the installed command to its end, as a shell would, in the project's folder."""

    def run(*arguments, env=None, **options):
        return subprocess.run(
            [command, *map(str, arguments)],
            cwd=pytestconfig.rootpath,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            timeout=60,
            **options,
        )

    return run


@pytest.fixture
def serving(command, pytestconfig):
    """Start the service; yield the process with its announcement, and end it."""

    @contextmanager
    def start(*arguments, **environment):
        with subprocess.Popen(
            [command, "serve", *arguments],
            cwd=pytestconfig.rootpath,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as service:
            try:
                said = ""
                while "curl" not in said and (line := service.stdout.readline()):
                    said += line
                yield service, said
            finally:
                service.kill()

    return start
