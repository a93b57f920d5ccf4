from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_service.domain.errors import InvalidTaxonomy
from nlp_service.domain.taxonomy_files import read_taxonomy
from nlp_service.quality.gate_rules import Strength, find_gate_hits, read_gate_rules
from nlp_service.text.normalise import Document, normalise

DATA = Path(__file__).parents[2] / "data"
GATES = DATA / "quality" / "gates.toml"
RULES = read_gate_rules(GATES)

SUGGESTED = {
    "G1": [
        ("我在单位翻到一份盖有“绝密”字样的会议纪要，拍下来附给你们看。", "一份盖有“绝密"),
        ("文件右上角标着机密★二十年，内容是全市应急电源的布点。", "标着机密"),
        ("这是内部资料，注明不得外传，我抄了三段供委员参考。", "内部资料,注明不得外传"),
        ("营区后门的弹药库位置就在采石场东侧，放炮太近了。", "弹药库位置"),
        ("随信寄上摘自内部文件的调运路线，请不要上网。", "摘自内部文件"),
        ("某部队番号和岗哨换班时间我都写在后面了。", "某部队番号"),
    ],
    "G2": [
        ("建议市里允许农家乐晚上摆几台老虎机，收点管理费。", "允许农家乐晚上摆几台老虎机"),
        ("恳请恢复镇里的小煤窑，大家有口饭吃。", "恢复镇里的小煤窑"),
        ("建议对报废车睁一只眼闭一只眼，让村里人先开着。", "睁一只眼闭一只眼"),
        ("希望放开代孕，解决生育率低的问题。", "放开代孕"),
    ],
    "G3": [
        ("作为一名普通党员，我不同意把他列为支委候选人。", "不同意把他列为支委"),
        ("局党组班子调整没有征求老同志的看法，请收回任命。", "党组班子调整没有征求"),
        (
            "我是老党员，县里提拔王某当副书记，大家都想不通。",
            "提拔王某当副书记,大家都想不通",
        ),
    ],
    "G4": [
        ("我是民进会员，我们支部换届的候选人名单没有征求大家意见，请政协出面。", "支部换届"),
        ("致公党市委会今年的会费怎么花的从不公布，我们会员有意见。", "会费怎么花"),
        ("农工党支部主委一个人说了算，评优只给自己科室的人。", "主委一个人说了算"),
    ],
    "G5": [
        ("我和装修公司的官司已经上诉到中院，请政协帮我说句话。", "已经上诉"),
        ("我不服工伤认定，已向市政府申请行政复议，到现在没有结果。", "已向市政府申请行政复议"),
        ("仲裁裁我赢，公司不服又起诉了。", "不服又起诉"),
        ("案号是（2023）川0104民初1234号，开过庭一个多月还没判。", "2023)川0104民初1234"),
        ("判决大半年了，我申请强制执行，老板的账户一分钱没有。", "申请强制执行"),
        ("我把开发商告到法院，十月八日开庭。", "把开发商告到法院"),
        ("我们不服一审，二审法院维持原判。", "二审法院"),
        ("房东要我腾房，法院传票昨天收到了。", "传票"),
    ],
    "G6": [
        ("摘要：本文从制度变迁的视角出发，对乡贤治理作一学理考察。关键词：乡贤；范式", "本文从"),
        ("试论数字乡村的叙事建构。学界众说纷纭，笔者以为既有研究忽视了场域的张力。", "试论"),
        ("拙文尝试提出一个分析框架，限于篇幅，实证部分另文讨论，敬请方家指正。", "拙文"),
    ],
    "G7": [
        ("我儿子今年六岁，户口不在本市，请领导帮我安排一个学位。", "我儿子"),
        ("本人今年五十二岁，原是棉纺厂下岗职工，工龄少算了六年，求求你们给我补上。", "本人"),
        ("我妈瘫痪在床三年，低保申请交了半年没批，恳请领导过问。", "我妈"),
        ("我爱人在外地教书，两地分居八年，能不能把她调到县城来，我给你们磕头了。", "我爱人"),
        ("我叫刘福生，2019年3月在工地摔断了腿，老板不给钱，我该怎么办？", "我叫"),
    ],
    "G8": [
        (
            "我公司研发的“清源一号”净水机性价比高，建议教育局发文在全市学校统一采购。",
            "发文在全市学校统一采购",
        ),
        ("本人创办的书法培训中心深受家长好评，请宣传部门帮忙推广，欢迎来电咨询。", "本人创办的"),
        ("我司代理的垃圾分类亭已在多个城市装机，请列为全市指定产品。", "我司代理"),
    ],
    "G9": [
        ("实名举报青山镇财政所所长刘某贪污扶贫款，附转账记录。", "举报"),
        ("我要检举兴旺建筑公司围标串标，请纪委查处。", "检举"),
        ("村支书赵某强占集体鱼塘十二亩，伙同会计套取补贴，请上级彻查。", "强占"),
        ("老陈烧烤无证经营，老板姓陈，用的是死猪肉，请市场监管局取缔。", "老板姓"),
        ("我前夫包养情妇，还利用职权受贿，请立案调查。", "包养"),
    ],
    "G10": [
        ("要提高政治站位，加强组织领导，形成强大合力，奋力开创养老工作新局面。", "提高政治站位"),
        ("一要高度重视，统一思想。二要齐抓共管，久久为功。三要营造氛围。", "高度重视"),
        ("为此建议：切实提高认识，加大工作力度，落到实处。", "加大工作力度"),
    ],
    "G11": [
        ("建议把个税起征点提高到八千元。", "个税起征点提高"),
        ("建议修改《劳动合同法》，把试用期上限改为一个月。", "修改《劳动合同法》"),
        ("请全国人大尽快就个人信息买卖单独立法。", "请全国人大"),
        ("这件事市里做不了，请予转报省政协。", "市里做不了"),
    ],
    "G12": [
        (
            "想反映三件事：第一，三小门口的红绿灯坏了；第二，县医院挂号要排两小时；"
            "第三，菜场的猪肉注水。请分别转办。",
            "反映三件事",
        ),
        (
            "一、公交车收班太早；二、小区物业乱停水；三、幼儿园学位不够；四、河里的污水没人管。"
            "以上几件请各部门研究。",
            "幼儿园",
        ),
        ("今天说两件事。头一件是路灯，另外反映一下我母亲的低保。", "说两件事"),
    ],
    "G14": [
        ("楼上住的吴某有艾滋病，病历我托人拍到了，附后，请把他赶走。", "艾滋"),
        ("我把厂里未公开的配方写出来：柠檬酸三份，温度六十度。", "未公开的配方"),
        ("这是对手公司的成本底价表，从他们投标员手里拿到的，附上。", "成本底价"),
    ],
}

