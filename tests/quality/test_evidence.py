import re
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_service.domain.errors import InvalidTaxonomy
from nlp_service.domain.submission import Submission
from nlp_service.domain.taxonomy_files import read_taxonomy
from nlp_service.quality.evidence import (
    LONGEST,
    EvidenceType,
    Fact,
    find_evidence,
    read_evidence_lexicon,
)
from nlp_service.text.normalise import Document, clean, normalise
from nlp_service.text.sentences import split_sentences

DATA = Path(__file__).parents[2] / "data"
FILE = DATA / "quality" / "evidence.toml"
UNITS = read_taxonomy(DATA / "taxonomy").units
LEXICON = read_evidence_lexicon(FILE, UNITS)

# One type after another: a text, then every quote of that type in it, or nothing for a near miss.
CASES = """
# figure
全市有电梯12,480台，使用15年以上的占21.6%。 = 12,480台 | 使用15年 | 21.6%
这一片有30多万人，人均绿地不到0.5平方米。 = 30多万人 | 0.5平方米
小区共有三百二十户，车位只有二十余个。 = 三百二十户 | 二十余个
百分之十二的住户装了门禁，三分之二是租客。 = 百分之十二 | 三分之二
近三成没有更换过，三所学校就在旁边。 = 三成 | 三所
水价每吨2.8元，高出邻县0.5元/吨。 = 2.8元 | 0.5元/吨
早高峰要等3-5趟车，约40分钟。 = 3-5趟 | 40分钟
住户平均年龄68岁，楼已建成35年。 = 平均年龄68岁 | 建成35年
两个路口没有信号灯。 = 两个
2023年5月12日上午8：30，热线12345接到来电。 =
电话0715-8123456，邮编437100。 =
1.车位少。2、路太窄。（3）没有路灯。 =
依照第十二条和第15条办理，见第3次会议纪要。 =
存在3个方面的问题，提出5项措施，一个原因。 =
5G信号差，PM2.5超标，A4纸不够。 =
近年来、十四五以来、21年底都是这样。 =
一些人、几个人、许多户都反映过。 =
千家万户都盼着，三甲医院却很远。 =
# survey
2023年3月，我们走访了4个社区，发放问卷320份。 = 2023年3月,我们走访了4个社区,发放问卷320份
调研中发现，不少楼道堆满杂物。 = 调研中发现
经实地查看，护栏断了三处。 = 经实地查看
课题组赴三个乡镇开展了座谈。 = 课题组赴三个乡镇开展了座谈
召开业主座谈会两次。 = 召开业主座谈会两次
我们在校门口数了三个早晨。 = 我们在校门口数了三个早晨
随机访谈了46名家长。 = 随机访谈了46名家长
对柳湖小区进行了走访。 = 对柳湖小区进行了走访
调研情况：护栏断了。 =
建议：深入社区开展调研，发放问卷。 =
总书记在考察时强调要重视调查研究。 =
政府应加强调研。 =
省委召开座谈会，要求抓好落实。 =
调查制度还没有建立。 =
要脚踏实地办事。 =
# case
例如，柳湖小区去年两次停水，无人处理。 = 例如,柳湖小区去年两次停水
护栏失修，如红星路东段断了半年。 = 如红星路东段断了半年
以柳湖小区为例，车位严重不足。 = 以柳湖小区为例
独居的张大爷住在六楼，很少下来。 = 张大爷住在六楼
2022年6月发生一起燃气泄漏，伤两人。 = 2022年6月发生一起燃气泄漏
“7·15”火灾事故教训很深。 = “7·15”火灾事故
例如有的小区没有路灯。 =
如果发生火灾，后果严重。 =
例如，德国的做法就很好。 =
实施方案、应急预案和“停车方案”都已印发。 =
要防范事故，避免发生火灾。 =
建议：以柳湖小区为例开展宣传。 =
# comparison
与去年同期相比，投诉更多。 = 与去年同期相比
投诉量同比上升12.5%。 = 同比上升12.5%
人均绿地居全省第八位。 = 居全省第八位
空置率远高于全国平均水平。 = 远高于全国
入园率比上年减少3个百分点。 = 比上年减少3个百分点
空房率从5%上升到9%。 = 从5%上升到9%
水价是邻市的2.5倍。 = 是邻市的2.5倍
与武汉、宜昌等市相比，差距明显。 = 与武汉、宜昌等市相比
与群众的期待相比还有差距。 =
问题比较突出，比如停车。 =
超过1,000人（占全市的三成）住在这里。 =
建议：与邻市相比，适当提高标准。 =
# source
据市消防队统计，火情有12起。 = 据市消防队统计
从物业台账看，电梯常坏。 = 从物业台账
第四次经济普查数据显示，网点多。 = 第四次经济普查数据显示
《城市养犬调查报告》写得清楚。 = 《城市养犬调查报告》
省统计年鉴可查。 = 省统计年鉴
据不完全统计，火情有12起。 = 据不完全统计
数据显示，火情有12起。 = 数据显示
文件是国办发〔2023〕12号。 = 国办发〔2023〕12号
见《物业管理条例》第二十三条。 = 《物业管理条例》第二十三条
火情约占21.6%。 =
建议：制定《停车管理办法》。 =
依据充分，证据确凿。 =
据说有12起火情。 =
《红楼梦》里写过。 =
建立统计报告制度，完善台账。 =
# place
住在咸宁市和武汉的老人常来。 = 咸宁市 | 武汉
在城南区与红星路，车流很大。 = 城南区 | 红星路
从柳湖小区到青山广场没有公交。 = 柳湖小区 | 青山广场
A市K3县的堤坝开裂。 = A市 | K3县
对淦河的污染要管。 = 淦河
在老旧小区和城市道路上，在农村与社区里。 =
我市、全县、各区、本镇、该村、某小区都缺车位。 =
形成都市圈，扩大连接，确保定期检查，关怀化解，平衡水价。 =
对农贸市场和公路的思路要清。 =
建设示范区，发展园区，治理河流。 =
# group
3.2万名老年人独居。 = 3.2万名老年人
残疾人1200人没有登记。 = 残疾人1200人
外卖骑手和中小学生挤在一起。 = 外卖骑手 | 中小学生
全县20万农户盼着修渠。 = 20万农户
小微企业300万元贷款到期。 = 小微企业
教师资格证难考，重阳老人节热闹。 =
# cause
原因在于没有人管。 = 原因在于没有人管
由于没有维修资金，电梯停了。 = 由于没有维修资金
管道老化，导致水压不足。 = 导致水压不足
问题分析：一是设施老化；二是经费不足。 = 一是设施老化 | 二是经费不足
饮水来源于水库。 =
起火原因不明。 =
成效：一是投入不断增加；二是车位不少。 =
建议：一是解决设施老化；二是补足经费不足。 =
第八次会议没有召开。 =
# obstacle
项目卡在用地上，难以推进。 = 卡在 | 难以
权属不清，部门间互相推诿。 = 权属不清 | 互相推诿
收费缺乏明确依据。 = 缺乏明确依据
工期受汛期影响。 = 受汛期影响
老人无法自己报名。 = 无法自己报名
无障碍设施不全。 =
要破解瓶颈、打破壁垒。 =
建议：消除障碍，难以一步到位的分期办。 =
如果没有资金就停。 =
# body
建议：由市住建局牵头，会同市公安局、区城管局实施。 = 市住建局 | 市公安局 | 区城管局
建议：财政、民政、人社等部门应出台细则。 = 财政、民政、人社等部门
请市排水公司汛前清淤，物业公司公开账目。 = 市排水公司 | 物业公司
市教育局答复过一次。 = 市教育局
教育局局长去过现场。 =
委员和教育家都赞成。 =
教育机构很多，科技中心离得远。 =
有关部门没有答复。 =
这盘棋的布局和格局都要变。 =
本人是市政协委员。 =
# action
建议：在柳湖小区新建12个停车位。 = 新建12个停车位
建议：修订《城市养犬管理条例》。 = 修订《城市养犬管理条例》
建议：在车站设立母婴服务窗口。 = 设立母婴服务窗口
建议：将助餐点纳入年度考核。 = 纳入年度考核
建议：开展楼道消防排查。 = 开展楼道消防排查
建议：给予独居老人送餐补贴。 = 给予独居老人送餐补贴
建议：推行物业账目公示制度。 = 推行物业账目公示制度
建议把放学时间改到五点。 = 把放学时间改到五点
建议：每季度公布一次水质。 = 每季度公布一次水质
建议：加强管理，完善机制，推进工作。 =
建议：健全制度，优化环境，提升水平。 =
建议：把安全摆在更加突出的位置。 =
建议：重视平台的建设，搞好园区的设计。 =
建议：已建成两个停车场，正在修订《条例》。 =
市里新建了12个停车位。 =
# quantity
现有车位200个。建议：新增车位80个。 = 80个
现有车位200个。建议：3月5日答复第12条。 =
# deadline
建议：2026年底前完成。 = 2026年底前
建议：年内建成，6月底前开工。 = 年内 | 6月底前
建议：三个月内答复。 = 三个月内
建议：分两年实施。 = 分两年实施
建议：汛期前清淤，明年三月底前通车。 = 汛期前 | 明年三月底前
近三年内发生12起火情，一年内坏了两次。 =
建议：拆除2000年建成的泵站。 =
建议：以目前的情况看，十分必要。 =
建议：围绕2030年前碳达峰目标改造锅炉。 =
建议：把三部分内容合并。 =
# money
建议：安排200万元，由财政专项列支。 = 200万元 | 财政专项
建议：每户补助2000元。 = 每户补助2000元
建议：明确资金来源，实行以奖代补。 = 资金来源 | 以奖代补
建议：列入年度预算。 = 列入年度预算
损失200万元。 =
建议：元宵节放假，一元论不提。 =
建议：资金要用好。 =
# legal_basis
建议：依据《道路交通安全法》第三十三条施划。 = 依据《道路交通安全法》第三十三条
《城镇燃气管理条例》规定要定期检查。 = 《城镇燃气管理条例》规定
按照省政府《加快养老服务的意见》办理。 = 按照省政府《加快养老服务的意见》
根据《统计年鉴》推算。 =
依法办理，依据充分。 =
建议：制定《停车管理办法》。 =
# precedent
建议：借鉴宜昌市错峰停车的做法。 = 借鉴宜昌市错峰停车的做法
建议：先在三个社区试点。 = 先在三个社区试点
建议：选取柳湖小区先行先试。 = 选取柳湖小区先行先试
建议：开展免费接种试点。 = 开展免费接种试点
建议：先行先试。 =
建议：总结经验，推广做法。 =
我市是国家试点城市。 =
建议：打造武汉经验。 =
# slogan
建议：高度重视停车，加大力度，形成合力。 = 高度重视 | 加大力度 | 形成合力
建议：加大对停车的整治力度。 = 加大对停车的整治力度
建议：切实做好服务，营造良好氛围。 = 切实做好 | 营造良好氛围
要提高认识，要大力推进。 = 提高认识 | 大力推进
建议：进一步加强巡查并新增泊位200个。 =
建议：大力推进年底前开工。 =
建议：加大力度补助每户2000元。 =
近年来，市里高度重视停车。 =
# hearsay
听说要涨价，据反映已经涨了。 = 听说 | 据反映
有人说车位够用，大家都说不够。 = 有人说 | 大家都说
众所周知，这里很堵。 = 众所周知
不少居民反映水压低。 = 不少居民反映
英语听说课太少，听说能力不强。 =
数据传输慢，证据传真来。 =
这都说明车位不足。 =
# vagueness
有关部门没有管，一些地方更严重。 = 有关部门 | 一些地方
建议：采取相应措施，适当提高，逐步解决。 = 相应措施 | 适当 | 逐步
建议：有条件的学校先办。 = 有条件的
处置不适当。 =
建议：按《若干意见》办理，循序逐步来。 =
"""


