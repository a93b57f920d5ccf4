"""What a file's columns are called, and what they stand for: the one table for all that comes in.

Names are compared after full-width signs, blanks, brackets, numbering and trailing colons are
taken off: ``＊内　容（必填）：`` is ``内容``. What is not in the table can be mapped by hand.
"""

import enum
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from nlp_service.domain.errors import UnreadableInput


class Field(enum.StrEnum):
    """What a column may stand for."""

    REFERENCE = "reference"
    """编号"""
    KIND = "kind"
    """类型"""
    TITLE = "title"
    """标题"""
    BODY = "body"
    """正文"""
    SECTION = "section"
    """A part of the body, under the column's own name: 情况分析, 具体建议."""
    SUBMITTED_AT = "submitted_at"
    """提交日期"""
    RECEIVED_AT = "received_at"
    """收到日期"""
    SUBMITTER = "submitter"
    """提案人"""
    DISTRICT = "district"
    """地区"""
    SOURCE = "source"
    """来源"""
    DISPOSITION = "disposition"
    """处理方式"""
    HANDLING_UNIT = "handling_unit"
    """承办单位"""
    FILING_NUMBER = "filing_number"
    """立案编号"""
    REPLY_CLASS = "reply_class"
    """答复类别"""
    REPLIED_ON = "replied_on"
    """答复日期"""
    SECTOR = "sector"
    """界别: known, and kept out of every score"""
    CATEGORY = "category"
    """分类: the office's own, from its own scheme"""
    CONTACT = "contact"
    """联系方式: never read on"""
    UNUSED = "unused"
    """不用"""

    @property
    def label(self) -> str:
        """Return what an office calls it."""
        return _LABELS.get(self, COLUMNS[self][0])


COLUMNS: Mapping[Field, Sequence[str]] = {
    Field.REFERENCE: (
        "编号 id 提案编号 提案号 案号 留言编号 来信编号 信件编号 信访编号 工单编号 工单号 受理编号"
    ).split(),
    Field.KIND: "类型 来件类型 来件种类".split(),
    Field.TITLE: (
        "案由 标题 题目 主题 提案案由 提案标题 提案题目 提案名称 留言主题 留言标题 来信标题"
        " 信件标题 信件主题 信息标题 诉求标题 事由"
    ).split(),
    Field.BODY: (
        "正文 内容 提案内容 提案正文 留言详情 留言内容 来信内容 信件内容 反映内容 信息内容 诉求内容"
        " 工单内容 问题描述 事件描述 正文内容 详细内容 具体内容 内容详情 主要内容 情况及建议"
        " 情况和建议 内容及建议 content text"
    ).split(),
    Field.SECTION: (
        "情况分析 问题分析 现状分析 原因分析 调研情况 基本情况 背景情况 现状与问题 存在问题"
        " 存在的问题 主要问题 情况反映 反映情况 案据 理由 提案理由 背景 情况 具体建议 建议 对策建议"
        " 意见建议 意见和建议 建议措施 工作建议 解决建议 对策 办法 提案建议"
    ).split(),
    Field.SUBMITTED_AT: (
        "提交日期 提交时间 日期 时间 留言时间 留言日期 来信日期 来信时间 提案日期 提出日期 提出时间"
        " 反映时间 反映日期 填表日期"
    ).split(),
    Field.RECEIVED_AT: (
        "收到日期 收到时间 收件日期 收件时间 收文日期 受理日期 受理时间 登记日期 登记时间"
    ).split(),
    Field.SUBMITTER: (
        "提交者 提案人 提案者 提交人 第一提案人 提案委员 来信人 留言用户 留言人 反映人 信息提供者"
        " 作者 姓名 委员姓名 提案人姓名 提案单位 报送单位"
    ).split(),
    Field.DISTRICT: "地区 区县 县区 县市区 所属区县 所属地区 所在地区".split(),
    Field.SOURCE: "来源 来件来源 信息来源 来件渠道".split(),
    Field.DISPOSITION: "处理方式 处置方式 立案情况 审查结果".split(),
    Field.HANDLING_UNIT: "承办单位 主办单位 办理单位 交办单位".split(),
    Field.FILING_NUMBER: "立案编号 立案号".split(),
    Field.REPLY_CLASS: "答复类别 办复类别 答复分类".split(),
    Field.REPLIED_ON: "答复日期 答复时间 办复日期 办复时间".split(),
    Field.SECTOR: "界别 所属界别 所在界别".split(),
    Field.CATEGORY: (
        "分类 类别 一级标签 一级分类 提案分类 提案类别 所属类别 问题类别 诉求类别 信件类别"
    ).split(),
    Field.CONTACT: (
        "联系方式 联系电话 电话 手机 手机号 手机号码 电话号码 办公电话 固定电话 通讯地址 通信地址"
        " 联系地址 家庭住址 家庭地址 邮编 邮政编码 邮箱 电子邮箱 电子邮件 身份证号 身份证号码 微信"
        " 微信号 住址"
    ).split(),
    Field.UNUSED: "不用 序号 备注 附件 联名人 附议人 联名提案人".split(),
}
"""Field -> the names that offices give it, the surest first: of two that fit, one counts."""

_LABELS = {Field.TITLE: "标题", Field.SECTION: "正文的一段", Field.SUBMITTER: "提案人"}
"""Field -> its name for a person, where the first of the table would not do."""

TEXT_FIELDS = (Field.BODY, Field.SECTION)
"""Of which a table needs one."""

