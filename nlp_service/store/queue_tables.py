"""The tables of the queue: how each submission stands now, and the views that users saved."""

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.types import Float

from nlp_service.store.tables import SCHEMA, metadata

standings = Table(  # no foreign keys: what stands here can be made anew, see store.standings
    "standings",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),  # of the submission
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("dated_on", Date, nullable=False),
    Column("source", Text, nullable=False),
    Column("restricted", Boolean, nullable=False),
    Column("merge_key", BigInteger),
    Column("kind", Text, nullable=False),  # a person's word, here and below, before the machine's
    Column("topic", Text, nullable=False),
    Column("subtopic", Text, nullable=False),
    Column("lead_unit", Text, nullable=False),
    Column("assist_units", ARRAY(Text), nullable=False),
    Column("sectors", ARRAY(Text), nullable=False),
    Column("urgency", SmallInteger, nullable=False),
    Column("look_first", Boolean, nullable=False),
    Column("score", Float),
    Column("band", Text, nullable=False),
    Column("score_corrected", Boolean, nullable=False),  # both follow from a person's levels
    Column("doubt", Float, nullable=False),
    Column("needs_review", Boolean, nullable=False),
    Column("reviewed_at", DateTime(timezone=True)),
    Column("confirmed", Boolean, nullable=False),
    Column("disposition", Text),  # that a person holds
    Column("outcome", Text),  # disposition that was recorded last
    Column("stage", Text, nullable=False),
)
_c = standings.c
Index("standings_latest", _c.received_at, _c.key)
Index("standings_urgent", _c.look_first, _c.urgency, _c.received_at, _c.key)
Index("standings_doubtful", _c.doubt, _c.received_at, _c.key)

views = Table(
    "views",
    metadata,
    Column("key", BigInteger, Identity(always=True), primary_key=True),
    Column("user_key", BigInteger, ForeignKey(f"{SCHEMA}.users.key"), nullable=False),
    Column("name", Text, nullable=False),
    Column("wanted", JSON, nullable=False),
    Column("list_order", Text, nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("saved_at", DateTime(timezone=True), nullable=False),
    Index("views_name", "user_key", "name", unique=True),
)
