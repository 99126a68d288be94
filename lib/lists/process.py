"""The life of a list item as one table: which step leads from where to where, on which list, and who may take it.

Whatever is not in the table is refused with the reason. Commands ask `refusal` before they change anything; pages
ask it to know which buttons to offer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lib.access.roles import ROLES, Identity, Resource
from lib.schema.list_terms import LIST_KINDS, STATES

PROBLEM, SUPERVISION = "problem", "supervision"
RESOURCES: Mapping[str, Resource] = {PROBLEM: "problem_list", SUPERVISION: "supervision_list"}
# States of an item that still asks something of somebody.
OPEN = ("proposed", "listed", "assigned", "handling", "suspended", "closing")
UNDER_WAY = ("assigned", "handling", "suspended", "closing")
STAYS = None


@dataclass(frozen=True)
class Step:
    """One step.

    sources: states it may be taken from (None in it: a new item). target: state it leads to, STAYS where the state
    is kept or depends on a verdict. rights: list → rights of the matrix of which the person needs one; a list that
    is missing does not know the step. second_person: the person must not be the one who asked or proposed.
    needs: what must be said: reason, evidence.
    """

    label: str
    sources: tuple[str | None, ...]
    target: str | None
    rights: Mapping[str, tuple[str, ...]]
    second_person: bool = False
    needs: tuple[str, ...] = ()


_CLERK = {PROBLEM: ("write",), SUPERVISION: ("write",)}
# Units answer for themselves where they sign in; otherwise the clerk enters what their sheet says.
_UNIT = {PROBLEM: ("write", "reply"), SUPERVISION: ("write", "reply")}
# The matrix gives approval on the 督办清单 apart; the hotline centre decides on its own list, by another person.
_APPROVER = {PROBLEM: ("write",), SUPERVISION: ("approve",)}

STEPS: Mapping[str, Step] = {
    "propose": Step("拟列", (None,), "proposed", _CLERK),
    "change": Step("修改内容", ("proposed", "listed", "assigned", "handling", "suspended", "closing"), STAYS, _CLERK),
    "enlist": Step("审核列入", ("proposed",), "listed", _APPROVER, second_person=True),
    "decline": Step("不予列入", ("proposed",), "declined", _APPROVER, needs=("reason",)),
    "assign": Step("立项交办", ("listed",), "assigned", _CLERK),
    "sign": Step("签收", ("assigned",), "handling", _UNIT),
    "report": Step("填报进展", ("assigned", "handling", "suspended", "closing"), STAYS, _UNIT),
    "ask_extension": Step("申请延期", ("assigned", "handling"), STAYS, _UNIT, needs=("reason",)),
    "decide_extension": Step("审批延期", ("assigned", "handling", "closing", "suspended"), STAYS, _APPROVER,
                             second_person=True),
    "object_duty": Step("职责异议", ("assigned", "handling"), STAYS, _UNIT, needs=("reason",)),
    "decide_duty": Step("裁定职责异议", ("assigned", "handling", "closing", "suspended"), STAYS, _APPROVER,
                        second_person=True, needs=("reason",)),
    "ask_suspension": Step("申请挂账", ("handling",), STAYS, _CLERK, needs=("reason",)),
    "decide_suspension": Step("审批挂账", ("handling",), STAYS, _APPROVER, second_person=True),
    "resume": Step("恢复办理", ("suspended",), "handling", _CLERK, needs=("reason",)),
    "ask_close_out": Step("申请销号", ("handling",), "closing", _UNIT, needs=("reason", "evidence")),
    "withdraw_close_out": Step("撤回销号申请", ("closing",), "handling", _CLERK, needs=("reason",)),
    "verify_close_out": Step("销号复核", ("closing",), STAYS, _APPROVER, second_person=True),
    "reinspect": Step("回头看", ("closed",), STAYS, _CLERK, needs=("reason",)),
    "reopen": Step("反弹重启", ("closed",), "handling", _CLERK, needs=("reason",)),
    "hand_over": Step("移交", ("listed", "assigned", "handling"), "handed_over", {PROBLEM: ("hand_over",)},
                      needs=("reason",)),
    "receive": Step("签收移交", ("handed_over",), STAYS, {PROBLEM: ("receive",)}),
    "escalate": Step("提级督办", ("assigned", "handling", "suspended"), STAYS, _APPROVER, needs=("reason",)),
    "urge": Step("催办", ("assigned", "handling"), STAYS, _CLERK),
    "sponsor": Step("包案", OPEN, STAYS, _CLERK),
    "whistle": Step("吹哨", ("listed", "assigned", "handling"), STAYS, _UNIT, needs=("reason",)),
    "arrive": Step("报到", ("listed", "assigned", "handling", "suspended", "closing"), STAYS, _UNIT),
    "link": Step("关联工单", OPEN, STAYS, _CLERK),
    "attach": Step("上传佐证材料", (*OPEN, "closed", "handed_over"), STAYS, _UNIT),
    "withdraw_evidence": Step("撤下佐证材料", OPEN, STAYS, _CLERK, needs=("reason",)),
    "document": Step("出具文书", (*OPEN, "closed", "handed_over"), STAYS, _CLERK),
    "void_document": Step("作废文号", tuple(STATES), STAYS, _CLERK, needs=("reason",)),
    "void": Step("作废", ("proposed", "listed", "declined"), "voided", _CLERK, needs=("reason",)),
}  # fmt: skip

# Steps after which an item waits for somebody's verdict → the step that gives it.
VERDICT_STEPS = {"extension": "decide_extension", "suspension": "decide_suspension", "duty": "decide_duty",
                 "close_out": "verify_close_out"}  # fmt: skip


def refusal(
    step: str,
    person: Identity,
    list_kind: str,
    state: str | None,
    *,
    asked_by: str | None = None,
    second_persons: frozenset[str] = frozenset(STEPS),
) -> str | None:
    """Why the person may not take the step on an item of the list in that state; None where nothing stands against
    it. asked_by: account that proposed or asked; second_persons: steps the city wants a second person for.

    Whether a unit's item is its own is a matter of reach, not of this table.
    """
    rule = STEPS[step]
    if list_kind not in rule.rights:
        return f"{LIST_KINDS[list_kind]}没有“{rule.label}”这一步"
    resource = RESOURCES[list_kind]
    if not any(person.may(resource, right) for right in rule.rights[list_kind]):
        who = "、".join(_holders(resource, rule.rights[list_kind]))
        return f"{ROLES[person.role]}不能办理“{rule.label}”，应由{who}办理"
    if state not in rule.sources:
        now = STATES[state] if state else "尚未建立"
        allowed = "、".join(STATES[s] for s in rule.sources if s)
        return f"该事项现在是“{now}”，不能办理“{rule.label}”（须为{allowed or '新事项'}）"
    if rule.second_person and step in second_persons and asked_by is not None and asked_by == person.account:
        return f"“{rule.label}”须由申请人以外的另一人办理"
    return None


def _holders(resource: Resource, rights: tuple[str, ...]) -> list[str]:
    """Roles that have one of the rights, by name."""
    return [
        name for role, name in ROLES.items() if any(Identity("", "", role).may(resource, right) for right in rights)
    ]


def offered(person: Identity, list_kind: str, state: str) -> list[str]:
    """Steps that the person may take on such an item now, in the order of the table."""
    return [step for step in STEPS if step != "propose" and refusal(step, person, list_kind, state) is None]
