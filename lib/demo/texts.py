"""What citizens say and units answer, put together from phrases with fictional places."""

from __future__ import annotations

from sqlalchemy import Table

from lib.demo.facts import Emit

WHEN = (
    "近一周以来", "从上个月开始", "昨天晚上", "最近几天", "今天早上", "半个月前", "入住以来", "三天前", "上周末", "去年年底以来",
    "连续多日", "前天下午", "这段时间", "从本月初开始",
)  # fmt: skip
CONSEQUENCES = (
    "已经影响到附近居民的正常生活", "家中有老人和孩子，非常不方便", "此前向社区反映过，一直没有人处理", "多次联系相关单位，没有得到明确答复",
    "居民对此意见很大", "存在一定安全隐患", "拨打过两次热线，仍未解决", "同一单元的住户都有类似情况", "担心继续拖下去损失更大",
    "打电话询问，被告知再等等", "现场无人负责，也没有公示联系方式", "附近几户都愿意配合核实",
)  # fmt: skip
DEMANDS = (
    "希望相关部门尽快核实处理", "要求给出明确的解决时限", "请安排人员到现场查看", "希望有关单位给予书面答复", "要求尽快恢复正常",
    "请帮助协调解决", "希望查清原因并妥善处理", "请督促责任单位限期整改", "希望处理后电话告知结果", "要求相关单位负责人给出说法",
)  # fmt: skip
ASKING = (
    "来电人想了解具体流程和所需材料", "来电人表示不清楚应到哪个窗口办理", "来电人希望得到准确答复", "来电人称网上查询到的说法不一致",
    "来电人在外地工作，希望尽量线上办理", "来电人询问办理时间和联系电话",
)  # fmt: skip
SUGGESTIONS = (
    "建议增加巡查频次", "建议设置明显的提示标识", "建议提前向居民公示安排", "建议统一规划后再施工", "建议开通线上预约", "建议适当延长服务时间",
)  # fmt: skip
PRAISE = ("态度热情、处理及时", "耐心解释、多次上门", "当天到场、当天解决", "认真负责、全程跟进")
DESK_REPLIES = (
    "已向诉求人详细说明办理条件、所需材料和办理地点，诉求人表示清楚。", "根据知识库内容现场答复，诉求人表示理解。",
    "经三方通话由业务单位直接解答，诉求人认可。", "已告知咨询电话和网上办理路径，诉求人表示感谢。", "已当场解释相关政策依据，诉求人无异议。",
)  # fmt: skip
FINDINGS = (
    "工作人员当日到现场查看，情况属实", "经现场核实，诉求人反映的情况基本属实", "经调查，反映的问题部分属实", "工作人员与诉求人一同到现场核对",
    "经查阅资料并走访住户，情况属实", "经与诉求人电话核实后实地查看",
)  # fmt: skip
MEASURES = (
    "已安排人员维修，现已恢复正常", "已责令责任方限期整改，整改已完成", "已组织清理，并纳入日常巡查", "已协调双方达成一致意见", "已更换损坏部件，运行正常",
    "已补发相关款项，请诉求人查收", "因涉及多个单位，已列入计划，预计下月完成", "已约谈负责人，要求规范经营", "已向诉求人解释政策规定",
    "已完成初步处置，后续将持续跟进",
)  # fmt: skip
CLOSINGS = (
    "并已电话告知诉求人，诉求人表示满意。",
    "已将办理情况告知诉求人。",
    "诉求人表示认可。",
    "后续如有问题可随时联系。",
    "已加诉求人联系方式跟进。",
)
ONE_REPLY_FOR_ALL = "您好，您反映的问题我单位高度重视，已安排专人办理，感谢您对我们工作的理解与支持。"
GRUMBLES = (
    "没有人到现场看过", "只打了一个电话就说办结了", "问题还在，没有解决", "答复和实际情况不符", "说下个月处理，没有具体时间", "推来推去没有结果",
    "维修后第二天又坏了", "态度敷衍",
)  # fmt: skip
THANKS = ("处理得很快", "满意，谢谢", "工作人员很耐心", "已经解决了", "比较满意", "希望以后不要再发生")