def cases():
    """Yield type, text and quotes of each line."""
    kind = None
    for line in filter(None, CASES.splitlines()):
        if line.startswith("# "):
            kind = EvidenceType(line[2:])
        else:
            text, _, expected = line.rpartition(" =")
            quotes = [quote.strip() for quote in expected.split("|") if quote.strip()]
            yield pytest.param(kind, text, quotes, id=f"{kind}: {text}")


def found(body, kind=None, *, title=""):
    """What is found in a body, of one type or of all."""
    document = Document(title=normalise(title), body=normalise(body))
    return [each for each in find_evidence(document, LEXICON) if kind in (None, each.type)]


@pytest.mark.parametrize(("kind", "text", "quotes"), list(cases()))
def test_quotes_of_a_type(kind, text, quotes):
    assert [each.quote for each in found(text, kind)] == quotes


def test_every_type_has_cases_and_near_misses():
    seen = {(case.values[0], bool(case.values[2])) for case in cases()}
    assert seen == {(kind, hit) for kind in EvidenceType for hit in (True, False)}


@pytest.mark.parametrize(
    ("kind", "text", "facts"),
    [
        ("survey", "2023年3月，我们走访了柳湖小区，发放问卷320份。", "dated placed counted"),
        ("survey", "调研中发现，楼道很乱。", ""),
        ("source", "据市消防队统计，火情有12起。", "named"),
        ("source", "据统计，火情有12起。", ""),
        ("source", "国办发〔2023〕12号可查。", "policy"),
        ("cause", "问题：一是设施老化。", "listed"),
        ("cause", "症结在于没有人管。", ""),
        ("group", "3.2万名老年人独居。", "counted"),
        ("group", "老年人独居。", ""),
        ("precedent", "建议：借鉴宜昌市的做法。", "named placed"),
        ("precedent", "建议：先在三个社区试点。", "counted"),
        ("body", "建议：由市住建局牵头。", "acts"),
        ("body", "建议市卫健委每年体检一次。", "acts"),
        ("body", "建议：物业公司要公开账目。", "acts"),
        ("body", "建议：取消街道办事处的证明。", ""),
        ("body", "市教育局要求过一次。", "acts"),
        ("body", "市教育局很忙。", ""),
    ],
)
def test_facts_of_the_one_quote(kind, text, facts):
    (only,) = found(text, kind)
    assert only.facts == set(facts.split())


