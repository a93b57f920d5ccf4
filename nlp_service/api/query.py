"""The query parameters that routes share."""

from typing import Annotated

from fastapi import Query

from nlp_service.domain.submission import Mode

Explain = Annotated[
    bool,
    Query(
        description="是否给出每个标签所依据的词句（spans），以及质量部分逐句的作用（sentences）"
        "和全部所见（evidence）。不写时，单件给出，成批不给；三问和各方面的所见总是给出。"
    ),
]
WithQuality = Annotated[
    bool,
    Query(
        description="是否评质量；不写时，单件、成批都评。为 false 时 quality 和 disposition 为"
        " null，审查提示照给。"
    ),
]
Way = Annotated[
    Mode | None,
    Query(
        description="fast 只用线性模型；accurate 线性模型与编码器合判；auto 只让编码器看没把握的。"
        "不写时，单件为 accurate，成批为 auto；模型包没有编码器时为 fast。"
    ),
]

MOST_SHOWN = 50
"""Earlier submissions that one answer may hold."""

ShownDuplicates = Annotated[
    int,
    Query(
        ge=0,
        le=MOST_SHOWN,
        description="至多给几件可能重复的往年来件；为 0 时不查重，入库的来件随后在后台补查。",
    ),
]
