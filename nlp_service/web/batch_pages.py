"""批量: the list of jobs, and one job from its start to its results.

A page of a job that runs asks for itself again and takes over what has changed.
"""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from nlp_service.api.deps import ActorDep, QueueDep, StoreDep
from nlp_service.api.limits import BATCHES_PAGE
from nlp_service.intake.columns import Field
from nlp_service.intake.kinds import ENDINGS
from nlp_service.jobs.ending import cancel
from nlp_service.web.forms import SignedFormDep
from nlp_service.web.keys import AskedKeyOrNone, RecordKey
from nlp_service.web.rendering import render

batch_page_router = APIRouter(include_in_schema=False)


_ON_A_PAGE = 30


@batch_page_router.get(BATCHES_PAGE)
def show_batches(
    request: Request,
    store: StoreDep,
    actor: ActorDep,
    before: AskedKeyOrNone = None,
) -> Response:
    """Show where a file is dropped, what waits for a click, and the jobs."""
    with store.reading() as office:
        jobs = office.batches.list(before=before, limit=_ON_A_PAGE + 1)
        held = office.held_files.list(holder=actor)
        queue = office.batches.queue()
    return render(
        request,
        "batches.html",
        jobs=jobs[:_ON_A_PAGE],
        before=before,
        next_before=jobs[_ON_A_PAGE - 1].key if len(jobs) > _ON_A_PAGE else None,
        held=held,
        queue=queue,
        endings=",".join(ENDINGS),
    )


@batch_page_router.get(f"{BATCHES_PAGE}/{{key}}")
def show_batch(request: Request, key: RecordKey, store: StoreDep) -> Response:
    """Show a job: how far it is, what was refused, where its results are."""
    with store.reading() as office:
        job = office.batches.get(key)
        stored = office.batches.rows.count_stored(key)
        queue = office.batches.queue()
    columns = {name: Field(meant).label if meant else "" for name, meant in job.columns.items()}
    return render(request, "batch.html", job=job, stored=stored, queue=queue, columns=columns)


@batch_page_router.post(f"{BATCHES_PAGE}/{{key}}:cancel")
def cancel_job(
    form: SignedFormDep, key: RecordKey, store: StoreDep, queue: QueueDep, actor: ActorDep
) -> Response:
    """Cancel a job; what is done stays."""
    queue.prepare()
    cancel(store, queue, key, actor=actor)
    return RedirectResponse(f"{BATCHES_PAGE}/{key}", 303)
