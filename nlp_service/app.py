"""Make the application: middleware, problem handlers, routes and pages; its bundle and store."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import Any

from fastapi import FastAPI
from starlette.middleware import Middleware

from nlp_service import __version__
from nlp_service.api import (
    batch_documentation,
    documentation,
    issue_examples,
    people_documentation,
    record_documentation,
    review_documentation,
)
from nlp_service.api.answering import Answering
from nlp_service.api.callers import Callers, held_keys
from nlp_service.api.documentation import (
    DESCRIPTION,
    TAGS,
    TITLE,
    describe_domain_types,
)
from nlp_service.api.failures import FailureMiddleware
from nlp_service.api.gate import GateMiddleware
from nlp_service.api.gate_documentation import describe_gate
from nlp_service.api.headers import HeadersMiddleware
from nlp_service.api.limits import BodyLimitMiddleware
from nlp_service.api.links import describe_links
from nlp_service.api.metrics import Metrics
from nlp_service.api.observing import ObservingMiddleware, Tracer, log_request
from nlp_service.api.permissions import LINES as API_LINES
from nlp_service.api.permissions import Line, PermissionTable
from nlp_service.api.problems import add_problem_handlers
from nlp_service.api.routes import router
from nlp_service.assess import Assessor, load_assessor
from nlp_service.people.passwords import Passwords
from nlp_service.settings import Settings
from nlp_service.store.following import following
from nlp_service.store.opening import Store, open_store
from nlp_service.web.permissions import PAGE_LINES
from nlp_service.web.problem_pages import ProblemPagesMiddleware
from nlp_service.web.routes import page_router

LINES: Sequence[Line] = (*API_LINES, *PAGE_LINES)
"""The whole table of permissions."""


def create_app(
    settings: Settings,
    *,
    assessor: Assessor | None = None,
    store: Store | None = None,
    tracer: Tracer | None = None,
    start_key: str | None = None,
) -> FastAPI:
    """Make the app; when it starts it loads its bundle and opens its store, unless given them.

    A store that was given stays open at the end; whether to open one, ``settings.store`` says.
    A tracer follows requests beyond this service.
    A start key lets in while the app lives; ``callers.held_keys`` says to what.
    Starting raises what ``load_assessor`` and ``open_store`` raise, so neither a bad bundle nor a
    damaged or newer database ever serves.
    """
    metrics = Metrics()

    @asynccontextmanager
    async def hold_what_is_needed(app: FastAPI) -> AsyncIterator[None]:
        with ExitStack() as held:
            loaded = assessor or load_assessor(settings)
            opened = (
                held.enter_context(open_store(settings)) if settings.store and not store else None
            )
            app.state.store = store or opened
            held.callback(lambda: delattr(app.state, "store"))
            held.callback(lambda: setattr(app.state, "queue", None))
            answering = app.state.answering = Answering(app, metrics)
            answering.install(loaded)
            held.callback(lambda: delattr(app.state, "assessor"))
            held.enter_context(_know_people(app, start_key))
            if app.state.store is not None:
                held.enter_context(following(answering.follow))
            yield

    app = FastAPI(
        title=TITLE,
        description=DESCRIPTION,
        version=__version__,
        openapi_tags=TAGS,
        # The interactive pages of FastAPI load their scripts from elsewhere; ours does not.
        docs_url=None,
        redoc_url=None,
        lifespan=hold_what_is_needed,
        middleware=_middleware(metrics, tracer),
    )
    app.state.metrics = metrics
    app.state.settings = settings
    app.state.permissions = PermissionTable(LINES)
    app.include_router(router)
    app.include_router(page_router)
    add_problem_handlers(app)
    _finish_documentation(app.openapi())
    return app


def _middleware(metrics: Metrics, tracer: Tracer | None) -> Sequence[Middleware]:
    """Return what every request passes, the outermost first."""
    return [
        Middleware(
            ObservingMiddleware,
            observers=[metrics.count_request, log_request],
            listener=metrics.observe_stage,
            tracer=tracer,
        ),
        Middleware(HeadersMiddleware),
        Middleware(ProblemPagesMiddleware),
        Middleware(FailureMiddleware),
        Middleware(GateMiddleware),
        Middleware(BodyLimitMiddleware),
    ]


def _finish_documentation(openapi: dict[str, Any]) -> None:
    describe_domain_types(openapi)
    for module in (
        documentation,
        issue_examples,
        record_documentation,
        review_documentation,
        people_documentation,
        batch_documentation,
    ):
        documentation.restore_nulls(openapi, module.ANSWERS)
    describe_gate(openapi)
    describe_links(openapi)


@contextmanager
def _know_people(app: FastAPI, start_key: str | None) -> Iterator[None]:
    """Make what finds callers, while the app lives; note which bundle answers from now on."""
    settings: Settings = app.state.settings
    store: Store | None = app.state.store
    held = held_keys(settings.key_hashes, start_key, has_store=store is not None)
    if store is not None:
        app.state.passwords = Passwords()
    app.state.callers = Callers(store, held)
    yield
    del app.state.callers
