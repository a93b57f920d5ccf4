"""Find what a text says of its author's person: name, gender, rank, district.

None of it may move a score, so whatever scores a text reads it without these stretches. They are
found where writers put them: on lines of a form (提案人:…), in an introduction (我叫…,女,…) and
in a statement of office (本人是某区政协委员). What a person does for a living stays: it often is
the matter itself (我是出租车司机).
"""

import re
from collections.abc import Sequence

Stretch = tuple[int, int]
"""Start and end offset."""

_PLACE = r"(?:[\w一-龥]{1,6}?(?:省|市|区|县|旗|镇|乡|街道|村))"
_OFFICE = (
    "(?:政协|人大|常委会|委员会|党委|县委|市委|区委|县政府|市政府|区政府|全国|省|市|区|县|镇|乡|村"
    "|局|处|科|党支部|某|副|正)*"
    "(?:委员|常委|代表|主席|主任|局长|处长|科长|股长|书记|院长|厅长|部长|市长|县长|区长|镇长|乡长"
    "|秘书长|巡视员|调研员|院士|教授|研究员|干部|党员)"
)
_BEFORE = r"(?:退休|离休|原|前|现任|副|正|高级|老|第?[一二三四五六七八九十\d]+届)*"
_PARTY = (
    "(?:中国|中共)?(?:民革|民盟|民建|民进|农工(?:民主)?党|致公党|九三学社|台盟|共产党|无党派|工商联|侨联"
    "|共青团|总工会|妇联|科协|台联)(?:成员|党员|会员|社员|盟员|人士|委员|界别委员|支部(?:成员)?)?"
)
_RANK = rf"((?:{_PLACE})*{_BEFORE}{_OFFICE}[一-龥]{{0,4}}?)(?=[,。;、\s]|$)"
_ONE = "(?:一名|一位|一个)?"

_LINES = "提案人 提案者 提交人 联名人 反映人 来信人 署名 作者".split()
_FIELDS = (
    "投诉人 姓名 性别 年龄 职务 职级 职称 界别 党派 政治面貌 工作单位 所在地区 居住地"
    " 联系电话 联系方式"
).split()
_SAYS_NAME = "我叫 我名叫 我的名字叫 我的名字是 本人姓名".split()

_PATTERNS = tuple(
    (tuple(cues), re.compile(pattern))
    for cues, pattern in (
        (_LINES, rf"(?:{'|'.join(_LINES)}): ?([^\n;。]{{1,60}})"),
        (_FIELDS, rf"(?:{'|'.join(_FIELDS)})(?:及职务)?: ?([^\n,;。]{{1,40}})"),
        (
            _SAYS_NAME,
            rf"(?:{'|'.join(_SAYS_NAME)}) ?([一-龥·]{{2,4}}?)"
            r"(?=[,。;、\s]|$|是|住|今年|家住|来自|男|女)",
        ),
        (["男", "女"], r"[,、( ](男|女)性?(?=[,、。) ])"),
        (["我", "本人", "笔者"], rf"(?:我|本人|笔者)(?:是|系|为|作为){_ONE}{_RANK}"),
        (["作为"], rf"作为{_ONE}{_RANK}"),
        (
            ["作为", "我是", "本人是", "本人系", "笔者"],
            rf"(?:作为|我是|本人是|本人系|笔者是|笔者系){_ONE}({_PARTY}[一-龥]{{0,4}}?)(?=[,。;、\s]|$)",
        ),
        (
            ["住"],
            rf"(?:我叫|本人|我是|我,|男,|女,|岁,)[^。;\n]{{0,16}}(?:现住|家住|住在|住)((?:{_PLACE}){{1,3}})"
            r"(?=[,。;、\s]|$)",
        ),
        (["岁"], r"(?:我叫|本人|男,|女,)[^。;\n]{0,14}?(?:今年)?(\d{2}岁)(?=[,。;、\s]|$)"),
        (
            ["我", "本人"],
            rf"(?:我|本人|我们)(?:是|系|来自|家住)((?:{_PLACE}){{1,3}})(?:的)?"
            r"(?=居民|市民|村民|群众|业主|住户|人[,。;、\s])",
        ),
    )
)
"""Words of which one must occur, which is quick to see; then the stretch is the first group."""


def find_author(text: str) -> Sequence[Stretch]:
    """Return where the normalised text speaks of its author's person, in text order.

    >>> text = "我叫王建国,男,是退休教师。"
    >>> [text[start:end] for start, end in find_author(text)]
    ['王建国', '男']
    """
    return sorted(
        {
            match.span(1)
            for cues, pattern in _PATTERNS
            if any(map(text.__contains__, cues))
            for match in pattern.finditer(text)
        }
    )


def without_author(text: str) -> str:
    r"""Return the text with blanks in those stretches: offsets stay, the words say nothing.

    >>> without_author("提案人:李秀英\n路灯坏了。")
    '提案人:   \n路灯坏了。'
    """
    for start, end in find_author(text):
        text = text[:start] + " " * (end - start) + text[end:]
    return text
