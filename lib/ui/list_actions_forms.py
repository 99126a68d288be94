"""What each step of a list item asks of the person, and the command that it becomes: one table for one item and for
many at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import pandas as pd

from lib.answers import ItemDetail, ListView
from lib.commands.lists import hand_over, reinspections, reports, requests, steps
from lib.lists.process import VERDICT_STEPS
from lib.schema.list_terms import RECEIVERS, REINSPECTION_KINDS, REINSPECTION_VERDICTS, VERDICTS

Kind = Literal["text", "line", "date", "choice", "several", "unit", "units"]
ACCEPTED = {"accepted": "签收", "returned": "退回"}


@dataclass(frozen=True)
class Context:
    """What a form is about. row: the item as in answers.list_items. detail: the item in full; None for a batch.
    units: code → name of every unit. form_key: key under which it is carried out once.
    """

    row: Mapping[str, Any]
    view: ListView
    units: Mapping[str, str]
    form_key: str
    detail: ItemDetail | None = None

    @property
    def is_clerk(self) -> bool:
        """The person enters for units, so that the unit must be named."""
        return self.view.reach is None

    def responsible(self) -> dict[str, str]:
        """Code → name of the units responsible, the lead unit first; of a unit those it speaks for."""
        codes = [self.row["lead_unit_code"], *self.row["supporting_unit_codes"]]
        reach = self.view.reach
        return {c: self.view.names.get(c, c) for c in codes if c and (reach is None or c in reach)}

    def lead(self) -> dict[str, str]:
        """The lead unit alone."""
        code = self.row["lead_unit_code"]
        return {code: self.view.names.get(code, code)} if code else {}

    def request(self, kind: str) -> dict[str, Any] | None:
        """The open request of that kind."""
        if self.detail is None:
            return None
        found = self.detail.requests
        found = found[(found["kind"] == kind) & found["decided_at"].isna()]
        return None if found.empty else {str(k): v for k, v in found.iloc[0].items()}

    def awaited(self) -> dict[str, str]:
        """whistle_id → department that is awaited."""
        frame = self.detail.whistles if self.detail else pd.DataFrame({"arrived_at": []})
        frame = frame[frame["arrived_at"].isna()]
        return {
            str(row.whistle_id): f"{row.called_unit}（{row.whistled_at:%m月%d日}吹哨）" for row in frame.itertuples()
        }

    def to_reinspect(self) -> dict[str, str]:
        """reinspection_id → which one and until when."""
        frame = self.detail.reinspections if self.detail else pd.DataFrame({"done_at": [], "cancelled_at": []})
        frame = frame[frame["done_at"].isna() & frame["cancelled_at"].isna()]
        return {str(row.reinspection_id): f"{REINSPECTION_KINDS[str(row.kind)]}（应于{row.due_on}前）"
                for row in frame.itertuples()}  # fmt: skip

    def handed(self) -> int | None:
        """The hand-over that waits for the person's office."""
        if self.detail is None:
            return None
        frame = self.detail.hand_overs
        mine = frame[frame["received_at"].isna() & (frame["receiver"] == self.view.person.role)]
        return None if mine.empty else int(mine.iloc[0]["hand_over_id"])


Options = Callable[[Context], Mapping[str, str]]


@dataclass(frozen=True)
class Ask:
    """One field. default: what it begins with. options: of choices; asked only where there is more than one.
    when: whether it is asked at all.
    """

    key: str
    label: str
    kind: Kind = "text"
    required: bool = False
    default: Callable[[Context], Any] = lambda _context: None
    options: Options | None = None
    when: Callable[[Context], bool] = lambda _context: True
    help: str | None = None


@dataclass(frozen=True)
class Form:
    """The form of a step. make: context and entered values → command; handler carries it out. note: a grey line
    above the fields. for_many: it may be filled in once for several items.
    """

    make: Callable[[Context, Mapping[str, Any]], Any]
    handler: Callable[..., Any]
    asks: tuple[Ask, ...] = ()
    note: Callable[[Context], str] = lambda _context: ""
    for_many: bool = False


def _reason(label: str) -> Ask:
    return Ask("reason", label, required=True)


def _unit(label: str = "代哪个单位办理", options: Options = Context.responsible) -> Ask:
    return Ask("unit_code", label, "choice", True, lambda c: c.row["lead_unit_code"], options,
               when=lambda c: c.is_clerk or len(c.responsible()) > 1)  # fmt: skip


