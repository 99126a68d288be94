"""The fields a mapping may fill: one catalogue for validation, the template, suggestions and the manual.

Names and meaning of the fields are those of lib/ingest/staged.py and lib/schema/tickets.py.
"""
# A table of words: lines are as long as their entries, and lists of words are written as one string.
# ruff: noqa: E501, SIM905
# fmt: off

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lib.schema import tickets as t

Kind = Literal["text", "long", "time", "flag", "count", "number", "choice"]

_YES = "是 有 y yes true 1 √ t".split()
_NO = "否 无 没有 n no false 0 × f".split()
FLAG_WORDS: dict[str, str | bool] = {**dict.fromkeys(_YES, True), **dict.fromkeys(_NO, False)}


@dataclass(frozen=True)
class Field:
    """One field of a ticket (or of a joined row).

    words: for choices, source words (lower case) -> code; they hold for every mapping and a mapping's own
    `values` come first. names: headings under which the field is met, for suggestions; the first is the
    heading of the standard template. day_end: a date without time means the end of that day.
    """

    name: str
    kind: Kind
    help: str
    names: tuple[str, ...]
    example: str = ""
    words: dict[str, str | bool] | None = None
    day_end: bool = False
    is_event: bool = False

    @property
    def label(self) -> str:
        """Chinese name: the heading of the standard template."""
        return self.names[0]


def _reverse(codes: dict[str, str], **more: str) -> dict[str, str | bool]:
    words: dict[str, str | bool] = {}
    for code, label in codes.items():
        words[code] = words[label] = code
        for word in more.get(code, "").split():
            words[word] = code
    return words


SATISFACTION_WORDS = _reverse(
    t.SATISFACTIONS,
    satisfied="非常满意 很满意 比较满意 满意件 好评",
    basically_satisfied="基本满意件 一般 尚可 中评",
    unsatisfied="非常不满意 很不满意 不满意件 差评",
)
RESOLUTION_WORDS = _reverse(
    t.RESOLUTIONS, resolved="解决 是 已完全解决", partly_resolved="基本解决 部分", unresolved="没有解决 未 否 没解决"
)
OUTCOME_WORDS = _reverse(
    t.CALLBACK_OUTCOMES, reached="接通 成功 是 已回访 回访成功", unreachable="无人接听 关机 停机 空号 否 失败 占线",
    refused="拒接 拒访 不愿评价 拒绝回访",
)
VERDICT_WORDS = _reverse(
    t.RETURN_VERDICTS, agreed="同意 通过 批准", refused="驳回 不同意 拒绝 未通过", pending="待审核 审核中 待批"
)
HANDLING_WORDS = _reverse(
    t.HANDLING_TYPES, desk="直接答复 直接办结 在线解答 即办 座席直办", referred="派单 转派 交办 承办 分派", urging="催单 催促 重复催办"
)
URGENCY_WORDS = _reverse(t.URGENCIES, normal="普通 平急 常规", urgent="加急 较急 急", emergency="特急 特别紧急 重大")
EVENT_WORDS = _reverse(
    t.EVENT_KINDS, dispatch="派发 分派 转办 交办 下派", acknowledge="接收 接单 受理确认", extension="申请延期", closure="结案 办理完毕",
    transfer="改派 二次转派", **{"return": "退回 退件"}, reopen="重新办理 返工 发回重办", callback="电话回访",
    receive="登记 创建", contact="联系市民 首次联系", reply="回复",
)
REQUEST_WORDS: dict[str, str | bool] = {
    **{word: word for word in t.REQUEST_TYPES},
    "咨询类": "咨询", "求助类": "求助", "投诉类": "投诉", "举报类": "举报", "建议类": "建议", "表扬类": "表扬", "其它": "其他",
    "投诉举报": "投诉", "意见建议": "建议", "感谢": "表扬",
}
RESTRICTED_WORDS: dict[str, str | bool] = {
    **{code: code for code in t.RESTRICTED_CLASSES},
    **{label: code for code, label in t.RESTRICTED_CLASSES.items()},
    "是": "secret", "保密": "secret", "否": "", "公开": "", "扬言": "threat", "涉及公职人员": "official",
}
CLOSED_WORDS: dict[str, str | bool] = {
    **dict.fromkeys(
        "办结 已办结 已结 结案 已结案 已完成 完成 归档 已归档 已封存 封存 关闭 已关闭 办理完毕 已办理 回访完成 待回访 已回访 closed resolved "
        "resol done complete completed finished".split(), True),
    **dict.fromkeys(
        "办理中 未办结 待办 待办理 处理中 在办 未结 待签收 已签收 已派单 待派单 已受理 待处理 退单 延期中 重办 督办中 新建 open pending new "
        "assigned in_progress 在途 已派发 已分派 转办中 待审核".split(), False),
}