_TEXTS = """
WITH worded AS (
    SELECT x.*, m.matter, m.child_names, m.problems, m.question, p.address, p.near, n.name AS unit_name,
        d.district, CASE WHEN u(x.i, 84) < 0.9 AND NOT lost_matter THEN pick(child_names, u(x.i, 91)) ELSE m.matter END AS child,
        moment(x.v_closed1 - x.v_closed1 % 86400) AS closing_day
    FROM seen_a x JOIN lu_matter m USING (cat) JOIN lu_district d USING (dist)
        LEFT JOIN lu_place p ON p.town = x.town AND p.place = x.place LEFT JOIN lu_name n ON n.unit_code = x.unit
), spoken AS (
    SELECT *, CASE WHEN lost_place OR near IS NULL THEN CASE WHEN lost_place THEN '某处' ELSE district || '某处' END ELSE near END AS spot
    FROM worded
)
SELECT {segment} AS segment_no, i AS ticket_id,
    CASE WHEN is_urging THEN '催办：' || matter || '问题办理进度'
         WHEN req = 0 THEN '咨询' || child || '相关问题'
         WHEN req = 5 THEN '表扬' || coalesce(unit_name, district) || '工作人员'
         WHEN req = 4 THEN '关于' || spot || child || '的建议'
         ELSE spot || child || CASE req WHEN 2 THEN '问题投诉' WHEN 3 THEN '问题举报' WHEN 1 THEN '问题求助' ELSE '问题反映' END END AS title,
    CASE WHEN is_urging THEN '诉求人再次来电，询问' || spot || matter || '问题的办理进度，' || pick({demands}, u(i, 111)) || '。'
         WHEN req = 0 THEN '来电咨询：' || question || '？' || pick({asking}, u(i, 112)) || CASE WHEN u(i, 113) < 0.5 THEN '，所在区域为' ||
            district || coalesce(township, '') ELSE '' END || '。'
         WHEN req = 5 THEN '来电人对' || coalesce(unit_name, district) || '在处理' || child || '问题时' || pick({praise}, u(i, 114)) ||
            '表示感谢，希望予以表扬。'
         WHEN req = 4 THEN '来电人反映' || spot || '的' || child || '情况：' || pick(problems, u(i, 110)) || '。' || pick({suggestions}, u(i, 115)) || '，'
            || pick({demands}, u(i, 111)) || '。'
         ELSE CASE WHEN u(i, 116) < 0.7 THEN '来电反映：' ELSE '群众反映：' END || pick({whens}, u(i, 117)) || '，' || spot || pick(problems, u(i, 110)) || '。'
            || pick({consequences}, u(i, 118)) || '，' || pick({demands}, u(i, 111)) || '。' END AS content,
    CASE WHEN v_closed1 IS NULL THEN NULL
         WHEN NOT referred THEN pick({desk_replies}, u(i, 119))
         WHEN gamed OR (fake AND u(i, 120) < 0.8) THEN '{one_reply}'
         ELSE '经' || coalesce(unit_name, district) || '办理：' || pick({findings}, u(i, 121)) || '。针对' || child || '问题，' ||
            pick({measures}, u(i, 122)) || '，' || pick({closings}, u(i, 123)) END AS reply,
    CASE WHEN lost_place THEN NULL WHEN has_place THEN address ELSE district || coalesce(township, '') END AS address,
    CASE WHEN v_sat = 'n' AND u(i, 124) < 0.7 THEN pick({grumbles}, u(i, 125))
         WHEN v_sat IS NOT NULL AND u(i, 124) < 0.15 THEN pick({thanks}, u(i, 125)) END AS answer_comment
FROM spoken LEFT JOIN lu_town USING (town)
ORDER BY i
"""


def _list(words: tuple[str, ...]) -> str:
    return "[" + ", ".join(f"'{word}'" for word in words) + "]"


def write(emit: Emit, texts: Table, segment: int) -> None:
    """Emit title, content, reply, address and comment of the rows in seen_a."""
    emit(
        texts,
        _TEXTS.format(
            segment=int(segment),
            demands=_list(DEMANDS),
            asking=_list(ASKING),
            praise=_list(PRAISE),
            suggestions=_list(SUGGESTIONS),
            whens=_list(WHEN),
            consequences=_list(CONSEQUENCES),
            desk_replies=_list(DESK_REPLIES),
            findings=_list(FINDINGS),
            measures=_list(MEASURES),
            closings=_list(CLOSINGS),
            grumbles=_list(GRUMBLES),
            thanks=_list(THANKS),
            one_reply=ONE_REPLY_FOR_ALL,
        ),
    )
