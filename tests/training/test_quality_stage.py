"""A small fit with quality: the bundle judges, and refuses what the trainer does not confirm."""

import numpy as np
import pytest

from nlp_service.assess import Assessor
from nlp_service.bundle import QUALITY, QUALITY_RULES, read_bundle
from nlp_service.domain.submission import Kind, Submission
from tests.training.conftest import QUALITY as QUALITY_OPTIONS
from tests.training.conftest import quiet, write_config
from training.config import read_config
from training.cross_validate import cross_validate
from training.errors import ParityFailure
from training.fit import fit, train
from training.prepare import prepare
from training.quality_stage import check_quality_parity

COMPLETE = """我区2024年老旧小区加装电梯申请312台，建成41台（区住建局年报）。
今年3月我走访了北苑、柳林两个小区，问了86户，低层有57户不同意，主要怕遮光。原因是补偿没有标准，各楼自己谈。
建议：一、由区住建局在今年9月底前制定低层住户补偿标准，每台财政补助2万元。
二、由街道组织协商，选柳林小区先试点10台，一年后评估。"""
EMPTY = """加装电梯工作意义重大，要高度重视，加强领导，提高认识，形成合力，推动工作再上新台阶。
建议进一步加大力度，完善机制，营造良好氛围，切实把好事办好、实事办实。"""


@pytest.fixture(scope="module")
def prepared(corpus_folder):
    path = write_config(corpus_folder)
    path = path.rename(corpus_folder / "quality.toml")
    path.write_text(path.read_text(encoding="utf-8") + QUALITY_OPTIONS, encoding="utf-8")
    return prepare(read_config(path), quiet)


@pytest.fixture(scope="module")
def fitted(prepared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / "tiny"
    return folder, fit(prepared, folder, quiet)


def test_fit_writes_a_bundle_that_prefers_substance(fitted):
    assessor = Assessor(read_bundle(fitted[0]))

    complete, empty = (
        assessor.assess(Submission(title="关于加装电梯的建议", body=body, kind=Kind.PROPOSAL))
        for body in (COMPLETE, EMPTY)
    )

    assert complete.quality.score > empty.quality.score + 10
    assert {level.code for level in complete.quality.levels} == {f"Q{n}" for n in range(1, 7)}
    assert empty.disposition.disposition != "filed"


def test_fit_reports_quality_and_copies_its_rules(fitted):
    folder, report = fitted

    assert report.quality is not None
    assert (folder / QUALITY).is_file()
    assert (folder / QUALITY_RULES / "evidence.toml").is_file()
    assert "Quality" in (folder / "MODEL_CARD.md").read_text(encoding="utf-8")


def test_parity_of_quality_fails_where_the_bundle_judges_otherwise(prepared, fitted):
    trained = train(prepared, cross_validate(prepared, quiet)).quality
    documents = [example.document for example in prepared.examples[:3]]
    check_quality_parity(fitted[0], trained, documents, 1e-9)
    trained.model.alone.levels.intercepts[:] += np.float64(0.5)

    with pytest.raises(ParityFailure, match="质量模型"):
        check_quality_parity(fitted[0], trained, documents, 1e-9)