def _later(label: str, key: str = "due_on") -> Ask:
    """A new limit; the city's usual one is offered."""
    return Ask(key, label, "date", True, lambda c: c.view.profile.days.after(
        c.view.today, c.view.profile.due_days[c.row["list_kind"]]))  # fmt: skip


def _versioned(command: Callable[..., Any], *names: str) -> Callable[[Context, Mapping[str, Any]], Any]:
    """Command of the item in the version that was opened, with the entered values of these names."""
    return lambda c, said: command(c.row["item_no"], c.row["version"], form_key=c.form_key,
                                   **{name: said[name] for name in names if name in said})  # fmt: skip


def _plain(command: Callable[..., Any], *names: str) -> Callable[[Context, Mapping[str, Any]], Any]:
    """Command of the item that depends on no version."""
    return lambda c, said: command(c.row["item_no"], form_key=c.form_key,
                                   **{name: said[name] for name in names if name in said})  # fmt: skip


def _verdict(command: Callable[..., Any], kind: str, *names: str) -> Callable[[Context, Mapping[str, Any]], Any]:
    """Command that decides the open request of that kind."""

    def make(c: Context, said: Mapping[str, Any]) -> Any:
        asked = c.request(kind)
        given = {name: said[name] for name in ("verdict", "decision", *names) if name in said}
        number = int(asked["request_id"]) if asked else 0
        return command(c.row["item_no"], c.row["version"], number, form_key=c.form_key, **given)

    return make


def _asked_for(kind: str) -> Callable[[Context], str]:
    """What the open request says."""

    def words(c: Context) -> str:
        asked = c.request(kind)
        if asked is None:
            return ""
        parts = [f"{asked['unit'] or asked['by_name'] or ''}申请：{asked['text']}"]
        if isinstance(asked["wanted_on"], date):
            parts.append(f"{'复核日期' if kind == 'suspension' else '申请延至'} {asked['wanted_on']}")
        if asked["wanted_unit"]:
            parts.append(f"建议承办单位 {asked['wanted_unit']}")
        return "；".join(parts)

    return words


_VERDICT = Ask("verdict", "决定", "choice", True, options=lambda _c: VERDICTS)
_DECISION = Ask("decision", "决定的理由（不同意时必填）")


def _is_one(c: Context) -> bool:
    return c.detail is not None


def _is_batch(c: Context) -> bool:
    return c.detail is None


def _assign(c: Context, said: Mapping[str, Any]) -> steps.Assign:
    given = dict(said)
    if _is_batch(c) and c.row["lead_unit_code"]:
        given.pop("lead_unit_code", None)
    return steps.Assign(c.row["item_no"], c.row["version"], given.get("lead_unit_code"), given.get("due_on"),
                        given.get("supporting_unit_codes"), c.form_key)  # fmt: skip


def _assign_note(c: Context) -> str:
    usual = f"一般期限为交办后{c.view.profile.due_days[c.row['list_kind']]}个工作日。"
    return usual + ("不填时按每件原定的时限，没有定过的按一般期限。" if _is_batch(c) else "")


def _close_out_note(c: Context) -> str:
    if not c.row["evidence_count"]:
        return "还没有佐证材料：请先关闭本窗口，用“上传佐证材料”上传后再申请。"
    return f"已有佐证材料{c.row['evidence_count']}份。申请后由另一人复核。"


def _escalate_note(c: Context) -> str:
    levels = c.view.profile.escalation_levels
    if c.row["level"] + 1 >= len(levels):
        return f"现在是“{c.row['level_label']}”，已是最高一级。"
    return f"由“{c.row['level_label']}”提级为“{levels[c.row['level'] + 1]}”。"


def _reinspect(c: Context, said: Mapping[str, Any]) -> reinspections.Reinspect:
    chosen = said.get("reinspection_id") or next(iter(c.to_reinspect()), "0")
    return reinspections.Reinspect(int(chosen), said.get("verdict", ""), said.get("note", ""), c.form_key)


