"""The note to a proposal's author as a document: as the page's draft was edited, or as it is."""

from urllib.parse import quote

from fastapi import APIRouter
from starlette.responses import Response

from nlp_service.api.deps import ActorDep, CallerDep, StoreDep
from nlp_service.api.problems import RequestRefused
from nlp_service.api.submission_routes import SubmissionKey
from nlp_service.domain.audit import Export, RecordKind
from nlp_service.domain.people import Permission
from nlp_service.export.official import MEDIA_TYPE
from nlp_service.export.return_note import write_return_note
from nlp_service.web.forms import SignedFormDep

return_note_router = APIRouter(include_in_schema=False)

LONGEST_TEXT = 20_000
"""Characters of a note: as many as a submission may have."""


@return_note_router.post("/submissions/{key}/return-note")
def download_return_note(
    key: SubmissionKey, form: SignedFormDep, store: StoreDep, caller: CallerDep, actor: ActorDep
) -> Response:
    """Send the note as a document, and note that it was taken out.

    Raises:
        RequestRefused: there is no text, or too much; or the submission is restricted, so that
            its title and who handed it in are not for this caller.
    """
    text = form.get("text", "").replace("\r\n", "\n").strip()
    if not text or len(text) > LONGEST_TEXT:
        raise RequestRefused(
            "invalid_request", f"建议应有 1 到 {LONGEST_TEXT} 字，请修改后再下载。"
        )
    with store.transaction(actor=actor) as office:
        found = office.submissions.get(key)
        if found.submission.restricted and not caller.may(Permission.READ_ORIGINAL):
            needed = Permission.READ_ORIGINAL
            raise RequestRefused("not_allowed", f"来件 {key} 限阅：需要权限 {needed}。")
        quality = found.assessment.answer["quality"]
        office.audit.note_export(Export.RETURN_NOTE, kind=RecordKind.SUBMISSION, key=key)
    submission = found.submission
    document = write_return_note(
        text,
        title=submission.title,
        number=submission.reference or str(key),
        submitter=submission.origin.submitter,
        edited=text != (quality["note"].strip() if quality else ""),
    )
    name = quote(f"退回完善通知-{submission.reference or key}.docx", safe="")
    disposition = f"attachment; filename=\"return-note-{key}.docx\"; filename*=UTF-8''{name}"
    return Response(document, media_type=MEDIA_TYPE, headers={"Content-Disposition": disposition})
