"""The written rules by which quality is judged, as /v1/rubric sends them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, Field

from nlp_service.api.validation import described
from nlp_service.domain.taxonomy import Band, Cap, Dimension, Gate, Taxonomy


class QuestionOut(BaseModel):
    """One of the three questions."""

    model_config = described("三问之一。")

    code: str = Field(examples=["researched"])
    question: str = Field(examples=["是否经过深入调研（没经过深入调研的不提）"])


class EvidenceTypeOut(BaseModel):
    """One kind of evidence."""

    model_config = described("所见的一个种类。")

    code: str = Field(examples=["survey"])
    name: str = Field(examples=["走访调研"])


class RubricOut(BaseModel):
    """Everything that a score is explained by."""

    model_config = described("提案质量的成文规则：总分 = Σ 权重 × 等级 ÷ 4，再按封顶和档次。")

    version: str = Field(description="分类体系的版本，量表随它一起编号。")
    questions: Sequence[QuestionOut] = Field(description="三问，按提问的次序。")
    dimensions: Sequence[Dimension] = Field(description="六个方面：权重和 0–4 各级的含义。")
    caps: Sequence[Cap] = Field(description="封顶。")
    bands: Sequence[Band] = Field(description="总分的档次，从高到低。")
    gates: Sequence[Gate] = Field(description="审查提示和规则原文。")
    evidence: Sequence[EvidenceTypeOut] = Field(description="所见的种类和名称。")


def rubric_of(
    taxonomy: Taxonomy, evidence_names: Mapping[str, str], questions: Mapping[str, str]
) -> dict[str, Any]:
    """Return the JSON shape of ``RubricOut``; names and questions are given by their codes."""
    return {
        "version": taxonomy.version,
        "questions": [
            {"code": str(code), "question": question} for code, question in questions.items()
        ],
        "dimensions": [asdict(dimension) for dimension in taxonomy.dimensions],
        "caps": [asdict(cap) for cap in taxonomy.caps],
        "bands": [asdict(band) for band in taxonomy.bands],
        "gates": [asdict(gate) for gate in taxonomy.gates],
        "evidence": [{"code": str(code), "name": name} for code, name in evidence_names.items()],
    }
