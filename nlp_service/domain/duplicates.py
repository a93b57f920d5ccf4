"""What two submissions may be to each other."""

import enum


class Relation(enum.StrEnum):
    """How two submissions stand to each other; the readers' guide, section 7, words the limits."""

    COPY = "copy"
    """文本重复"""
    SAME = "same"
    """同一事项"""
    RELATED = "related"
    """同类议题"""
    NONE = "none"
    """无关"""
