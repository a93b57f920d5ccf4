"""What a route may ask for. All of it is made when the app starts."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import unquote

from fastapi import Depends, Header, Query, Request

from nlp_service.api.metrics import Metrics
from nlp_service.api.problems import RequestRefused
from nlp_service.assess import Assessor
from nlp_service.domain.people import Caller, Permission
from nlp_service.domain.records import check_name
from nlp_service.jobs.queue import JobQueue
from nlp_service.store.hot_issues import NamePlaces
from nlp_service.store.opening import Store
from nlp_service.store.relating import Relator
from nlp_service.text.mask.masker import Masker


async def get_assessor(request: Request) -> Assessor:
    """Return the app's assessor.

    Raises:
        RequestRefused: the app has not loaded its bundle.
    """
    assessor: Assessor | None = getattr(request.app.state, "assessor", None)
    if assessor is None:
        raise RequestRefused("not_ready")
    return assessor


async def find_store(request: Request) -> Store | None:
    """Return the app's store; None where the installation does without."""
    store: Store | None = getattr(request.app.state, "store", None)
    return store


async def get_store(request: Request) -> Store:
    """Return the app's store.

    Raises:
        RequestRefused: the app has not started, or the installation does without a store.
    """
    await get_assessor(request)
    store = await find_store(request)
    if store is None:
        raise RequestRefused("store_disabled")
    return store


async def get_memory(
    request: Request,
    store: Annotated[
        bool | None,
        Query(
            description="是否把来件和结果存入数据库；不写时，开启存储的服务都存。同一件来件只存一次。"
            "试评、自查请用 store=false。"
        ),
    ] = None,
) -> Store | None:
    """Return where a request's texts are to be kept; None where they are not.

    Raises:
        RequestRefused: they are to be kept, and the installation has no store.
    """
    if store is False:
        return None
    return await get_store(request) if store else await find_store(request)


async def find_relator(request: Request) -> Relator | None:
    """Return what looks texts up; None where the bundle cannot tell relations."""
    relator: Relator | None = getattr(request.app.state, "relator", None)
    return relator


async def get_relator(request: Request) -> Relator:
    """Return what looks texts up.

    Raises:
        RequestRefused: the app has not started, or its bundle cannot tell relations.
    """
    await get_assessor(request)
    relator = await find_relator(request)
    if relator is None:
        raise RequestRefused("relations_unavailable")
    return relator


async def get_caller(request: Request) -> Caller:
    """Return who asks, as the gate found.

    Raises:
        RequestRefused: nobody said so; routes that anybody may ask cannot want to know.
    """
    caller: Caller | None = getattr(request.state, "caller", None)
    if caller is None:
        raise RequestRefused("not_signed_in")
    return caller


async def get_actor(
    caller: Annotated[Caller, Depends(get_caller)],
    x_actor: Annotated[
        str,
        Header(
            alias="X-Actor",
            description="密钥代谁操作，与密钥一起记入审计：一行 UTF-8 文字，可作百分号编码，如 "
            "%E5%BC%A0。只有带 act_for_others 权限的密钥可以用；用户以登录的身份操作。",
            json_schema_extra={"pattern": r"^[^\x00-\x1f\x7f]*$"},
        ),
    ] = "",
) -> str:
    """Return who acts, as the audit shall name them.

    Raises:
        RequestRefused: the header names somebody, and the caller may act for nobody.
        InvalidSubmission: the header holds no name.
    """
    name = unquote(x_actor.encode("latin-1").decode("utf-8", "replace")).strip()
    if not name:
        return caller.actor
    if not caller.may(Permission.ACT_FOR_OTHERS):
        needed = "需要权限 act_for_others，才能用请求头 X-Actor 代他人操作。"
        raise RequestRefused("not_allowed", needed)
    check_name("请求头 X-Actor ", name)
    return f"{caller.actor} 代 {name}"


async def get_masker(assessor: Annotated[Assessor, Depends(get_assessor)]) -> Masker:
    """Return what covers personal data."""
    return assessor.masker


async def get_metrics(request: Request) -> Metrics:
    """Return the app's counters."""
    metrics: Metrics = request.app.state.metrics
    return metrics


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
    media_type = media_type_of(request)
    is_json = media_type == "application/json" or (
        media_type.startswith("application/") and media_type.endswith("+json")
    )
    if not is_json:
        raise RequestRefused("unsupported_media_type")


def media_type_of(request: Request) -> str:
    """Return what a body is announced as, without parameters; empty where it is not."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def get_queue(request: Request, store: Annotated[Store, Depends(get_store)]) -> JobQueue:
    """Return the queue of batch jobs."""
    queue: JobQueue | None = getattr(request.app.state, "queue", None)
    if queue is None:
        queue = request.app.state.queue = JobQueue(store.engine)
    return queue


AssessorDep = Annotated[Assessor, Depends(get_assessor)]
PlaceNamesDep = Annotated[NamePlaces, Depends(get_place_names)]
MetricsDep = Annotated[Metrics, Depends(get_metrics)]
StoreDep = Annotated[Store, Depends(get_store)]
FoundStoreDep = Annotated[Store | None, Depends(find_store)]
QueueDep = Annotated[JobQueue, Depends(get_queue)]
MemoryDep = Annotated[Store | None, Depends(get_memory)]
RelatorDep = Annotated[Relator, Depends(get_relator)]
FoundRelatorDep = Annotated[Relator | None, Depends(find_relator)]
CallerDep = Annotated[Caller, Depends(get_caller)]
ActorDep = Annotated[str, Depends(get_actor)]
MaskerDep = Annotated[Masker, Depends(get_masker)]
JsonOnly = Depends(require_json)
