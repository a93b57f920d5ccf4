"""Open the store: start or reach its database, bring the tables up to date, hand out transactions.

Everything that one use case reads and writes happens in one transaction, its audit included.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from types import TracebackType
from typing import Self

from sqlalchemy import URL, Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError

from nlp_service.bundle import TAXONOMY
from nlp_service.domain.errors import DatabaseUnfit
from nlp_service.domain.taxonomy_files import read_taxonomy
from nlp_service.settings import Settings
from nlp_service.store.adoptions import Adoptions
from nlp_service.store.api_keys import ApiKeys
from nlp_service.store.assessments import Assessments, as_json
from nlp_service.store.audit import Audit
from nlp_service.store.batches import Batches
from nlp_service.store.embedded import EmbeddedServer, use_server
from nlp_service.store.failures import explaining_failures, name_address
from nlp_service.store.filing_lines import FilingLineBook
from nlp_service.store.groups import Groups
from nlp_service.store.held_files import HeldFiles
from nlp_service.store.hot_issues import HotIssueFinder
from nlp_service.store.imports import Imports
from nlp_service.store.label_counts import LabelCounts
from nlp_service.store.meaning_index import StoredMeaningIndex
from nlp_service.store.merges import Merges
from nlp_service.store.migrate import migrate
from nlp_service.store.model_choices import ModelChoices
from nlp_service.store.originals import Originals
from nlp_service.store.outcomes import Outcomes
from nlp_service.store.reviews import Reviews
from nlp_service.store.rulings import Rulings
from nlp_service.store.screening import Screening
from nlp_service.store.sessions import Sessions
from nlp_service.store.sign_ins import SignIns
from nlp_service.store.standings import Rubric, Standings
from nlp_service.store.statistics import Statistics
from nlp_service.store.submissions import Submissions
from nlp_service.store.term_sessions import TermSessions
from nlp_service.store.users import Users
from nlp_service.store.views import Views
from nlp_service.store.wording_index import StoredWordingIndex

CONNECT_WITHIN_S = 10


class Office:
    """The repositories, all in one transaction; made by ``Store``."""

    def __init__(self, connection: Connection, *, actor: str, rubric: Rubric) -> None:
        self.connection = connection
        self.audit = Audit(connection, actor=actor)
        self.assessments = Assessments(connection, self.audit)
        self.groups = Groups(connection, self.audit)
        self.originals = Originals(connection, self.audit)
        self.standings = Standings(connection, self.audit, rubric)
        self.submissions = Submissions(
            *(connection, self.originals, self.assessments, self.groups, self.standings, self.audit)
        )
        self.merges = Merges(connection, self.groups, self.audit)
        self.outcomes = Outcomes(connection, self.audit)
        self.reviews = Reviews(connection, self.audit)
        self.term_sessions = TermSessions(connection, self.audit)
        self.screening = Screening(connection, self.merges, self.outcomes, self.audit)
        self.adoptions = Adoptions(connection, self.reviews, self.audit)
        self.wording = StoredWordingIndex(connection)
        self.hot_issues = HotIssueFinder(connection, self.groups)
        self.statistics = Statistics(connection)
        self.imports = Imports(connection, self.audit)
        self.users = Users(connection, self.audit)
        self.sessions = Sessions(connection)
        self.sign_ins = SignIns(connection)
        self.api_keys = ApiKeys(connection, self.audit)
        self.batches = Batches(connection, self.audit)
        self.views = Views(connection, self.audit)
        self.held_files = HeldFiles(connection)
        self.filing_lines = FilingLineBook(connection, self.audit)
        self.model_choices = ModelChoices(connection, self.audit)
        self.rulings = Rulings(connection, self.audit)
        self.label_counts = LabelCounts(connection)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Undo what the block writes if it raises, its entries in the audit too; the rest stays.

        Nothing may be noted of groups in it, and nothing listed.
        """
        with self.audit.attempt(), self.connection.begin_nested():
            yield

    def meaning(self, space: str) -> StoredMeaningIndex:
        """Return the index of embeddings for an encoder, which its space is named after."""
        return StoredMeaningIndex(self.connection, space=space)