ORDINARY = {
    "G1": [
        "建议在全市机关开展保密培训，学习新修订的保密法。",
        "企业商业秘密保护意识薄弱，建议印发指引。",
        "把人防工程改成停车场，周末向市民开放。",
        "请开放三线军工遗址，做成工业旅游线路。",
        "随军家属就业难，建议部队驻地的街道设专门窗口。",
        "成功没有秘密，只有坚持。",
        "筑牢网络宣传阵地，露营营区的位置要标清楚，挂图作战。",
        "请大家不要在网上传播谣言，请按规定处理。",
    ],
    "G2": [
        "建议严厉打击赌博和传销，清理老虎机。",
        "长江十年禁渔以来，电鱼仍有发生，建议加强巡查。",
        "建议恢复周五夜市，允许流动摊贩在广场东侧经营。",
        "小产权房遗留问题多，建议摸底登记，严禁新建买卖。",
        "建议恢复湿地，让野生动物有栖息地，恢复被占用的基本农田。",
        "请拆除违建，恢复原状。",
    ],
    "G3": [
        "建议完善村干部考核制度，拓宽年轻干部选拔渠道。",
        "建议加强非公企业党建，选派党建指导员。",
        "村民对物业公司更换经理有意见。",
    ],
    "G4": [
        "民盟市委会调研认为，我市夜校资源不足，建议增开班次。",
        "建议更好发挥民主党派民主监督作用。",
        "业委会换届程序不透明，业主有意见。",
    ],
    "G5": [
        "建议加强劳动人事争议仲裁院建设，增加仲裁员。",
        "我市两级法院去年受理家事案件两千件，建议推行诉前调解。",
        "建议扩大行政复议受理窗口，在乡镇设咨询点。",
        "物业纠纷打官司成本高，建议设立诉调对接中心。",
        "检察机关去年提起公益诉讼四十件，建议完善线索移送机制。",
        "请问工伤赔偿要先仲裁还是可以直接起诉？",
    ],
    "G6": [
        "建议在高校设立乡村振兴研究院，开展课题研究。",
        "笔者走访了十二个社区，发现车位缺口大。具体建议：一、增设立体车库。",
        "建议举办一次城市更新学术研讨会，邀请专家把脉。",
        "讲好长江故事是时代命题，建议把码头文化的叙事做成展览。",
    ],
    "G7": [
        "我市独居老人有两万多名，建议街道建立巡访制度。",
        "我们小区路灯坏了半个月，居民出行不便，请维修。",
        "本人建议在河堤加装护栏。",
        "我家门前这条路是全村的主干道，建议拓宽到五米。",
    ],
    "G8": [
        "建议推广秸秆还田技术，给予每亩五十元补贴。",
        "我市茶叶品牌小而散，建议打造区域公用品牌。",
        "建议推广“枫桥经验”，把矛盾化解在基层。",
        "联系人和联系电话见提案表。",
    ],
    "G9": [
        "建议健全举报奖励制度，畅通12345举报渠道。",
        "电信网络诈骗多发，建议在银行网点张贴提示。",
        "建议严查校外培训机构违规收费，建立黑名单制度。",
        "建议加强对村级财务的监督，防止贪污挪用。",
        "工地拖欠农民工工资问题突出，建议推行工资保证金。",
    ],
    "G10": [
        "建议城管局在十月底前，为老城区十二条街巷加装路灯三百盏，经费从维护费列支。",
        "一要高度重视，由教育局牵头，年底前为六所小学各配一名校医；二要加大投入，每校补助三万元。",
        "楼下烧烤摊油烟呛人，没有人管。",
    ],
    "G11": [
        "根据《安全生产法》，建议应急局组织一次排查。",
        "建议市政府修订《停车管理办法》，把收费时段写清楚。",
        "国务院已出台意见，建议我市尽快制定实施细则。",
    ],
    "G12": [
        "关于改善校门口交通的建议：一、划定接送车位；二、错峰放学；三、增派辅警；四、设志愿岗。",
        "一是发展特色产业，二是改善人居环境，三是加强人才培养，四是提升乡村文化。",
        "请市医保局做三件事：一是公布目录，二是开通热线，三是设意见箱。",
    ],
    "G14": [
        "建议学校每学期开展一次抑郁症筛查。",
        "我母亲有精神病，发作时打人，请帮忙送医院。",
        "建议加强医院病历管理，防止患者隐私泄露。",
        "建议出台商业秘密保护条例，帮助企业签订保密协议。",
    ],
}


