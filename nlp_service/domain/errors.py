"""Every error that the service raises on purpose.

    NlpServiceError
    ├── InvalidSubmission      a text that cannot be assessed (empty, too long, not text)
    ├── InvalidTaxonomy        a taxonomy file that does not load: names file, key and reason
    ├── RulesRefused           rules of retention that cannot be put in force
    ├── UnreadableInput        a file of submissions that cannot be read
    ├── SegmenterUnavailable   a segmenter that is not installed
    ├── ModeUnavailable        a way of scoring that the loaded bundle does not have
    ├── EngineFailed           a way of working on archives that is not there, or gave up
    ├── PasswordRefused        a password that nobody should choose
    ├── SignInFailed           name and password do not fit, or the user may not sign in
    ├── SignInPaused           too many failed sign-ins: ``retry_after_s`` says how long to wait
    ├── WebhookRefused         an address that the service may not or cannot notify
    ├── QueueFull              more jobs than may wait; later there is room
    ├── IdempotencyMismatch    a key of an earlier job that came with another body
    ├── ResultsGone            results that were kept as long as the installation wants
    ├── BundleError            a model bundle that the service will not start with
    │   ├── BundleMissing      no such folder, or a file of it is not there
    │   ├── BundleCorrupt      a file's bytes are not those that the manifest names
    │   └── BundleMismatch     made for another segmenter, format or feature code
    └── StoreError             what the database, or a record in it, does not allow
        ├── DatabaseUnreachable    no server answers, or it lets nobody in now
        ├── LoginRefused           the server does not accept the name or the password
        ├── DatabaseUnfit          a server or an address that cannot serve: no pgvector, too old
        ├── DataDamaged            the data folder, or a page in it, is not what was written
        ├── DatabaseNewer          written by a later version of the program
        ├── DatabaseFull           no room on the disk, or it may only be read
        ├── StoreBusy              another writer is in the way: trying again may do
        ├── ContentUnfit           a character that no text in the database can hold
        ├── ReferenceTaken         the office's number already stands for another text
        ├── RecordUnknown          no such submission, assessment or merge
        ├── MergeRefused           a merge, or its undoing, that would lose something
        ├── DecisionRefused        a word on a pair that a merge in force contradicts
        ├── ReviewRefused          a review that was taken back already
        ├── AccountRefused         a user or key that cannot be made or changed so
        ├── AuditBroken            the audit's chain is not what was written
        ├── InvalidCursor          not a cursor of this list
        └── BackupRefused          a backup or restore that would destroy or lose something

Messages are Chinese where a user sees them: what is wrong, the value (never a submission's
text), and what to do.
"""

from typing import Any


class NlpServiceError(Exception):
    """Anything that the service raises on purpose."""


class InvalidSubmission(NlpServiceError):
    """A submission that cannot be assessed; ``code`` is stable, the message is for a person."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code

    def __reduce__(self) -> tuple[Any, ...]:
        """Let other processes be told of it."""
        return type(self), (self.code, str(self))


class InvalidTaxonomy(NlpServiceError):
    """A taxonomy that does not load."""

    def __init__(self, file: str, key: str, reason: str) -> None:
        super().__init__(f"分类体系有误：文件 {file}，键 {key}：{reason}")
        self.file, self.key, self.reason = file, key, reason


class RulesRefused(NlpServiceError):
    """Rules of retention that cannot be put in force: the message names them and says why."""


class UnreadableInput(NlpServiceError):
    """A file of submissions that cannot be read at all."""


class SegmenterUnavailable(NlpServiceError):
    """The named segmenter is unknown or not installed."""


class ModeUnavailable(NlpServiceError):
    """The encoder was asked for, and the loaded bundle has none."""

    code = "mode_unavailable"


class EngineFailed(NlpServiceError):
    """What was to work on an archive is not installed, does not answer, or gave up."""


class PasswordRefused(NlpServiceError):
    """A password that nobody should choose; the message says why, and never repeats it."""

    code = "password_refused"


class SignInFailed(NlpServiceError):
    """Name and password do not fit, or the user may not sign in; it is not told which."""

    code = "sign_in_failed"

    def __init__(self) -> None:
        super().__init__("用户名或口令不对。若口令已过期、用户已停用，请找管理员。")


class SignInPaused(NlpServiceError):
    """Too many failed sign-ins for a name or from an address."""

    code = "sign_in_paused"

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"登录失败次数过多，请在 {retry_after_s} 秒后再试，或找管理员重置口令。")
        self.retry_after_s = retry_after_s


class WebhookRefused(NlpServiceError):
    """An address that the service may not notify, or cannot."""

    code = "webhook_refused"


class QueueFull(NlpServiceError):
    """As many jobs or rows wait as may; ``retry_after_s`` is when there may be room."""

    code = "queue_full"

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class IdempotencyMismatch(NlpServiceError):
    """The idempotency key stands for an earlier job with another file or other options."""

    code = "idempotency_mismatch"


class ResultsGone(NlpServiceError):
    """The results of a job were kept as long as the installation wants."""

    code = "results_gone"


class BundleError(NlpServiceError):
    """A model bundle that the service will not start with."""


class BundleMissing(BundleError):
    """There is no bundle at the path, or one of its files is absent."""


class BundleCorrupt(BundleError):
    """A file's bytes are not those that the manifest names."""


class BundleMismatch(BundleError):
    """The bundle was made for another segmenter, format, taxonomy or feature code."""


class StoreError(NlpServiceError):
    """What the database, or a record in it, does not allow."""


class DatabaseUnreachable(StoreError):
    """No server answers at the address, or it lets nobody in now."""


class LoginRefused(StoreError):
    """The server does not accept the name or the password."""


class DatabaseUnfit(StoreError):
    """A server or an address that cannot serve: no pgvector, too old, not PostgreSQL."""


class DataDamaged(StoreError):
    """The data folder, or a page in it, is not what was written."""


class DatabaseNewer(StoreError):
    """The tables were made by a later version of the program."""


class DatabaseFull(StoreError):
    """There is no room on the disk, or it may only be read."""


class StoreBusy(StoreError):
    """Another writer was in the way; nothing was written, and trying again may do."""


class ContentUnfit(StoreError):
    """What is to be written or looked for holds a character that no database text can hold."""


class ReferenceTaken(StoreError):
    """The number that the office gave already stands for another text; ``key`` is that one's."""

    code = "reference_taken"

    def __init__(self, reference: str, key: int) -> None:
        super().__init__(
            f"编号 {reference} 已是来件 {key}，文字却不同；请核对编号，或换一个编号存入。"
        )
        self.key = key


class RecordUnknown(StoreError):
    """There is no such submission, assessment or merge, or it was deleted."""


class MergeRefused(StoreError):
    """A merge, its undoing, or a deletion that would lose something."""


class DecisionRefused(StoreError):
    """What a person said of a pair contradicts a merge in force, or says nothing of a pair."""


class ReviewRefused(StoreError):
    """A review was to be taken back, and was already."""


class AccountRefused(StoreError):
    """A user or key that cannot be made or changed so: a name that is taken, the last admin."""


class AuditBroken(StoreError):
    """The audit is not what was written: something was changed, removed or put in."""


class InvalidCursor(StoreError):
    """Not a cursor of this list."""


class BackupRefused(StoreError):
    """A backup or a restore that would destroy or lose something."""
