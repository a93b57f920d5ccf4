"""What several rooms' tests need: the default bundle, and texts as nasty as life."""

import json
import os
from pathlib import Path

import hypothesis
import pytest

from tests.databases import (  # noqa: F401
    copy_data,
    data,
    embedded,
    embedded_address,
    folder,
    place,
    pristine,
    small_disk,
)

ROOT = Path(__file__).parents[1]
NASTY_TEXTS = {
    "one character": "路",
    "full width": "Ａ３区　停车难！！！",
    "traditional": "請問區公所何時修復我們里的路燈？",
    "emoji": "🚧修路👨‍👩‍👧三个月了😡还没修好🙏",
    "digits": "13800000000 2026-01-31 3.14159 ¥1,200",
    "mixed Latin": "小区WiFi和4G信号都很差，APP也打不开",
    "zero width": "噪\u200b音\ufeff扰\u00ad民",
    "one line": "停" * 10_000,
    "many lines": "\n".join(["夜里施工"] * 2_000),
    "no marks": "我家楼下烧烤摊每晚营业到两点油烟呛人孩子睡不着打过好多电话没人管",
    "reversed": "。管有没话电过打",
}


def pytest_configure():
    # A busy machine is no bug: no test may fail by the clock.
    hypothesis.settings.register_profile("untimed", deadline=None)
    hypothesis.settings.load_profile("untimed")
    for name in [name for name in os.environ if name.startswith("NLP_")]:
        del os.environ[name]


@pytest.fixture(scope="session")
def default_bundle_folder():
    return ROOT / "models" / "default"


@pytest.fixture(scope="session")
def assessor(default_bundle_folder):
    from nlp_service.assess import Assessor
    from nlp_service.bundle import read_bundle

    return Assessor(read_bundle(default_bundle_folder))


@pytest.fixture(scope="session")
def samples():
    """The sample submissions as they stand in the file."""
    lines = (ROOT / "data" / "samples" / "samples.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(params=NASTY_TEXTS.values(), ids=NASTY_TEXTS.keys())
def nasty_text(request):
    return request.param
