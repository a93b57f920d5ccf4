"""Which personal data a text holds, and where. What it says there is never repeated."""

import enum
from dataclasses import dataclass


class PrivateType(enum.StrEnum):
    """What sort of personal data a stretch is."""

    PHONE = "phone"
    """手机、私人座机、手机尾号"""
    IDENTITY = "identity"
    """居民身份证号（18 位，或旧证 15 位）"""
    BANK_CARD = "bank_card"
    """银行卡号、卡尾号"""
    PLATE = "plate"
    """车牌号"""
    EMAIL = "email"
    """电子邮箱"""
    ACCOUNT = "account"
    """微信、QQ 等账号"""
    PASSPORT = "passport"
    """护照、通行证号"""
    INSURANCE = "insurance"
    """社保、医保、病历等编号"""
    NAME = "name"
    """私人姓名"""
    ADDRESS = "address"
    """住址中能找到一户门牌的部分"""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class PrivateSpan:
    """A stretch of the normalised text that is personal data."""

    start: int
    end: int
    type: PrivateType
