"""Keys that columns of the dual lists hold, with the words people use for them."""

from __future__ import annotations

LIST_KINDS = {"problem": "问题清单", "supervision": "督办清单"}
STATES = {
    "proposed": "拟列", "declined": "不予列入", "listed": "待交办", "assigned": "待签收", "handling": "办理中",
    "suspended": "挂账", "closing": "待复核", "closed": "已销号", "handed_over": "已移交", "voided": "已作废",
}  # fmt: skip
PROBLEM_TYPES = {"long_delayed": "久拖不决", "closed_unsolved": "办而不结", "perfunctory": "反复敷衍", "other": "其他"}
SOURCES = {
    "instruction": "领导批示", "scheduling": "月调度会", "hand_over": "问题清单移交", "hotline_report": "热线专报",
    "proposal": "建议提案", "petition": "信访", "media": "媒体", "suggestion": "系统拟列建议", "visit": "民情日记",
    "warning": "预警", "tickets": "热线工单", "other": "其他",
}  # fmt: skip
URGENCIES = {"normal": "一般", "urgent": "紧急", "very_urgent": "特急"}
FLAGS = {
    "is_cross_industry": "跨行业", "is_cross_department": "跨部门", "is_cross_level": "跨层级",
    "is_cross_region": "跨区域", "is_duty_unclear": "职责不清", "is_legacy": "历史遗留",
}  # fmt: skip
REQUEST_KINDS = {"extension": "延期", "suspension": "挂账", "duty": "职责异议", "close_out": "销号"}
VERDICTS = {"granted": "同意", "refused": "不同意"}
RECEIVERS = {"supervision": "督查局", "discipline": "纪委监委"}
REPORT_ORIGINS = {"entered": "督办人员录入", "sheet": "回复表导入", "unit": "承办单位填报"}
PURPOSES = {
    "progress": "办理进展", "close_out": "销号佐证", "instruction": "批示件", "receipt": "签收回执",
    "reinspection": "回头看", "other": "其他材料",
}  # fmt: skip
REINSPECTION_KINDS = {"day30": "30日回头看", "day90": "90日回头看", "sample": "抽查", "unsatisfied": "不满意复核"}
REINSPECTION_VERDICTS = {"held": "已解决", "relapsed": "未解决或反弹", "unreachable": "无法核实"}
SUGGESTION_STATES = {"open": "待研判", "accepted": "已采纳", "merged": "已并入", "declined": "未采纳"}
WARNING_KINDS = {"early_sign": "苗头性问题", "deviation": "执行偏差", "false_rectification": "虚假整改"}
WARNING_STATES = {"open": "待核查", "followed": "跟进中", "closed": "已办结"}
