"""The tables of groups: what pairs were found to be, what persons said of them, who is in which."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Table,
    Text,
)
from sqlalchemy.types import Float

from nlp_service.store.tables import SCHEMA, metadata


def _submission(name: str, *, primary_key: bool = False) -> "Column[int]":
    return Column(
        name,
        BigInteger,
        ForeignKey(f"{SCHEMA}.submissions.key"),
        primary_key=primary_key,
        nullable=False,
        autoincrement=False,
    )


links = Table(
    "links",
    metadata,
    _submission("low_key", primary_key=True),
    _submission("high_key", primary_key=True),
    Column("relation", Text, nullable=False),
    Column("probability", Float, nullable=False),
    Column("model", Text, nullable=False),
    CheckConstraint("low_key < high_key", name="links_ordered"),
    Index("links_high", "high_key"),
)

pair_decisions = Table(
    "pair_decisions",
    metadata,
    Column("key", BigInteger, Identity(always=True), primary_key=True),
    _submission("low_key"),
    _submission("high_key"),
    Column("relation", Text),  # none where the decision was withdrawn
    Column("decided_at", DateTime(timezone=True), nullable=False),
    Column("decided_by", Text, nullable=False),
    CheckConstraint("low_key < high_key", name="pair_decisions_ordered"),
    Index("pair_decisions_history", "low_key", "high_key", "key"),
    Index("pair_decisions_high", "high_key"),
)

group_members = Table(  # a submission that nothing is linked to has no row
    "group_members",
    metadata,
    _submission("submission_key", primary_key=True),
    Column("component_key", BigInteger, nullable=False),  # the lowest key of what hangs together
    Column("group_key", BigInteger, nullable=False),  # the lowest key of the group
    Index("group_members_component", "component_key"),
    Index("group_members_group", "group_key", "submission_key"),
)