_TICKET_FIELDS = (
    Field("ticket_no", "text", "工单在来源系统里的编号，同一来源内不重复。必填。请把该列设为文本格式，以免变成 2.02E+11",
          ("工单编号", "诉求编号", "办件编号", "工单号", "受理编号", "案件编号", "留言编号", "编号", "件号", "case id",
           "case_enquiry_id", "unique_key", "unique key", "ticket id", "ticket no", "ticket number", "request id",
           "service request number", "sr number", "case number", "id"), "AY20261001000001"),
    Field("parent_ticket_no", "text", "催办件所催的原工单编号", ("原工单编号", "关联工单编号", "旧工单编号", "主工单编号",
          "parent id", "parent ticket")),
    Field("received_at", "time", "受理（登记、来电）的时间。必填", ("受理时间", "登记时间", "来电时间", "诉求时间", "留言时间",
          "创建时间", "受理日期", "created_date", "created date", "open_dt", "opened", "open date", "creation date",
          "requested_datetime", "received"), "2026-10-01 09:12:30", is_event=True),
    Field("handling_type", "choice", "直办（话务员当场答复）、转办（派给承办单位）、催办（催促原工单，不计入受理量）",
          ("办理类型", "办理方式", "处理方式", "工单类型", "handling type"), "转办", HANDLING_WORDS),
    Field("request_type", "choice", "咨询、求助、投诉、举报、建议、表扬、其他",
          ("诉求类型", "来电类别", "诉求性质", "诉求类别", "事件类型", "request kind"), "求助", REQUEST_WORDS),
    Field("channel", "text", "受理渠道的名称，与城市配置中的渠道名称一致", ("受理渠道", "诉求来源", "办件来源", "来源渠道", "来源",
          "source", "channel", "channel type", "method received", "open_data_channel_type"), "12345热线"),
    Field("urgency", "choice", "一般、紧急、突发", ("紧急程度", "缓急程度", "紧急级别", "urgency", "priority"), "一般",
          URGENCY_WORDS),
    Field("district", "text", "事发县（市、区）或功能区的名称", ("事发区县", "区县", "区域名称", "所属县区", "事发区域", "县区", "辖区",
          "borough", "district", "neighborhood", "county", "ward"), "文峰区"),
    Field("township", "text", "事发乡镇（街道）的名称", ("事发乡镇街道", "街道名称", "乡镇", "街道", "乡镇街道", "所属街道",
          "township", "subdistrict")),
    Field("address", "long", "事发地点，显示时只到街道", ("事发地址", "地址描述", "事发地", "详细地址", "地址", "location",
          "street address", "incident_address", "address")),
    Field("longitude", "number", "经度（坐标系在映射的 coordinates 里说明）", ("经度", "longitude", "lng", "lon"), "114.3925"),
    Field("latitude", "number", "纬度", ("纬度", "latitude", "lat"), "36.0976"),
    Field("category", "text", "事项分类：任一级的名称，或用“/”连接的全路径", ("事项分类", "分类", "问题分类", "事项", "category",
          "complaint_type", "complaint type", "type")),
    Field("category1", "text", "一级分类名称", ("一级分类", "一级分类名称", "事项大类", "问题大类"), "城乡建设"),
    Field("category2", "text", "二级分类名称", ("二级分类", "二级分类名称", "事项小类", "问题小类"), "供热"),
    Field("category3", "text", "三级分类名称", ("三级分类", "三级分类名称")),
    Field("unit", "text", "主办单位（最后一轮）：办结率、满意率计在它名下", ("承办单位", "办理单位", "主办单位", "责任单位",
          "所有办理部门", "处理部门", "department", "agency", "responsible agency", "queue"), "市城市管理局"),
    Field("first_unit", "text", "首次派单的单位；没有时视同承办单位", ("首派单位", "首次承办单位", "批转单位")),
    Field("dispatched_at", "time", "首次派单时间", ("派单时间", "派发时间", "分派时间", "转办时间", "交办时间", "assigned date"),
          "2026-10-01 09:40:00", is_event=True),
    Field("acknowledged_at", "time", "承办单位首次签收的时间", ("签收时间", "接单时间", "接收时间"), "2026-10-01 10:05:00", is_event=True),
    Field("acknowledge_due_at", "time", "签收时限", ("签收截止时间", "签收时限"), day_end=True),
    Field("first_contacted_at", "time", "承办单位首次联系诉求人的时间", ("首次联系时间", "联系时间", "响应时间"), is_event=True),
    Field("contact_due_at", "time", "首次联系时限", ("联系截止时间", "响应时限"), day_end=True),
    Field("original_due_at", "time", "延期之前的办理时限", ("原办理截止时间", "原截止时间"), day_end=True),
    Field("due_at", "time", "办理时限（含已批准的延期）", ("办理截止时间", "部门办理截止时间", "承诺完成时间", "办理时限",
          "延期后截止日期", "截止时间", "due_date", "due date", "target_dt", "target date", "expected_datetime"), "2026-10-09 18:00:00",
          day_end=True),
    Field("is_closed", "choice", "是否已办结：由办件状态决定，不由办结时间决定", ("办件状态", "工单状态", "事件状态", "状态",
          "case_status", "status", "ticket status"), "已办结", CLOSED_WORDS),
    Field("status_raw", "text", "状态原文，不填时取办件状态的原文", ("状态原文",)),
    Field("first_closed_at", "time", "首轮办结时间（重办过的工单）", ("首次办结时间", "首轮办结时间"), day_end=True, is_event=True),
    Field("closed_at", "time", "最后一轮办结时间", ("办结时间", "办理结束时间", "结案时间", "封存时间", "完成时间", "答复时间",
          "closed_date", "closed date", "closed_dt", "close date", "resolution date"), "2026-10-08 16:20:00", day_end=True,
          is_event=True),
    Field("reworked_at", "time", "第二轮办理开始的时间", ("重办时间", "重新办理时间"), is_event=True),
    Field("round_count", "count", "办理轮次：未重办为 1", ("办理轮次", "办理次数"), "1"),
    Field("transfer_count", "count", "转派次数", ("转派次数",)),
    Field("return_count", "count", "退单次数", ("退单次数", "退回次数"), "0"),
    Field("extension_count", "count", "延期次数", ("延期次数", "申请延期次数"), "0"),
    Field("urging_count", "count", "催办次数", ("催办次数",), "0"),
    Field("return_unit", "text", "最后一次退单的单位", ("退单单位", "退回部门")),
    Field("returned_at", "time", "最后一次退单的时间", ("退单时间", "退回时间"), is_event=True),
    Field("return_verdict", "choice", "最后一次退单的裁定：同意、驳回、待裁定", ("退单裁定", "退单结果"), words=VERDICT_WORDS),
    Field("return_reason", "long", "最后一次退单的理由", ("退单理由", "退回原因", "转派退回原因")),
    Field("called_at", "time", "回访时间（所列满意度、是否解决即该次回访的回答）", ("回访时间", "评价时间"), "2026-10-09 10:00:00", is_event=True),
    Field("callback_outcome", "choice", "回访结果：已接通、未接通、拒绝评价", ("回访结果", "是否接通电话", "回访情况"), "已接通", OUTCOME_WORDS),
    Field("callback_count", "count", "回访次数", ("回访次数", "工单回访次数"), "1"),
    Field("satisfaction", "choice", "满意、基本满意、不满意；没有回答留空", ("满意度", "评价满意度", "对办理结果是否满意", "是否满意",
          "满意情况", "satisfaction"), "满意", SATISFACTION_WORDS),
    Field("resolution", "choice", "诉求人认为：已解决、部分解决、未解决；没有回答留空", ("是否解决", "问题是否解决", "解决情况"), "已解决",
          RESOLUTION_WORDS),
    Field("answer_comment", "long", "诉求人评价的原话", ("评价内容", "回访意见", "回访内容")),
    Field("is_enterprise", "flag", "是否企业诉求（企业服务专席）", ("是否企业诉求", "企业诉求", "是否涉企", "涉企"), "否", FLAG_WORDS),
    Field("is_group_event", "flag", "是否突发及群体性诉求", ("是否群体性诉求", "群体性", "是否突发"), "否", FLAG_WORDS),
    Field("is_hard_case", "flag", "是否疑难工单", ("是否疑难工单", "疑难", "疑难件"), "否", FLAG_WORDS),
    Field("restricted_class", "choice", "保密件、涉及公职人员举报、扬言件：计数，但不显示内容", ("限阅类别", "是否保密", "扬言件类型"),
          words=RESTRICTED_WORDS),
    Field("title", "long", "诉求标题", ("诉求标题", "诉求主题", "留言主题", "标题", "主题", "case_title", "descriptor", "subject"),
          "小区路灯不亮"),
    Field("content", "long", "诉求内容", ("诉求内容", "留言详情", "内容", "诉求描述", "description", "case description"),
          "小区东门外路灯已有三天不亮，夜间出行不便，请尽快维修。"),
    Field("reply", "long", "承办单位的答复", ("答复内容", "处理结果", "答复意见", "办理结果", "办理描述", "closure_reason",
          "resolution_description", "resolution notes"), "已更换损坏的灯头，现已恢复照明。"),
    Field("requester_phone", "text", "诉求人电话：只用来识别重复诉求，读入时即加密散列，不保存原号", ("诉求人电话", "联系电话",
          "来电号码", "电话", "手机号", "phone"), "13800000000"),
    Field("source_updated_at", "time", "来源系统最后修改的时间，供增量导入", ("更新时间", "最后更新时间", "修改时间", "last updated",
          "updated_at", "update date", "resolution_action_updated_date"), is_event=True),
)

