"""示例: whether the samples are still there, told on every page, and how to be rid of them."""

from fastapi import APIRouter, Request
from starlette.background import BackgroundTask
from starlette.responses import RedirectResponse, Response

from nlp_service.api.deps import ActorDep, StoreDep
from nlp_service.domain.errors import StoreError
from nlp_service.domain.people import Caller, Permission
from nlp_service.store.erasing import tidy
from nlp_service.store.opening import Store
from nlp_service.store.samples import count_samples, remove_samples
from nlp_service.web.forms import SignedFormDep

samples_router = APIRouter(include_in_schema=False)


@samples_router.post("/samples:remove")
def remove(form: SignedFormDep, store: StoreDep, actor: ActorDep) -> Response:
    """Erase the samples; lead to the inbox, which holds only the office's own now."""
    remove_samples(store, actor=actor)
    return RedirectResponse("/inbox", 303, background=BackgroundTask(tidy, store))


def count_shown_samples(request: Request) -> int:
    """Return how many samples whoever asks may see; none where the store cannot be asked."""
    store: Store | None = getattr(request.app.state, "store", None)
    caller: Caller | None = getattr(request.state, "caller", None)
    if store is None or caller is None or not caller.may(Permission.READ):
        return 0
    try:
        with store.reading() as office:
            return count_samples(office.connection)
    except StoreError:
        return 0