def test_one_body_in_a_row_speaks_for_all():
    bodies = found("建议：由市住建局、市公安局和区城管局各自清理。", EvidenceType.BODY)
    assert [Fact.ACTS in body.facts for body in bodies] == [True, True, True]


def test_suggestions_are_told_from_the_situation_without_a_heading():
    figures = found("1.市城管局在东门设10个摊位。\n2.去年市城管局撤了12个摊位。")
    told = {each.quote: each.suggested for each in figures if each.quote in ("10个", "12个")}
    assert told == {"10个": True, "12个": False}


def test_title_holds_no_slogan():
    assert not any(
        each.type.lacks_substance
        for each in found("停车很难。", title="关于进一步加强停车管理的建议")
    )


def test_author_is_not_read():
    assert found("提案人：李秀英，湖心区卫健局\n路灯坏了。", EvidenceType.BODY) == []


def test_every_type_has_a_name_for_users():
    assert set(LEXICON.names) == set(EvidenceType)
    assert LEXICON.names[EvidenceType.BODY] == "责任单位"


def test_evidence_names_its_sentence():
    document = clean(Submission(title="关于路灯的建议", body="现有路灯20盏。坏了8盏。"))
    evidence = find_evidence(document, LEXICON)
    assert [each.sentence for each in evidence] == [1, 2]
    for each in evidence:
        sentence = split_sentences(document.text)[each.sentence]
        assert sentence.start <= each.start < sentence.end