FORMS: Mapping[str, Form] = {
    "enlist": Form(_versioned(steps.Enlist, "note"), steps.enlist, (Ask("note", "审核意见"),), for_many=True),
    "decline": Form(_versioned(steps.Decline, "reason"), steps.decline, (_reason("不予列入的理由"),)),
    "assign": Form(
        _assign, steps.assign,
        (Ask("lead_unit_code", "牵头（责任）单位", "unit", True, lambda c: c.row["lead_unit_code"], when=_is_one),
         Ask("supporting_unit_codes", "配合单位", "units", default=lambda c: list(c.row["supporting_unit_codes"]),
             when=_is_one),
         Ask("due_on", "办结时限", "date", True, lambda c: c.row["due_on"] or c.view.profile.days.after(
             c.view.today, c.view.profile.due_days[c.row["list_kind"]]), when=_is_one),
         Ask("due_on", "共同的办结时限（可不填）", "date", when=_is_batch),
         Ask("lead_unit_code", "牵头（责任）单位（可不填）", "unit", when=_is_batch,
             help="只用于还没有单位的事项，已有单位的不变")),
        note=_assign_note, for_many=True,
    ),
    "sign": Form(
        _versioned(steps.Sign, "signed_by", "signed_on"), steps.sign,
        (Ask("signed_by", "签收人", "line", default=lambda c: "" if c.is_clerk else c.view.person.display_name),
         Ask("signed_on", "签收日期", "date", default=lambda c: c.view.today)),
        note=lambda c: "按承办单位交回的纸质回执登记。" if c.is_clerk else "", for_many=True,
    ),
    "report": Form(
        _plain(reports.Report, "progress", "problems", "next_steps", "unit_code", "reporter", "reported_on"),
        reports.report,
        (_unit("填报单位"), Ask("progress", "进展情况", required=True), Ask("problems", "存在问题"),
         Ask("next_steps", "下步措施"), Ask("reporter", "填报人", "line"),
         Ask("reported_on", "填报日期", "date", default=lambda c: c.view.today)),
    ),
    "urge": Form(
        _plain(reports.Urge, "text", "unit_code"), reports.urge,
        (Ask("unit_code", "催办单位", "choice", True, lambda c: c.row["lead_unit_code"], Context.responsible,
             when=lambda c: c.detail is not None),
         Ask("text", "催办内容", help="不填时写“请于某日前报告办理进展”")),
        note=lambda c: "催办方式逐级递进：" + "、".join(c.view.profile.urging_levels) + "。", for_many=True,
    ),
    "ask_extension": Form(
        _versioned(requests.AskExtension, "reason", "wanted_on", "unit_code"), requests.ask_extension,
        (_unit("申请单位", Context.lead), Ask("wanted_on", "申请延至", "date", True), _reason("延期理由")),
        note=lambda c: f"现在的办结时限是{c.row['due_on']}。" if c.detail else "", for_many=True,
    ),
    "decide_extension": Form(_verdict(requests.DecideExtension, "extension"), requests.decide_extension,
                             (_VERDICT, _DECISION), _asked_for("extension")),
    "object_duty": Form(
        _versioned(requests.ObjectDuty, "reason", "wanted_unit_code", "unit_code"), requests.object_duty,
        (_unit("提出单位", Context.lead), _reason("异议理由"), Ask("wanted_unit_code", "建议承办单位", "unit")),
        note=lambda c: f"须在交办后{c.view.profile.objection_days}个工作日内提出。",
    ),
    "decide_duty": Form(
        _verdict(requests.DecideDuty, "duty", "new_unit_code"), requests.decide_duty,
        (_VERDICT, Ask("new_unit_code", "改由哪个单位承办（同意时）", "unit",
                       default=lambda c: (c.request("duty") or {}).get("wanted_unit_code")),
         Ask("decision", "裁定意见", required=True)), _asked_for("duty"),
    ),
    "ask_suspension": Form(
        _versioned(requests.AskSuspension, "reason", "review_on"), requests.ask_suspension,
        (_reason("挂账理由"), Ask("review_on", "复核日期", "date", True)),
        note=lambda _c: "挂账须另一人审批，到复核日期再议。",
    ),
    "decide_suspension": Form(
        _verdict(requests.DecideSuspension, "suspension", "approver"), requests.decide_suspension,
        (_VERDICT, Ask("approver", "批准人（领导）", "line"), _DECISION), _asked_for("suspension"),
    ),
    "resume": Form(_versioned(steps.Resume, "reason", "due_on"), steps.resume,
                   (_reason("恢复办理的理由"), _later("新的办结时限"))),
    "ask_close_out": Form(
        _versioned(requests.AskCloseOut, "reason", "unit_code"), requests.ask_close_out,
        (_unit("申请单位", Context.lead), _reason("办结情况和销号理由")), _close_out_note,
    ),
    "withdraw_close_out": Form(_versioned(requests.WithdrawCloseOut, "reason"), requests.withdraw_close_out,
                               (_reason("撤回原因"),)),
    "verify_close_out": Form(_verdict(requests.VerifyCloseOut, "close_out"), requests.verify_close_out,
                             (_VERDICT, Ask("decision", "复核意见（不同意时必填）")), _asked_for("close_out")),
    "reinspect": Form(
        _reinspect, reinspections.reinspect,
        (Ask("reinspection_id", "哪一次回头看", "choice", True, lambda c: next(iter(c.to_reinspect()), None),
             Context.to_reinspect),
         Ask("verdict", "结果", "choice", True, options=lambda _c: REINSPECTION_VERDICTS),
         Ask("note", "核查情况", required=True)),
    ),
    "reopen": Form(_versioned(steps.Reopen, "reason", "due_on"), steps.reopen,
                   (_reason("重启原因"), _later("新的办结时限"))),
    "hand_over": Form(
        _versioned(hand_over.HandOver, "reason", "approver", "receivers"), hand_over.hand_over,
        (Ask("receivers", "接收单位", "several", True, lambda c: [c.view.profile.hand_over_to[0]],
             lambda c: {key: RECEIVERS[key] for key in c.view.profile.hand_over_to}),
         _reason("移交理由"), Ask("approver", "批准人（领导）", "line", True)),
        note=lambda _c: "移交后由接收单位签收；退回时本事项恢复到移交前的状态。",
    ),
    "receive": Form(
        lambda c, said: hand_over.Receive(c.handed() or 0, said.get("accepted") == "accepted",
                                          said.get("receipt", ""), form_key=c.form_key),
        hand_over.receive,
        (Ask("accepted", "办理", "choice", True, options=lambda _c: ACCEPTED),
         Ask("receipt", "签收意见（退回时必填理由）")),
        note=lambda c: "签收后在督办清单中生成一件待交办事项。" if c.view.person.role == "supervision" else "",
    ),
    "escalate": Form(_versioned(steps.Escalate, "reason", "approver"), steps.escalate,
                     (_reason("提级理由"), Ask("approver", "批准人（领导）", "line", True)), _escalate_note),
    "sponsor": Form(
        _versioned(reports.Sponsor, "name", "post", "zero_by_on"), reports.sponsor,
        (Ask("name", "包案领导", "line", True, lambda c: c.row["sponsor"] if c.detail else ""),
         Ask("post", "职务", "line", True, lambda c: c.row["sponsor_post"] if c.detail else ""),
         Ask("zero_by_on", "清零时限", "date", default=lambda c: c.row["sponsor_zero_by_on"] if c.detail else None)),
        for_many=True,
    ),
    "whistle": Form(
        _plain(reports.Whistle, "unit_code", "called_unit_code", "reason"), reports.whistle,
        (Ask("unit_code", "吹哨单位", "choice", True, lambda c: c.row["lead_unit_code"], Context.responsible),
         Ask("called_unit_code", "请哪个部门报到", "unit", True), _reason("吹哨事由")),
    ),
    "arrive": Form(
        lambda c, said: reports.Arrive(
            c.row["item_no"], int(said.get("whistle_id") or next(iter(c.awaited()), "0")), said.get("note", ""),
            c.form_key),
        reports.arrive,
        (Ask("whistle_id", "报到部门", "choice", True, lambda c: next(iter(c.awaited()), None), Context.awaited),
         Ask("note", "报到情况")),
    ),
    "void": Form(_versioned(steps.Void, "reason"), steps.void, (_reason("作废原因"),),
                 note=lambda _c: "作废后编号保留、不再使用。"),
}  # fmt: skip

# Steps that make sense only while something waits for them.
ASKED_KINDS = {step: kind for kind, step in VERDICT_STEPS.items()}
ASKS = {"ask_extension": "extension", "object_duty": "duty", "ask_suspension": "suspension",
        "ask_close_out": "close_out"}  # fmt: skip


def makes_sense(step: str, context: Context) -> bool:
    """Whether there is something for the step to act on: a request to decide, a department to arrive …"""
    if step in ASKED_KINDS:
        return context.request(ASKED_KINDS[step]) is not None
    if step in ASKS:
        return context.request(ASKS[step]) is None
    if step == "arrive":
        return bool(context.awaited())
    if step == "reinspect":
        return bool(context.to_reinspect())
    if step == "receive":
        return context.handed() is not None
    if step == "escalate":
        return bool(context.row["level"] + 1 < len(context.view.profile.escalation_levels))
    return step in FORMS