def hits(text, gate=None):
    found = find_gate_hits(Document(title="", body=normalise(text)), RULES)
    return [hit for hit in found if gate in (None, hit.gate)]


@pytest.mark.parametrize(
    ("gate", "text", "quote"),
    [(gate, *case) for gate, cases in SUGGESTED.items() for case in cases],
)
def test_what_suggests_a_gate_is_quoted(gate, text, quote):
    found = hits(text, gate)
    assert {hit.strength for hit in found} == {Strength.STRONG}
    assert quote in [hit.quote for hit in found]


@pytest.mark.parametrize(
    ("gate", "text"), [(gate, text) for gate, texts in ORDINARY.items() for text in texts]
)
def test_ordinary_proposals_on_the_subject_suggest_nothing(gate, text):
    assert hits(text, gate) == []


@pytest.mark.parametrize(
    ("gate", "text"),
    [
        ("G5", "邻居家要我赔钱，不赔就让我打官司，我该找谁？"),
        ("G7", "请问我爱人的户口怎么迁过来？"),
        ("G9", "听说有家公司没有办理执照，没人管。"),
        ("G10", "路灯坏了，希望有关部门引起重视。"),
    ],
)
def test_a_slight_sign_alone_is_weak(gate, text):
    assert {hit.strength for hit in hits(text, gate)} == {Strength.WEAK}


