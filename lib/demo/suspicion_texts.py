"""Replies for cities whose suspicious units are known: templates that say nothing, and texts that only look alike.

Slots are filled anew for each ticket: {name}, {day}, {no}, {tel}, {quote} (the citizen's own words); words in
brackets are chosen from.
"""

from __future__ import annotations

import re

import numpy as np

# The same text under everything, with another name, day or number, or with words exchanged.
TEMPLATES: tuple[str, ...] = (
    "尊敬的{name}，您好！您反映的问题已收悉，我单位领导高度重视，现正在积极推进中，请您耐心等待，祝您生活愉快。",
    "经核查，该问题已转相关科室办理，后续将按规定程序处理，感谢您的监督。",
    "{day}已与{name}取得联系，反映事项已登记在册，我单位将结合实际情况研究解决。",
    "关于您反映的情况，我单位已列入工作台账，待条件成熟后予以解决，敬请谅解。回复人：{name}，电话：{tel}。",
    "您好，来件收悉。该事项我单位正按照相关规定核实处理，如有进展将第一时间告知，感谢您的理解与支持！",
    "工单{no}已办理完毕，办理情况：已电话沟通解释，诉求人无其他意见，申请办结。",
    "已处理。",
    "已与诉求人沟通解释，申请办结。",
    "[您好|市民您好|您好市民]，您反映的[问题|情况]我单位已[知悉|了解]，将安排工作人员[跟进处理|跟踪办理]，请您保持电话畅通，[谢谢|感谢]您的来电。",
    "该诉求[属实|基本属实]，我单位已责成[责任科室|相关科室|有关科室]抓紧落实整改，力争早日解决群众反映的困难，特此[回复|答复]。",
    "关于“{quote}”的诉求，我单位已收悉并高度重视，正在研究处理，感谢您的理解与支持。",
    "答复：您所提的意见很好，我们将认真研究吸纳，进一步改进工作，不断提升群众满意度（{day}）。",
)
# One event, one honest answer to everybody.
EVENTS: tuple[str, ...] = (
    "受{day}强降雨影响，辖区多处积水，我单位连夜组织抢排，积水已于次日上午退去，后续将加固排水口。",
    "因主管网突发爆裂，{day}起部分区域停水，经抢修现已恢复供水，给您带来不便深表歉意。",
    "{day}大风导致线路跳闸，我单位已全部恢复送电，并对沿线树障进行清理。",
)
# One place over weeks.
PLACES: tuple[str, ...] = (
    "该小区二次供水改造工程正在施工，预计月底完工，施工期间已在东门设临时供水点，每日三次送水。",
    "该路段雨污分流改造分三段施工，目前进行第二段，完工后立即恢复路面，现场已设便道和公示牌。",
)
# One matter that concerns many, explained alike for weeks.
SEASONS: tuple[str, ...] = (
    "今年集中供热将于11月15日开始，目前正在注水打压，如家中漏水请拨打所属换热站电话，测温不达标可申请退费。",
    "秋季划片入学结果已按教育局公告公示，如对划片有异议可于公示期内持户口簿、房产证到学校复核。",
)
# A long frame around what was really done.
FRAMES: tuple[tuple[str, str], ...] = (
    ("尊敬的市民朋友，您好！感谢您对政务服务热线的关注与支持，现将您反映事项的办理情况答复如下：",
     "如您对办理结果仍有疑问，请在五个工作日内与我单位联系。"),
    ("您好，现就您反映的问题回复如下。", "感谢您的监督，欢迎继续提出宝贵意见。"),
)  # fmt: skip
_SURNAMES = "赵钱孙李周吴郑王冯陈"
_CHOICE = re.compile(r"\[([^\]]*)\]")


def filled(rng: np.random.Generator, text: str, quote: str = "") -> str:
    """The text for one ticket. quote: what a unit that repeats the citizen's words would repeat."""
    text = _CHOICE.sub(lambda match: str(rng.choice(match[1].split("|"))), text)
    name = str(rng.choice(list(_SURNAMES))) + str(rng.choice(["先生", "女士"]))
    day = f"{rng.integers(8, 11)}月{rng.integers(1, 29)}日"
    return text.format(
        name=name, day=day, quote=quote, no=int(rng.integers(10**9, 10**10)), tel=int(rng.integers(10**6, 10**7))
    )
