"""Own texts, in pairs, with what they are to each other by the readers' guide."""

from nlp_service.domain.duplicates import Relation
from nlp_service.text.normalise import Document, normalise


def text(title: str, body: str) -> Document:
    return Document(title=normalise(title), body=normalise(body))


NOISE = text(
    "",
    "领导您好！我是金桂苑小区3栋的住户。楼下的夜宵店从晚上十点开到凌晨三点，划拳唱歌，油烟直往楼上灌。"
    "家里老人有心脏病，孩子第二天还要上学，整夜睡不着。我们给城管打过电话，来了就安静一会儿，走了照旧。"
    "请责令这家夜宵店装好油烟净化设备，过了晚上十一点不准在外面摆桌。",
)
NOISE_SAME = text(
    "夜宵摊扰民",
    "金桂苑小区3栋一楼那家烧烤店天天营业到后半夜，喝酒喊叫声吵得整栋楼没法休息，烟味呛人。"
    "城管管过几回都不顶用。希望有关部门让他们安装油烟净化器，夜里十一点以后不要再占道摆桌子。",
)
NOISE_ELSEWHERE = text(
    "",
    "你好，反映一个问题：翠湖名邸门口新开了一家大排档，每晚音响开得很大，闹到两三点。"
    "厨房排烟口正对居民窗户，衣服都不敢晾在外面。物业说管不了。请环保和城管去翠湖名邸看看，该整改的整改。",
)
BUS = text(
    "12路公交晚班车太早收车",
    "我在经开区上班，晚上八点半下班，可12路末班车八点就没了，只能打车回温泉城区，一趟要三十多块。"
    "同一个园区里像我这样的有几百人。请公交公司把12路的末班时间延到九点半。",
)
BUS_SAME = text(
    "",
    "经开区工厂多，工人下班都在八点以后，但是12路公交车晚上八点就停运，大家回不了温泉。"
    "坐出租车划不来，骑电动车冬天又冷又危险。能不能让12路多跑一个半小时，九点半再收班？",
)
BUS_OTHER = text(
    "",
    "23路车早高峰根本挤不上去，二十分钟才来一趟，到第二实验小学送孩子天天迟到。"
    "希望公交公司在早上七点到八点给23路加几辆车。",
)
LIFT = text(
    "关于加快我市老旧小区加装电梯的建议",
    "我市九成以上的多层住宅建于2000年以前，没有电梯，住在五六楼的老人下不了楼。"
    "目前加装电梯难在意见不统一、资金没着落、审批跑腿多。建议：一、由住建局牵头设一个窗口联合审查，"
    "二十个工作日办结；二、财政对每部电梯补助十万元；三、社区请律师和调解员做低楼层住户的工作。",
)
LIFT_SAME = text(
    "破解既有住宅增设电梯难题的提案",
    "老龄化越来越深，可是没有电梯的旧楼还很多，高楼层的老年人成了“悬空老人”。"
    "低层住户反对、钱筹不齐、手续繁琐，是全市增设电梯推不动的三个原因。"
    "具体建议：简化流程，住建部门统一受理、并联审批；市财政按台给予补贴；街道和社区出面协商，化解邻里分歧。",
)
CHARGER = text(
    "关于在我市老旧小区加装充电桩的建议",
    "我市老旧小区停车位少，电网容量小，新能源车主充不上电，有人从楼上拉线，火灾风险很大。"
    "建议：一、由供电公司改造小区变压器；二、利用路边和公共停车场集中建充电桩；三、禁止飞线充电，消防部门加强检查。",
)
TEMPLE = text(
    "",
    "我弟弟在外地打工，老家房子去年被雨水冲垮了一面墙，村里说报了危房改造，等了一年也没有人来看。"
    "请问现在农村危房补助还有没有，要交哪些材料？",
)
SCHOOL = text(
    "实验幼儿园收费不合理",
    "阳光实验幼儿园这学期除了保教费，又要求每人交兴趣班费800元、校服费450元，不交就坐在教室后面。"
    "老师说是自愿，可是一个班只有两个人没交。请教育局查一查这样收费合不合规定，多收的应当退给家长。",
)


def edited(document: Document) -> Document:
    """Change a few words here and there."""
    body = document.body
    for old, new in (
        ("我在", "本人在"),
        ("请", "恳请"),
        ("可是", "但是"),
        ("没有", "无"),
        ("天天", "每天"),
        ("目前", "现在"),
        ("领导您好!", ""),
        ("晚上", "夜里"),
    ):
        body = body.replace(old, new)
    return Document(title=document.title, body=body)


def moved(document: Document, old: str, new: str) -> Document:
    """Name another place, and change nothing else."""
    return Document(title=document.title.replace(old, new), body=document.body.replace(old, new))


def inside(document: Document) -> Document:
    """Put most of a text into a longer one of another matter."""
    before = (
        "近来走访了几个街道,群众意见集中在三件事上。第一件是菜市场门口的积水,下雨天买菜的人只能绕道,"
        "排水口被泥沙堵住,清过一回又堵上了。第二件事,"
    )
    after = (
        "第三件是社区卫生室周末不开门,老人量个血压还要坐车进城,希望至少排一个人值班。"
        "以上三件都不大,却是天天碰到的,盼着能有人管。"
    )
    return Document(title="走访街道听到的三件事", body=before + document.body + after)


PAIRS = {
    "the same complaint about another estate": (NOISE, NOISE_ELSEWHERE, {Relation.RELATED}),
    "another bus line": (BUS, BUS_OTHER, {Relation.RELATED, Relation.NONE}),
    "one estate's noise in other words": (NOISE, NOISE_SAME, {Relation.SAME}),
    "one bus line's hours in other words": (BUS, BUS_SAME, {Relation.SAME}),
    "one measure for the whole city in other words": (LIFT, LIFT_SAME, {Relation.SAME}),
    "lifts and chargers": (LIFT, CHARGER, {Relation.RELATED, Relation.NONE}),
    "a few words changed, message": (NOISE, edited(NOISE), {Relation.COPY}),
    "a few words changed, proposal": (LIFT, edited(LIFT), {Relation.COPY}),
    "word for word": (SCHOOL, SCHOOL, {Relation.COPY}),
    "a template with another estate": (
        NOISE,
        moved(NOISE, "金桂苑小区3栋", "碧水湾小区8栋"),
        {Relation.COPY},
    ),
    "a section in a longer text": (LIFT, inside(LIFT), {Relation.COPY}),
    "a message in a longer text": (BUS, inside(BUS), {Relation.COPY}),
    "school fees and a fallen wall": (SCHOOL, TEMPLE, {Relation.NONE}),
    "a bus and a kindergarten": (BUS, SCHOOL, {Relation.NONE}),
    "lifts and a fallen wall": (LIFT, TEMPLE, {Relation.NONE}),
}
"""Name -> both texts, and the relations that are right."""

MISSED = ("one estate's noise in other words", "one measure for the whole city in other words")
"""Of one matter in wholly other words these are taken for related."""
