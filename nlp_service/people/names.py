"""Names of users: such that two that look alike are one, and none breaks a line or a log."""

import re
import unicodedata

from nlp_service.domain.errors import AccountRefused

LONGEST = 32

_FIT = re.compile(
    r"[A-Za-z0-9\u3400-\u4dbf\u4e00-\u9fff][A-Za-z0-9._·\-\u3400-\u4dbf\u4e00-\u9fff]+"
)
"""Latin letters of ASCII alone, so that no Cyrillic or Greek one can pose as another."""


def read_user_name(name: str) -> str:
    """Return a name as it is kept: Ｌｉ becomes Li, a compatibility ideograph the usual one.

    Raises:
        AccountRefused: it cannot be a name.
    """
    read = unicodedata.normalize("NFKC", name).replace("•", "·").strip()
    if len(read) > LONGEST or not _FIT.fullmatch(read):
        raise AccountRefused(
            f"用户名应是 2 到 {LONGEST} 个汉字、英文字母、数字或 . _ - ·，以字或数字开头，"
            "不含空格。"
        )
    return read


def name_key(name: str) -> str:
    """Return what is the same for names that count as one: zhang.san and Zhang.San.

    Never refuses: at a sign-in any string may come, and an unfit one is nobody's. What the database
    cannot hold is replaced by what no name has.
    """
    folded = unicodedata.normalize("NFKC", name).replace("•", "·").strip().casefold()
    storable = folded.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
    return unicodedata.normalize("NFKC", storable)
