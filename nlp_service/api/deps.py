"""What a route may ask for. All of it is made when the app starts."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Request

from nlp_service.api.metrics import Metrics
from nlp_service.api.problems import RequestRefused
from nlp_service.assess import Assessor
from nlp_service.store.hot_issues import NamePlaces
from nlp_service.store.opening import Store


async def get_assessor(request: Request) -> Assessor:
    """Return the app's assessor.

    Raises:
        RequestRefused: the app has not loaded its bundle.
    """
    assessor: Assessor | None = getattr(request.app.state, "assessor", None)
    if assessor is None:
        raise RequestRefused("not_ready")
    return assessor


async def get_metrics(request: Request) -> Metrics:
    """Return the app's counters."""
    metrics: Metrics = request.app.state.metrics
    return metrics


async def get_store(request: Request) -> Store:
    """Return the app's store.

    Raises:
        RequestRefused: the app has none.
    """
    store: Store | None = getattr(request.app.state, "store", None)
    if store is None:
        raise RequestRefused("not_ready")
    return store


async def get_place_names(request: Request) -> NamePlaces:
    """Return what finds the places that a text names; where the app has nothing, it finds none."""
    name_places: NamePlaces = getattr(request.app.state, "place_names", _no_places)
    return name_places


def _no_places(text: str) -> Sequence[str]:
    return ()


async def require_json(request: Request) -> None:
    """Let only JSON pass.

    Raises:
        RequestRefused: the body is announced as something else, or as nothing.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    is_json = media_type == "application/json" or (
        media_type.startswith("application/") and media_type.endswith("+json")
    )
    if not is_json:
        raise RequestRefused("unsupported_media_type")


AssessorDep = Annotated[Assessor, Depends(get_assessor)]
StoreDep = Annotated[Store, Depends(get_store)]
PlaceNamesDep = Annotated[NamePlaces, Depends(get_place_names)]
MetricsDep = Annotated[Metrics, Depends(get_metrics)]
JsonOnly = Depends(require_json)
