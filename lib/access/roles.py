"""Who may do what: the one table of roles, and the person behind a run.

Rows and columns are those of the safety page: R read, W write, A approve, U own unit and its children only,
M masked. Enforced where SQL is written (Scope.reach) and again at every page, export and command.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal[
    "leader", "supervision", "discipline", "organisation", "hotline", "unit", "kiosk",
    "system_admin", "security_admin", "audit_admin",
]  # fmt: skip
Resource = Literal[
    "dashboards", "tickets", "problem_list", "supervision_list", "suggestions", "registers", "scheduling",
    "assessment", "imports", "exports", "audit", "accounts", "policies",
]  # fmt: skip

ROLES: dict[Role, str] = {
    "leader": "领导", "supervision": "督查局", "discipline": "纪委监委", "organisation": "组织部",
    "hotline": "热线中心", "unit": "承办单位", "kiosk": "投影", "system_admin": "系统管理员",
    "security_admin": "安全管理员", "audit_admin": "审计管理员",
}  # fmt: skip

# What a right means: read, write, approve, receive, reply, propose, appeal; own_unit narrows reading to the unit
# and its children, masked hides personal data, own shows only what the person did, count shows only how many.
MATRIX: dict[Resource, dict[Role, frozenset[str]]] = {
    "dashboards": {
        **dict.fromkeys(("leader", "supervision", "discipline", "organisation", "hotline"), frozenset({"read"})),
        "unit": frozenset({"read", "own_unit"}),
        "kiosk": frozenset({"meeting"}),
    },
    "tickets": {
        "leader": frozenset({"read", "masked"}),
        "supervision": frozenset({"read", "masked"}),
        "discipline": frozenset({"read", "unmask", "restricted"}),
        "hotline": frozenset({"read", "unmask", "restricted"}),
        "unit": frozenset({"read", "masked", "own_unit"}),
    },
    "problem_list": {
        "leader": frozenset({"read"}),
        "supervision": frozenset({"read", "receive"}),
        "discipline": frozenset({"read", "receive"}),
        "hotline": frozenset({"read", "write", "hand_over"}),
        "unit": frozenset({"reply", "own_unit"}),
        "kiosk": frozenset({"count"}),
    },
    "supervision_list": {
        "leader": frozenset({"read"}),
        "supervision": frozenset({"read", "write", "approve"}),
        "discipline": frozenset({"read"}),
        "hotline": frozenset({"read"}),
        "unit": frozenset({"reply", "own_unit"}),
        "kiosk": frozenset({"count"}),
    },
    # 拟列建议: whoever keeps a list decides; units are not shown hints about themselves.
    "suggestions": {
        **dict.fromkeys(("leader", "discipline"), frozenset({"read"})),
        **dict.fromkeys(("supervision", "hotline"), frozenset({"read", "write"})),
    },
    # 复核与回头看, 疑难包案, 民情日记, 预警: kept by whoever keeps a list, about units and not for them.
    "registers": {
        **dict.fromkeys(("leader", "discipline"), frozenset({"read"})),
        **dict.fromkeys(("supervision", "hotline"), frozenset({"read", "write"})),
    },
    "scheduling": {
        "leader": frozenset({"read"}),
        "supervision": frozenset({"read", "write"}),
        "discipline": frozenset({"read"}),
        "hotline": frozenset({"read", "write"}),
        "unit": frozenset({"reply", "own_unit"}),
        "kiosk": frozenset({"read"}),
    },
    "assessment": {
        "leader": frozenset({"read"}),
        "supervision": frozenset({"read", "write"}),
        "discipline": frozenset({"read"}),
        "organisation": frozenset({"read", "approve"}),
        "hotline": frozenset({"propose"}),
        "unit": frozenset({"read", "own_unit", "appeal"}),
    },
    "imports": {"hotline": frozenset({"read", "write"})},
    "exports": {
        **dict.fromkeys(("leader", "supervision", "organisation", "hotline"), frozenset({"read", "masked"})),
        "discipline": frozenset({"read"}),
        "unit": frozenset({"read", "masked", "own_unit"}),
    },
    "audit": {
        **dict.fromkeys(("supervision", "hotline", "unit"), frozenset({"read", "own"})),
        "discipline": frozenset({"read", "reserved"}),
        "audit_admin": frozenset({"read", "reserved"}),
    },
    # The three administrators exclude one another and see no content.
    "accounts": {"system_admin": frozenset({"read", "write"}), "security_admin": frozenset({"read", "roles"})},
    "policies": {"security_admin": frozenset({"read", "write"})},
}

# Roles whose acts only 纪委监委 and 审计管理员 may see.
RESERVED_ROLES: frozenset[Role] = frozenset({"discipline"})


@dataclass(frozen=True)
class Identity:
    """The person behind a run, as checked against the session just now.

    account: sign-in name. session_ref: public name of the session. unit_code: whom role unit speaks for.
    """

    account: str
    display_name: str
    role: Role
    unit_code: str | None = None
    session_ref: str = ""

    def may(self, resource: Resource, right: str = "read") -> bool:
        """Whether the matrix gives this role the right."""
        return right in MATRIX[resource].get(self.role, frozenset())


@dataclass(frozen=True)
class Access:
    """How far reading reaches, as SQL needs it: part of every cache key, so it names no person.

    reach: codes of the units whose tickets may be seen (role unit: its own and those below it; an empty tuple
    sees nothing); None means all. restricted: texts of restricted classes may be read. unmask: one ticket may be
    read unmasked, with a reason. tickets: single tickets may be seen at all, not only counted.
    """

    reach: tuple[str, ...] | None
    restricted: bool = False
    unmask: bool = False
    tickets: bool = True


# The command line, measurements and tests: every unit, masked.
EVERYTHING = Access(reach=None)


class NotAllowedError(Exception):
    """The role may not do this; the message is Chinese and says what and who may."""


def require(identity: Identity, resource: Resource, right: str = "read") -> None:
    """Raises NotAllowedError when the matrix does not give the role the right."""
    if not identity.may(resource, right):
        raise NotAllowedError(f"{ROLES[identity.role]}没有这项权限，如工作需要请联系系统管理员")