def check(document):
    """Quotes are exact, in text order, bounded, and those of one type never overlap."""
    evidence = find_evidence(document, LEXICON)
    assert [each.start for each in evidence] == sorted(each.start for each in evidence)
    reached = dict.fromkeys(EvidenceType, 0)
    for each in evidence:
        assert document.text[each.start : each.end] == each.quote
        assert 0 < len(each.quote) <= LONGEST
        assert reached[each.type] <= each.start
        reached[each.type] = each.end


@given(st.text(), st.text())
def test_quotes_are_exact_in_any_text(title, body):
    check(Document(title=normalise(title).replace("\n", " "), body=normalise(body)))


@given(st.lists(st.sampled_from([*re.findall(r"[^\W\d_]{1,3}|\d+|[^\w ]|\n", CASES)]), max_size=80))
def test_quotes_are_exact_in_texts_that_look_like_proposals(pieces):
    check(Document(title="", body=normalise("".join(pieces))))


def test_nasty_texts_are_read(nasty_text):
    check(Document(title="", body=normalise(nasty_text)))


def test_no_pattern_looks_further_than_a_sentence():
    # What one place of a text costs is bounded, so the whole is linear in its length.
    rules = [rule for rules in LEXICON.rules.values() for rule in rules]
    patterns = [
        *(pattern for rule in rules for pattern in (rule.regex, rule.lead, rule.unless)),
        *LEXICON.beside.values(),
        *(LEXICON.begins, LEXICON.suggests, LEXICON.urges, LEXICON.tells),
        *(LEXICON.acts_before, LEXICON.date),
    ]
    widths = [re._parser.parse(each.pattern).getwidth()[1] for each in patterns if each]
    assert max(widths) < 400


@pytest.mark.parametrize(
    "piece", ["市", "一二三", "1,000", "我们走访了", "据", "《", "老年人3万", "教育、"]
)
def test_hundred_thousand_characters_without_an_end_are_read(piece):
    check(Document(title="", body=normalise((piece * 100_000)[:100_000])))


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("'{群体}'", "'{群众}'", "type[group].rule[0].find"),
        ("'{群体}'", "'({群体}'", "type[group].rule[0].find"),
        ("'{群体}'", "'.*{群体}'", "type[group].rule[0].find"),
        ("'{群体}'", "'{群体}{2,}'", "type[group].rule[0].find"),
        ("'{群体}'", "'{群体}'\nfond = 1", "type[group].rule[0].fond"),
        ('code = "group"', 'code = "grupp"', "code"),
        ('code = "group"', 'code = "place"', "type[place]"),
        ('"期内" = \'', '"期内" = \'{期内}', "type[deadline]"),
        (
            'only_with_type = "place"',
            'only_with_type = "body"',
            "type[case].rule[0].only_with_type",
        ),
        ('"省市" = [', '"省市" = ["{省市}", ', "type[source]"),
    ],
)
def test_broken_lexicon_names_file_key_and_reason(tmp_path, old, new, key):
    path = tmp_path / "evidence.toml"
    shutil.copy(FILE, path)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InvalidTaxonomy) as caught:
        read_evidence_lexicon(path, UNITS)
    assert key in caught.value.key
    assert caught.value.file == str(path)
