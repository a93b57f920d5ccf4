"""Make the application: middleware, problem handlers, routes, and one bundle, loaded at start."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware import Middleware

from nlp_service import __version__
from nlp_service.api import issue_examples
from nlp_service.api.documentation import (
    DESCRIPTION,
    TAGS,
    TITLE,
    describe_domain_types,
    restore_nulls,
)
from nlp_service.api.failures import FailureMiddleware
from nlp_service.api.limits import BodyLimitMiddleware
from nlp_service.api.metrics import Metrics, MetricsMiddleware
from nlp_service.api.problems import add_problem_handlers
from nlp_service.api.routes import router
from nlp_service.assess import Assessor, load_assessor
from nlp_service.settings import Settings


def create_app(settings: Settings, *, assessor: Assessor | None = None) -> FastAPI:
    """Make the app; it loads its bundle when it starts, unless an assessor is given.

    Starting raises what ``load_assessor`` raises, so a bad bundle never serves.
    """
    metrics = Metrics()

    @asynccontextmanager
    async def load_bundle(app: FastAPI) -> AsyncIterator[None]:
        app.state.assessor = assessor or load_assessor(settings)
        metrics.name_bundle(app.state.assessor.versions)
        yield
        del app.state.assessor

    app = FastAPI(
        title=TITLE,
        description=DESCRIPTION,
        version=__version__,
        openapi_tags=TAGS,
        # The interactive pages of FastAPI load their scripts from elsewhere; ours does not.
        docs_url=None,
        redoc_url=None,
        lifespan=load_bundle,
        middleware=[
            Middleware(MetricsMiddleware, metrics=metrics),
            Middleware(FailureMiddleware),
            Middleware(BodyLimitMiddleware),
        ],
    )
    app.state.metrics = metrics
    app.include_router(router)
    add_problem_handlers(app)
    describe_domain_types(app.openapi())
    restore_nulls(app.openapi())
    issue_examples.restore_nulls(app.openapi())
    return app