_NUMBERING = re.compile(
    r"^\s*(?:第?[一二三四五六七八九十]+|\d{1,2})(?:[、.:]|\s+(?=\D))|^\s*\((?:[一二三四五六七八九十]+|\d{1,2})\)"
)
_BRACKETS = re.compile(r"[(（\[【〔<《][^()（）\[\]【】〔〕<>《》]*[)）\]】〕>》]")
_NOISE = re.compile(r"[\s\u200b\ufeff*★※#:.。,，、;；_()\[\]【】《》<>\"'“”-]+")
_LONGEST_SHOWN = 40
_EITHER = re.compile(r"[/|]|或|及|和")


def tidy(name: str) -> str:
    """Return a column's name without what does not count.

    >>> tidy("＊内　容（必填）："), tidy("二、情况 分析"), tidy("【正文】"), tidy("ID")
    ('内容', '情况分析', '正文', 'id')
    """
    name = unicodedata.normalize("NFKC", name)
    name = _NUMBERING.sub("", name)
    return (_NOISE.sub("", _BRACKETS.sub("", name)) or _NOISE.sub("", name)).casefold()


def on_one_line(name: str) -> str:
    r"""Return a column's name as a heading of its text: 情 况 分 析（必填）： is 情况分析.

    >>> on_one_line("一、情 况\n分 析（必填）：")
    '一、情况分析'
    """
    bare = _BRACKETS.sub("", name) or name
    between = "" if not bare.isascii() else " "
    return between.join(bare.split()).rstrip(":： ")[:_LONGEST_SHOWN]


_NAMES: Mapping[str, tuple[Field, int]] = {
    tidy(name): (meant, rank)
    for meant, names in COLUMNS.items()
    for rank, name in enumerate([meant.value, *names])
}
"""A tidied name -> its field, and how sure it is, 0 the surest."""


def field_of(name: str) -> Field | None:
    """Return what a column stands for by its name, or None; 案由/标题 is what both are.

    >>> field_of("留言详情"), field_of("案由/题目："), field_of("天气")
    (<Field.BODY: 'body'>, <Field.TITLE: 'title'>, None)
    """
    found = _find(name)
    return found[0] if found else None


def _find(name: str) -> tuple[Field, int] | None:
    bare = tidy(name)
    if bare in _NAMES:
        return _NAMES[bare]
    parts = [_NAMES.get(part) for part in _EITHER.split(bare)]
    fields = {part and part[0] for part in parts}
    return parts[0] if len(fields) == 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnMapping:
    """What a person says that columns stand for; it goes before the table."""

    fields: Mapping[str, Field] = field(default_factory=dict)
    """A tidied column name -> its field."""

    def of(self, name: str) -> Field | None:
        """Return what a column stands for: as a person said, else by the table."""
        return self.said_of(name) or field_of(name)

    def said_of(self, name: str) -> Field | None:
        """Return what a person said of a column, whose name they may have seen cut short."""
        return self.fields.get(tidy(name)) or self.fields.get(tidy(_shown(name)))

    @property
    def as_names(self) -> Mapping[str, Sequence[str]]:
        """The same as field -> column names, in one order: what ``read_mapping`` reads."""
        return {
            meant.value: sorted(name for name, value in self.fields.items() if value is meant)
            for meant in sorted(set(self.fields.values()))
        }


def read_mapping(named: Iterable[tuple[str, str]]) -> ColumnMapping:
    """Make a mapping of pairs of what is meant and how the file calls it: 正文, 诉求描述.

    What is meant may be said by our name or by any of the table; 不用 leaves a column out.

    Raises:
        UnreadableInput: nothing of that name is meant, or one column is to be two things.
    """
    fields: dict[str, Field] = {}
    for meant, column in named:
        target = field_of(meant)
        if target is None or not tidy(column):
            raise UnreadableInput(
                f"列的对应“{meant[:20]}={column[:40]}”不可用：等号左边应是 正文、标题、编号、类型、"
                "提交人、提交日期、具体建议、不用 等，右边是文件里的列名。"
            )
        if fields.setdefault(tidy(column), target) is not target:
            raise UnreadableInput(f"列“{column[:40]}”不能同时作两种用，请只对应一次。")
    return ColumnMapping(fields=fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a file."""

    name: str
    """As the file calls it, on one line."""
    field: Field | None
    """What is read of it; None where nobody knows, or another column is surer."""


def read_columns(names: Sequence[str], mapping: ColumnMapping) -> Sequence[Column]:
    """Say what each column stands for; of several for one field the surest counts."""
    meant = [mapping.of(name) if name.strip() else None for name in names]
    surest: dict[Field, int] = {}
    for place in sorted(range(len(names)), key=lambda place: _rank(names[place], mapping)):
        found = meant[place]
        if found is not None:
            surest.setdefault(found, place)
    return [
        Column(
            name=_shown(name),
            field=found if found is None or _counts(found, surest[found] == place) else None,
        )
        for place, (name, found) in enumerate(zip(names, meant, strict=True))
    ]


def _shown(name: str) -> str:
    """Return a column's name on one line; what is no text in it becomes a question mark."""
    return " ".join(name.encode("utf-8", "replace").decode().split())[:_LONGEST_SHOWN]


def _rank(name: str, mapping: ColumnMapping) -> int:
    found = _find(name)
    return -1 if mapping.said_of(name) else found[1] if found else 0


def _counts(found: Field, surest: bool) -> bool:
    """Say whether a column is read: several may be sections, or contact data, or of no use."""
    return surest or found in (Field.SECTION, Field.CONTACT, Field.UNUSED)
