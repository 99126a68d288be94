"""The pages: what each is called, and what somebody must be allowed to read who opens it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lib.access.roles import Identity, Resource


@dataclass(frozen=True)
class Place:
    """One page. group: heading of the navigation it stands under. resource, right: what the matrix must give the
    role, of several resources one; None is open to every person who is signed in (a projection device is nobody).
    is_hidden: it has an address, but no place in the navigation.
    """

    title: str
    group: str
    resource: Resource | tuple[Resource, ...] | None
    right: str = "read"
    is_hidden: bool = False


LISTS, AHEAD, DATA, MANAGEMENT = "双清单", "未诉先办", "口径与数据", "管理"
EITHER_LIST: tuple[Resource, ...] = ("problem_list", "supervision_list")

# Slug (the address, and the file in pages/) → page, in the order of the navigation.
PLACES: Mapping[str, Place] = {
    "overview": Place("总体情况", "", "dashboards"),
    "trends": Place("趋势研判", "", "dashboards"),
    "districts": Place("区域分布", "", "dashboards"),
    "units": Place("承办质效", "", "dashboards"),
    "tickets": Place("工单查询", "", "tickets"),
    "problem_list": Place("问题清单", LISTS, "problem_list"),
    "supervision_list": Place("督办清单", LISTS, "supervision_list"),
    "list_item": Place("清单事项", LISTS, EITHER_LIST, is_hidden=True),
    "list_entry": Place("清单录入", LISTS, EITHER_LIST, "write"),
    "letters": Place("文书与催办", LISTS, EITHER_LIST),
    "suggestions": Place("拟列建议", LISTS, "suggestions"),
    "reinspection": Place("复核与回头看", LISTS, "registers"),
    "hard_cases": Place("疑难包案", LISTS, "registers"),
    "visits": Place("民情日记", LISTS, "registers"),
    "warnings": Place("预警", LISTS, "registers"),
    "scheduling": Place("月调度", AHEAD, "scheduling"),
    # Over all meetings, about units and not for them: read by whoever reads the registers.
    "results": Place("历次成效", AHEAD, "registers"),
    "mechanisms": Place("政策库与工具箱", AHEAD, "registers"),
    "definitions": Place("指标口径", DATA, "dashboards"),
    "imports": Place("数据导入与质量", DATA, "imports"),
    "accounts": Place("账号", MANAGEMENT, "accounts"),
    "audit": Place("审计", MANAGEMENT, "audit"),
    "my_account": Place("我的账号", MANAGEMENT, None),
    "kiosk": Place("会议投屏", "", "dashboards", "meeting"),
}


def may_open(person: Identity, slug: str) -> bool:
    """Whether the page is one of the person's."""
    place = PLACES[slug]
    if place.resource is None:
        return person.role != "kiosk"
    if person.role == "kiosk" and place.right != "meeting":
        # What a device in a meeting room may read, it shows on the page that is made for it.
        return False
    resources = (place.resource,) if isinstance(place.resource, str) else place.resource
    # Who reads the own unit's part only reads all the same; how far is a matter of reach.
    rights = (place.right, "own_unit") if place.right == "read" else (place.right,)
    return any(person.may(resource, right) for resource in resources for right in rights)


def places_of(person: Identity) -> dict[str, Place]:
    """The person's pages, in the order of the navigation."""
    return {slug: place for slug, place in PLACES.items() if may_open(person, slug)}