TICKETS = {field.name: field for field in _TICKET_FIELDS}

_NUMBER_OF = TICKETS["ticket_no"]
_OWN = Field("unit", "text", "单位名称", ("单位", "操作单位", "承办单位", "办理单位"), "市城市管理局")

# Fields of separate files, by the kind of file.
JOINS: dict[str, dict[str, Field]] = {
    "events": {f.name: f for f in (
        _NUMBER_OF,
        Field("kind", "choice", "环节：派单、签收、退单、转派、延期、催办、联系诉求人、答复、办结、重办、吹哨、报到", ("环节", "操作", "操作类型",
              "流转类型", "流转环节", "action"), "派单", EVENT_WORDS),
        Field("happened_at", "time", "时间", ("流转时间", "操作时间", "时间"), "2026-10-01 09:40:00", is_event=True),
        _OWN,
        Field("verdict", "choice", "退单、延期的裁定：同意、驳回、待裁定", ("裁定", "审批结果"), words=VERDICT_WORDS),
        Field("note", "long", "说明", ("流转说明", "操作说明", "说明", "备注")))},
    "rounds": {f.name: f for f in (
        _NUMBER_OF,
        Field("round_no", "count", "轮次", ("轮次", "办理轮次"), "1"), _OWN,
        Field("started_at", "time", "本轮派单时间", ("本轮派单时间", "开始时间"), is_event=True),
        Field("closed_at", "time", "本轮办结时间", ("本轮办结时间", "结束时间"), day_end=True, is_event=True))},
    "callbacks": {f.name: f for f in (
        _NUMBER_OF,
        Field("attempt_no", "count", "第几次回访", ("回访序号", "回访次序"), "1"),
        Field("round_no", "count", "所问的办理轮次", ("轮次", "办理轮次"), "1"),
        Field("called_at", "time", "回访时间", ("回访时间",), "2026-10-09 10:00:00", is_event=True),
        Field("outcome", "choice", "已接通、未接通、拒绝评价", ("回访结果", "是否接通电话"), "已接通", OUTCOME_WORDS),
        Field("satisfaction", "choice", "满意、基本满意、不满意", ("满意度", "评价满意度", "对办理结果是否满意"), "满意", SATISFACTION_WORDS),
        Field("resolution", "choice", "已解决、部分解决、未解决", ("是否解决", "问题是否解决"), "已解决", RESOLUTION_WORDS))},
    "exclusions": {f.name: f for f in (
        _NUMBER_OF,
        Field("exclusion_code", "choice", "剔除原因：无法联系、诉求人拒绝配合、不合理诉求、重复并件、进入司法途径、不予受理", ("剔除原因",),
              "不合理诉求", _reverse(t.EXCLUSION_CODES)),
        Field("approved_by", "text", "批准人；没有批准人的不剔除", ("批准人",)),
        Field("approved_on", "time", "批准日期", ("批准日期",), is_event=True),
        Field("evidence", "text", "依据", ("依据", "剔除依据")))},
    "calls": {f.name: f for f in (
        Field("day", "time", "日期", ("日期", "统计日期"), "2026-10-01", is_event=True),
        Field("inbound", "count", "呼入量", ("呼入量", "来电量"), "1500"),
        Field("answered", "count", "接通量", ("接通量", "接听量"), "1450"))},
}

REQUIRED = {
    "tickets": ("ticket_no", "received_at"),
    "events": ("ticket_no", "kind", "happened_at"),
    "rounds": ("ticket_no", "round_no"),
    "callbacks": ("ticket_no", "called_at"),
    "exclusions": ("ticket_no", "exclusion_code"),
    "calls": ("day", "inbound", "answered"),
}


def fields_of(kind: str) -> dict[str, Field]:
    """The fields of a table kind: `tickets` or one of JOINS."""
    return TICKETS if kind == "tickets" else JOINS[kind]


def known_headings() -> frozenset[str]:
    """Every heading any field is met under: what makes a row likely to be the header."""
    fields = [*TICKETS.values(), *(f for join in JOINS.values() for f in join.values())]
    return frozenset(name for field in fields for name in field.names)
