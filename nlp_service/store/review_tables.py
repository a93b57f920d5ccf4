"""The tables of reviews: every word that was said, and what counts now."""

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    Table,
    Text,
)

from nlp_service.store.tables import SCHEMA, metadata

reviews = Table(
    "reviews",
    metadata,
    Column("key", BigInteger, Identity(always=True), primary_key=True),
    Column("submission_key", BigInteger, ForeignKey(f"{SCHEMA}.submissions.key"), nullable=False),
    Column("assessment_key", BigInteger, ForeignKey(f"{SCHEMA}.assessments.key"), nullable=False),
    Column("person", JSON, nullable=False),
    Column("machine", JSON, nullable=False),
    Column("note", Text, nullable=False),
    Column("reviewed_at", DateTime(timezone=True), nullable=False),
    Column("reviewed_by", Text, nullable=False),
    Column("undone_at", DateTime(timezone=True)),
    Column("undone_by", Text, nullable=False, server_default=""),
    Index("reviews_history", "submission_key", "key"),
    Index("reviews_assessment", "assessment_key"),
)

reviewed = Table(  # a submission on which no review is in force has no row
    "reviewed",
    metadata,
    Column(
        "submission_key",
        BigInteger,
        ForeignKey(f"{SCHEMA}.submissions.key"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("review_key", BigInteger, ForeignKey("nlp.reviews.key"), nullable=False),  # the newest
    Column("reviewed_at", DateTime(timezone=True), nullable=False),
    Column("kind", Text),  # none, here and below, where nobody spoke of it
    Column("topic", Text),
    Column("subtopic", Text),
    Column("lead_unit", Text),
    Column("assist_units", ARRAY(Text)),
    Column("sectors", ARRAY(Text)),
    Column("urgency", SmallInteger),
    Column("levels", JSON(none_as_null=True)),  # dimension -> whole level
    Column("disposition", Text),
    Index("reviewed_review", "review_key"),
)
