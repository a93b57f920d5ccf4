"""Make the screenshots of the documents: from the samples, by a real first start, in Chromium.

    python docs/screenshots.py                     # docs/images/*.png: light, 1280 wide
    python docs/screenshots.py --theme dark --size phone --into /tmp/looks --only inbox,screening

Starts the service on a temporary database, signs its first admin in as the terminal says, waits for
the samples, and takes each page of ``SHOTS``. Needs the extra ``dev`` and Chromium.
"""

import argparse
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import BrowserContext, Page, sync_playwright

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
MOST_BYTES = 200_000
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
PASSWORD = "三只鸭子过了石桥去看戏"
SAMPLES = 60
READY_WITHIN_S = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture."""

    name: str
    path: str
    """Of the page; ``{sample-018}`` stands for the key of a sample."""
    whole: bool = False
    """The whole page, not what one sees first."""
    waits_for: str = "main h1"
    """What must be there before the picture is taken."""


SHOTS: Sequence[Shot] = (
    Shot(name="inbox", path="/inbox"),
    Shot(name="submission", path="/submissions/{sample-002}"),
    Shot(name="compare", path="/compare?left={sample-022}&right={sample-050}"),
    Shot(name="screening", path="/screening"),
    Shot(name="hot-issues", path="/hot-issues"),
    Shot(name="statistics", path="/statistics", waits_for="canvas"),
    Shot(name="batches", path="/batches"),
    Shot(name="settings", path="/settings"),
    Shot(name="filing", path="/settings/filing"),
    Shot(name="models", path="/settings/models"),
    Shot(name="audit", path="/settings/audit"),
)


@contextmanager
def serving(place: Path) -> Iterator[tuple[str, str]]:
    """Run the service on a new database; yield its address and the admin's one-time password."""
    command = [sys.executable, "-m", "nlp_service", "serve", "--port", "0"]
    own = {"NLP_DATA": str(place), "NLP_STORE": "true", "NLP_SAMPLES": "true", "NLP_WORKERS": "0"}
    place.chmod(0o755)  # the database's own user must get through
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **own}, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        said = ""
        while "curl" not in said and (line := process.stdout.readline()):
            said += line
        address, password = re.search(r"http://\S+?(?=/ )", said), re.search(r"口令 (\S+)", said)
        if address is None or password is None:
            raise SystemExit("the service did not start")
        yield address[0], password[1]
    finally:
        process.terminate()
        process.wait()


@contextmanager
def browsing(address: str, *, theme: str, size: str) -> Iterator[BrowserContext]:
    """Yield a browser of a size and theme, in Chinese."""
    width, height = SIZES[size]
    found = filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
    root = hasattr(os, "getuid") and os.getuid() == 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=next(found, None),
            args=["--lang=zh-CN", *(["--no-sandbox"] if root else [])],
        )
        yield browser.new_context(
            base_url=address,
            viewport={"width": width, "height": height},
            has_touch=size == "phone",
            locale="zh-CN",
            color_scheme="dark" if theme == "dark" else "light",
        )
        browser.close()


def sign_in(page: Page, one_time: str) -> None:
    """Sign the first admin in as a person would, and choose a password."""
    page.goto("/login")
    page.fill("[name=name]", "admin")
    page.fill("[name=password]", one_time)
    page.click("button[type=submit]")
    page.fill("[name=current]", one_time)
    page.fill("[name=new]", PASSWORD)
    page.fill("[name=again]", PASSWORD)
    page.click("button.main")
    page.wait_for_url("**/inbox")


def find_samples(page: Page) -> Mapping[str, int]:
    """Wait until the samples are there; return their keys by their numbers."""
    until = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until:
        listed: Any = json.loads(page.request.get("/v1/submissions?limit=500").text())
        if len(listed["items"]) >= SAMPLES:
            page.wait_for_timeout(8000)  # what is about the same matter finds each other
            return {item["reference"]: item["key"] for item in listed["items"]}
        page.wait_for_timeout(500)
    raise SystemExit("the samples did not come")


def begin_screening(page: Page) -> None:
    """Name the session whose proposals are screened: the days are filled in already."""
    page.goto("/screening")
    page.fill("[name=name]", "市政协六届三次会议")
    page.get_by_role("button", name="开始审查").click()
    page.wait_for_selector("[data-item]")


def take(page: Page, shot: Shot, keys: Mapping[str, int], into: Path) -> None:
    """Take a picture and write it, small enough to be kept with the code."""
    page.goto(re.sub(r"\{(\S+?)\}", lambda found: str(keys[found[1]]), shot.path))
    page.wait_for_selector(shot.waits_for)
    picture = Image.open(io.BytesIO(page.screenshot(full_page=shot.whole)))
    path = into / f"{shot.name}.png"
    for colours in (256, 128, 64, 32):
        picture.convert("RGB").quantize(colours).save(path, optimize=True)
        if path.stat().st_size <= MOST_BYTES:
            break
    print(f"{path}: {path.stat().st_size // 1000} kB")


def main() -> None:
    """Take the pictures that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    parser.add_argument("--size", choices=list(SIZES), default="desktop")
    parser.add_argument("--into", type=Path, default=IMAGES)
    parser.add_argument("--only", default=",".join(shot.name for shot in SHOTS[:4]))
    parser.add_argument("--whole", action="store_true", help="the whole pages")
    asked = parser.parse_args()
    wanted = asked.only.split(",")
    asked.into.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as place,
        serving(Path(place)) as (address, one_time),
        browsing(address, theme=asked.theme, size=asked.size) as context,
    ):
        page = context.new_page()
        sign_in(page, one_time)
        page.evaluate("localStorage.setItem('nlp-tour-seen-1', '1')")
        keys = find_samples(page)
        begin_screening(page)
        for shot in SHOTS:
            if shot.name in wanted:
                whole = Shot(name=shot.name, path=shot.path, waits_for=shot.waits_for, whole=True)
                take(page, whole if asked.whole else shot, keys, asked.into)


if __name__ == "__main__":
    main()
