import pytest

from nlp_service.domain.errors import UnreadableInput
from nlp_service.intake.columns import COLUMNS, Field, field_of, read_columns, read_mapping, tidy


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("案由", Field.TITLE),
        ("题　目", Field.TITLE),
        ("留言主题", Field.TITLE),
        ("内容（必填）", Field.BODY),
        ("＊内容：", Field.BODY),
        ("【正文】", Field.BODY),
        ("提案内容(500字以内)", Field.BODY),
        ("Body ", Field.BODY),
        ("反映内容", Field.BODY),
        ("二、情况分析", Field.SECTION),
        ("具体\n建议", Field.SECTION),
        ("提案人（签名）", Field.SUBMITTER),
        ("留言用户", Field.SUBMITTER),
        ("来信人：", Field.SUBMITTER),
        ("留言时间", Field.SUBMITTED_AT),
        ("日期", Field.SUBMITTED_AT),
        ("界 别", Field.SECTOR),
        ("承办单位", Field.HANDLING_UNIT),
        ("一级标签", Field.CATEGORY),
        ("分类", Field.CATEGORY),
        ("联系电话", Field.CONTACT),
        ("案由/标题", Field.TITLE),
        ("标题/内容", None),
        ("诉求描述", None),
        ("", None),
    ],
)
def test_a_column_is_known_by_its_usual_names(name, meant):
    assert field_of(name) is meant


def test_no_name_stands_for_two_things():
    names = [tidy(name) for names in COLUMNS.values() for name in names]

    assert len(names) == len(set(names))
    assert all(field_of(name) is meant for meant, names in COLUMNS.items() for name in names)


def test_of_two_columns_for_one_field_the_surest_is_read():
    columns = read_columns(["主题", "案由", "内容", "正文", "存在问题", "建议"], read_mapping([]))

    assert [column.field for column in columns] == [
        None,
        Field.TITLE,
        None,
        Field.BODY,
        Field.SECTION,
        Field.SECTION,
    ]


def test_what_a_person_says_goes_before_the_table():
    mapping = read_mapping([("正文", "诉求描述（必填）"), ("不用", "类型"), ("案由", "摘要")])

    columns = read_columns(["诉求描述", "正文", "类型", "摘 要"], mapping)

    assert [column.field for column in columns] == [
        Field.BODY,
        None,
        Field.UNUSED,
        Field.TITLE,
    ]
    assert mapping.as_names == {"body": ["诉求描述"], "title": ["摘要"], "unused": ["类型"]}


@pytest.mark.parametrize(
    "pairs", [[("天气", "诉求")], [("正文", "")], [("正文", "诉求"), ("标题", "诉求")]]
)
def test_a_mapping_that_says_nothing_is_refused(pairs):
    with pytest.raises(UnreadableInput, match="列"):
        read_mapping(pairs)