class Database:
    """A reachable database and, where it is the embedded one, the hold on its server."""

    def __init__(self, engine: Engine, server: EmbeddedServer | None) -> None:
        self.engine, self.server = engine, server
        self.address = name_address(engine.url)

    def close(self) -> None:
        """Close every connection; let go of the embedded server, which stops with its last user."""
        self.engine.dispose()
        if self.server is not None:
            self.server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Store(Database):
    """The store, its tables up to date. Safe for threads; a context manager."""

    def __init__(self, engine: Engine, server: EmbeddedServer | None, *, rubric: Rubric) -> None:
        super().__init__(engine, server)
        self._rubric = rubric

    def check(self) -> None:
        """Ask the database for an answer.

        Raises:
            StoreError: it gives none.
        """
        with explaining_failures(self.address), self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    @contextmanager
    def transaction(self, *, actor: str) -> Iterator[Office]:
        """Yield the repositories; all is written when the block ends, nothing if it raises.

        The actor is who does it, as the audit shall name them.

        Raises:
            StoreError: the database refuses or cannot be reached.
        """
        if not actor.strip():
            raise ValueError("a transaction without an actor")
        with explaining_failures(self.address), self.engine.begin() as connection:
            office = Office(connection, actor=actor, rubric=self._rubric)
            yield office
            office.groups.settle()
            office.standings.settle()
            office.audit.settle()

    @contextmanager
    def reading(self) -> Iterator[Office]:
        """Yield the repositories for reading one state of the database; writing is refused.

        Raises:
            StoreError: the database refuses or cannot be reached.
        """
        with explaining_failures(self.address), self.engine.connect() as connection:
            reader = connection.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
            with reader.begin():
                office = Office(reader, actor="", rubric=self._rubric)
                yield office
                office.groups.settle()  # refused, where anything was to be written
                office.audit.settle()


def open_store(settings: Settings) -> Store:
    """Return the store that the settings name, its tables brought up to date.

    Raises:
        DatabaseNewer: the tables are of a later program; nothing was touched.
        DataDamaged: the data folder is damaged; nothing was touched.
        StoreError: the database cannot be started, reached or used; the message says what to do.
    """
    database = open_database(settings)
    try:
        migrate(database.engine)
    except BaseException:
        database.close()
        raise
    # The rubric is the guide's: bundles of one version of the taxonomy carry the same.
    rubric = cache(partial(read_taxonomy, settings.bundle / TAXONOMY))
    return Store(database.engine, database.server, rubric=rubric)


def open_database(settings: Settings) -> Database:
    """Start or name the database, without looking at what is in it.

    Raises:
        DatabaseUnfit: ``NLP_DATABASE_URL`` is no address of a PostgreSQL database.
        StoreError: the embedded server does not start.
    """
    if settings.database_url is not None:
        return Database(_engine(read_address(settings.database_url.get_secret_value())), None)
    server = use_server(settings.data / "pg")
    return Database(_engine(server.url), server)


def read_address(address: str) -> URL:
    """Return the address of a PostgreSQL database as SQLAlchemy wants it.

    Raises:
        DatabaseUnfit: it is none. The message does not repeat it: it may hold a password.
    """
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.get_backend_name() not in ("postgresql", "postgres"):
        raise DatabaseUnfit(
            "NLP_DATABASE_URL 不是 PostgreSQL 的地址，应写成 postgresql://用户:密码@主机:端口/库名；"
            "密码里的 @ : / % 等字符要写成 %40 这样的编码。"
        )
    return url.set(drivername="postgresql+psycopg")


def _engine(url: URL) -> Engine:
    return create_engine(
        url,
        pool_pre_ping=True,
        hide_parameters=True,  # they are texts; no error may show them
        connect_args={
            "connect_timeout": CONNECT_WITHIN_S,
            "application_name": "nlp-service",
            "client_encoding": "utf8",
        },
        json_serializer=as_json,
    )