def test_spans_count_in_title_and_body_together():
    document = Document(title="举报信", body="举报镇卫生院会计李某套取医保,请查处。")
    for hit in find_gate_hits(document, RULES):
        assert document.text[hit.start : hit.end] == hit.quote


def test_a_gate_quotes_no_words_twice():
    quotes = [hit.quote for hit in hits("我妈住院，我妈住院，求求你们，我妈住院花光了钱。", "G7")]
    assert len(quotes) == len(set(quotes))


def test_slogans_before_the_suggestions_do_not_make_them_empty():
    text = "要高度重视，统一思想，齐抓共管。具体建议：每条街巷加装路灯十盏，年底前完成。"
    assert hits(text, "G10") == []


def test_a_suggestion_to_the_same_subject_in_each_item_is_one_matter():
    text = "一、公交车太少；二、公交站没有顶棚；三、公交卡不能充值；四、公交司机太凶。"
    assert hits(text, "G12") == []


def test_nasty_texts_are_read(nasty_text):
    hits(nasty_text)


def test_an_empty_text_suggests_nothing():
    assert find_gate_hits(Document(title="", body=""), RULES) == []


CUES = [text for cases in SUGGESTED.values() for text, _ in cases]


@given(st.lists(st.one_of(st.text(max_size=20), st.sampled_from(CUES)), max_size=6))
def test_spans_are_exact_for_any_text(parts):
    document = Document(title="", body="".join(parts))
    found = find_gate_hits(document, RULES)
    assert found == sorted(found, key=lambda hit: (hit.start, hit.end, hit.gate))
    for hit in found:
        assert hit.quote
        assert document.text[hit.start : hit.end] == hit.quote
    for gate in {hit.gate for hit in found}:
        assert len({hit.strength for hit in found if hit.gate == gate}) == 1


def test_every_gate_that_one_text_can_tell_has_rules():
    predicted = [gate.code for gate in read_taxonomy(DATA / "taxonomy").predicted_gates]
    assert sorted(gate.code for gate in RULES.gates) == sorted(predicted)


SMALL = """
[lists]
"亲属" = ["儿子", "女儿"]
[[gate]]
code = "G7"
strong_from = 2
weak_from = 1
[[gate.sign]]
name = "亲属"
points = 1
most = 2
phrases = ["我{亲属}"]
not_with = ["感谢"]
"""


def read_written(folder, written):
    path = folder / "gates.toml"
    path.write_text(written, encoding="utf-8")
    return read_gate_rules(path)


def test_an_office_can_write_its_own_rules(tmp_path):
    rules = read_written(tmp_path, SMALL)
    document = Document(title="", body="我儿子病了,我女儿也病了。感谢医生救我儿子。")
    assert [hit.quote for hit in find_gate_hits(document, rules)] == ["我儿子", "我女儿"]


def test_words_that_tell_nothing_are_quoted_only_when_nothing_else_is(tmp_path):
    further = """
[[gate.sign]]
name = "自述"
points = 1
quoted = false
phrases = ["我"]
[[gate.sign]]
name = "众人"
points = -1
phrases = ["大家"]
"""
    rules = read_written(tmp_path, SMALL + further)

    def quotes(body):
        return [hit.quote for hit in find_gate_hits(Document(title="", body=body), rules)]

    assert quotes("我病了。") == ["我"]
    assert quotes("我病了,我儿子也病了。") == ["我儿子"]
    assert quotes("我和大家都病了。") == []


@pytest.mark.parametrize(
    ("right", "wrong", "key"),
    [
        ("most = 2", "mots = 2", "gates.gate[G7].sign[0].mots"),
        ("points = 1", 'points = "1"', "gates.gate[G7].sign[0].points"),
        ("weak_from = 1", "weak_from = 3", "gate[G7]"),
        ("我{亲属}", "我{亲戚}", "gate[G7].sign[亲属].phrases"),
        ("感谢", "(感谢", "gate[G7].sign[亲属].not_with"),
    ],
)
def test_a_mistake_names_its_file_and_key(tmp_path, right, wrong, key):
    with pytest.raises(InvalidTaxonomy) as error:
        read_written(tmp_path, SMALL.replace(right, wrong))
    assert error.value.key == key
    assert error.value.file.endswith("gates.toml")
