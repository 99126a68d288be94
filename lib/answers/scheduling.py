"""月调度 over all meetings: where the chain stands, what every meeting came to, the mechanisms that remain."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import Connection

from lib.access.roles import ROLES, NotAllowedError
from lib.answers.list_items import ListView
from lib.lists.due import LIGHTS, light
from lib.queries import scheduling as queries
from lib.schema.list_terms import STATES
from lib.schema.scheduling_terms import FIELDS, LIBRARIES, MEETING_STATES, OUTCOME_KINDS, TOPIC_STATES

WHOLE_CITY = "全市"


@dataclass(frozen=True)
class Chain:
    """选题—调度—督办—闭环 as counts: topics that wait for a decision, chosen ones, meetings held and planned, tasks,
    those on the 督办清单, of these still open and overdue, tasks that were delivered or whose item is closed, promises
    made and kept, mechanisms in force.
    """

    candidates: int
    chosen: int
    held: int
    planned: int
    tasks: int
    listed: int
    open_items: int
    overdue: int
    done: int
    promises: int
    kept: int
    mechanisms: int


def may_see_all(view: ListView) -> bool:
    """Whether the person sees the whole meeting; a unit sees its own tasks and what it prepares."""
    return view.person.may("scheduling")


def require_scheduling(view: ListView) -> None:
    """Raises NotAllowedError for whom the scheduling is not open at all."""
    if not may_see_all(view) and not view.person.may("scheduling", "own_unit"):
        raise NotAllowedError(f"{ROLES[view.person.role]}不能查看月调度，如工作需要请联系系统管理员")


def require_all(view: ListView) -> None:
    """Raises NotAllowedError for whoever sees no more than an own part."""
    if not may_see_all(view):
        raise NotAllowedError(f"{ROLES[view.person.role]}只能查看本单位的调度任务")


def topics(conn: Connection, view: ListView) -> pd.DataFrame:
    """One row per topic, newest month first: topic_id, title, state, state_label, month_on, field, field_label,
    categories (names as they were chosen), places, renamed (sentence, "" without), data_support, opinion_basis,
    solution_path, decision, meetings (numbers), version. Raises NotAllowedError.
    """
    require_all(view)
    frame = queries.topic_frame(conn)
    scopes = queries.scope_frame(conn)
    held, links = queries.meeting_frame(conn), queries.meeting_topic_frame(conn)
    numbers = links.merge(held[["meeting_id", "meeting_no"]], on="meeting_id") if len(links) else links
    said = {number: _scope_words(part, view) for number, part in scopes.groupby("topic_id")}
    nothing = ("", "", "")
    met = {i: "、".join(f"第{n}次" for n in sorted(part["meeting_no"]))
           for i, part in numbers.groupby("topic_id")}  # fmt: skip
    return frame.assign(
        state_label=frame["state"].map(TOPIC_STATES), field_label=frame["field"].map(FIELDS),
        categories=[said.get(i, nothing)[0] for i in frame["topic_id"]],
        places=[said.get(i, nothing)[1] for i in frame["topic_id"]],
        renamed=[said.get(i, nothing)[2] for i in frame["topic_id"]],
        meetings=[met.get(i, "") for i in frame["topic_id"]],
    )  # fmt: skip


def meetings(conn: Connection, view: ListView) -> pd.DataFrame:
    """One row per meeting, newest first: meeting_id, meeting_no, held_on, title, state, state_label, place, chair,
    topics (、), field_labels (、), tasks, listed, closed (items), promises, kept, solved (件), mechanisms (in force),
    relapsed (titles of topics that a later meeting took up again), version. A unit sees meetings that gave it a task.
    Raises NotAllowedError.
    """
    require_scheduling(view)
    frame = queries.meeting_frame(conn)
    links, every = queries.meeting_topic_frame(conn), tasks(conn, view)
    outcomes, made = queries.outcome_frame(conn), queries.mechanism_frame(conn)
    if not may_see_all(view):
        frame = frame[frame["meeting_id"].isin(every["meeting_id"])]
    again = _taken_up_again(frame, links)
    rows = []
    for number in frame["meeting_id"].astype(int):
        own = links[links["meeting_id"] == number]
        mine = every[every["meeting_id"] == number]
        solved = outcomes[(outcomes["meeting_id"] == number) & (outcomes["kind"] == "problems")]
        kept_by = made[made["topic_id"].isin(own["topic_id"]) & made["ended_on"].isna()]
        promised = mine[mine["is_promise"]]
        rows.append({
            "topics": "、".join(own["title"]), "tasks": len(mine), "listed": int((mine["item_no"] != "").sum()),
            "field_labels": "、".join(dict.fromkeys(FIELDS[key] for key in own["field"])),
            "closed": int((mine["item_state"] == "closed").sum()), "promises": len(promised),
            "kept": int(promised["is_kept"].sum()), "solved": float(pd.to_numeric(solved["amount"]).sum()),
            "mechanisms": len(kept_by), "relapsed": again.get(number, ""),
        })  # fmt: skip
    columns = ["topics", "field_labels", "tasks", "listed", "closed", "promises", "kept", "solved", "mechanisms",
               "relapsed"]  # fmt: skip
    said = pd.DataFrame(rows, columns=columns, index=frame.index)
    return frame.assign(state_label=frame["state"].map(MEETING_STATES)).join(said).reset_index(drop=True)


def results(conn: Connection, view: ListView, field: str | None = None) -> pd.DataFrame:
    """One row per meeting that was held, newest first, with the columns of `meetings`; field: key of FIELDS, only
    meetings with a topic of it. Raises NotAllowedError.
    """
    require_all(view)
    frame = meetings(conn, view)
    frame = frame[frame["state"] == "held"]
    if field is not None:
        links = queries.meeting_topic_frame(conn)
        frame = frame[frame["meeting_id"].isin(links.loc[links["field"] == field, "meeting_id"])]
    return frame.reset_index(drop=True)


def chain(conn: Connection, view: ListView) -> Chain:
    """The four steps as counts, over everything on record. Raises NotAllowedError."""
    require_all(view)
    states = queries.topic_frame(conn)["state"]
    held, every, made = queries.meeting_frame(conn)["state"], tasks(conn, view), queries.mechanism_frame(conn)
    listed = every[every["item_no"] != ""]
    is_open = ~listed["light"].isin(("done",))
    promised = every[every["is_promise"]]
    return Chain(
        candidates=int((states == "candidate").sum()), chosen=int((states == "chosen").sum()),
        held=int((held == "held").sum()), planned=int((held == "planned").sum()),
        tasks=len(every), listed=len(listed), open_items=int(is_open.sum()),
        overdue=int((listed["light"] == "overdue").sum()),
        done=int((every["is_kept"] | (every["item_state"] == "closed")).sum()),
        promises=len(promised), kept=int(promised["is_kept"].sum()), mechanisms=int(made["ended_on"].isna().sum()),
    )  # fmt: skip


def tasks(conn: Connection, view: ListView, meeting_id: int | None = None) -> pd.DataFrame:
    """One row per task, of one meeting or of all: task_id, meeting_id, topic_id, sort_no, title, lead_unit_code,
    lead_unit, responsible_codes (tuple), responsible (、), person, due_on (of its item where it has one), is_promise,
    promise (是 or ""), item_no, item_state, state_label, light, light_label, is_kept, delivered_on, delivery, version.
    A unit sees those it leads or is responsible for. Raises NotAllowedError.
    """
    require_scheduling(view)
    frame = queries.task_frame(conn, meeting_id)
    codes = [tuple(json.loads(text)) for text in frame["responsible_unit_codes"]]
    item_due = frame["item_due_on"].where(frame["item_due_on"].notna(), frame["due_on"])
    item_no = [text if isinstance(text, str) else "" for text in frame["item_no"]]
    lights = [_light(view, state, due) for state, due in zip(frame["item_state"], item_due, strict=True)]
    frame = frame.assign(
        lead_unit=[_named(code, view) for code in frame["lead_unit_code"]],
        responsible_codes=pd.Series(codes, index=frame.index, dtype=object),
        responsible=["、".join(_named(code, view) for code in some) for some in codes], due_on=item_due,
        is_promise=frame["is_promise"].astype(bool), item_no=item_no, light=lights,
        light_label=[LIGHTS.get(key, "") for key in lights], is_kept=frame["delivered_on"].notna(),
        state_label=[STATES[state] if isinstance(state, str) else "" for state in frame["item_state"]],
    )  # fmt: skip
    frame["promise"] = ["是" if promised else "" for promised in frame["is_promise"]]
    if not may_see_all(view):
        own = set(view.reach or ())
        mine = [lead in own or bool(own & set(some)) for lead, some in zip(frame["lead_unit_code"], codes, strict=True)]
        frame = frame[pd.Series(mine, index=frame.index, dtype=bool)]
    return frame.drop(columns=["responsible_unit_codes", "item_due_on"]).reset_index(drop=True)


def outcomes(conn: Connection, view: ListView, meeting_id: int | None = None) -> pd.DataFrame:
    """One row per outcome, newest first: outcome_id, topic_id, meeting_id, topic, kind, kind_label, title, amount,
    unit_of_amount, amount_label (120件), achieved_on, evidence. Raises NotAllowedError.
    """
    require_all(view)
    frame = queries.outcome_frame(conn)
    if meeting_id is not None:
        frame = frame[frame["meeting_id"] == meeting_id]
    titles = _topic_titles(conn)
    amounts = [f"{amount:,.10g}{unit}" if pd.notna(amount) else ""
               for amount, unit in zip(frame["amount"], frame["unit_of_amount"], strict=True)]  # fmt: skip
    labels = frame["kind"].map(OUTCOME_KINDS)
    topic = [titles.get(i, "") for i in frame["topic_id"]]
    return frame.assign(topic=topic, kind_label=labels, amount_label=amounts).reset_index(drop=True)


def mechanisms(conn: Connection, view: ListView, library: str | None = None) -> pd.DataFrame:
    """One row per mechanism, newest first: mechanism_id, library, library_label, title, document_no, unit, issued_on,
    ended_on, state_label, text, topic_id, topic, field (of the topic, None without), version. library: key of
    LIBRARIES, only those. Raises NotAllowedError.
    """
    require_all(view)
    frame = queries.mechanism_frame(conn)
    if library is not None:
        frame = frame[frame["library"] == library]
    known = queries.topic_frame(conn)
    titles = dict(zip(known["topic_id"], known["title"], strict=True))
    fields = dict(zip(known["topic_id"], known["field"], strict=True))
    ended = [isinstance(day, date) and day <= view.today for day in frame["ended_on"]]
    return frame.assign(
        library_label=frame["library"].map(LIBRARIES), unit=[_named(code, view) for code in frame["unit_code"]],
        topic=[titles.get(i, "") for i in frame["topic_id"]], field=frame["topic_id"].map(fields),
        state_label=["已停止执行" if over else "执行中" for over in ended],
    ).reset_index(drop=True)  # fmt: skip


def _topic_titles(conn: Connection) -> dict[Any, str]:
    known = queries.topic_frame(conn)
    return dict(zip(known["topic_id"], known["title"], strict=True))


def _light(view: ListView, state: Any, due_on: Any) -> str:
    """Light of the item of a task; "" for a task that is on no list."""
    if not isinstance(state, str):
        return ""
    due = due_on if isinstance(due_on, date) else None
    return light(state, due, view.today, view.profile.days, view.profile.near_days)


def _named(code: Any, view: ListView) -> str:
    return view.names.get(code, code) if isinstance(code, str) else ""


def _joined(words: Iterable[str]) -> str:
    return "、".join(dict.fromkeys(words))


def _scope_words(part: pd.DataFrame, view: ListView) -> tuple[str, str, str]:
    """Categories and places of a topic, and what is called otherwise today."""
    places = [_named(town, view) or _named(district, view) or WHOLE_CITY
              for town, district in zip(part["township_code"], part["district_code"], strict=True)]  # fmt: skip
    renamed = []
    for code, name in zip(part["category_code"], part["category_name"], strict=True):
        today = view.names.get(code) if isinstance(code, str) else name
        if today is None:
            renamed.append(f"“{name}”已不在现行事项分类中")
        elif today[:100] != name:
            renamed.append(f"“{name}”现称“{today}”")
    return _joined(part["category_name"]), _joined(places), _joined(renamed)


def _taken_up_again(frame: pd.DataFrame, links: pd.DataFrame) -> dict[int, str]:
    """Meeting → topics of it that a later held meeting took up again: they had not stayed solved."""
    held = frame[frame["state"] == "held"][["meeting_id", "held_on", "meeting_no"]]
    both = links.merge(held, on="meeting_id").sort_values("held_on")
    said: dict[int, list[str]] = {}
    for _, part in both.groupby("topic_id"):
        numbers = list(part["meeting_no"])
        for place, number in enumerate(part["meeting_id"][:-1]):
            words = f"{part['title'].iloc[0]}（第{numbers[place + 1]}次再次调度）"
            said.setdefault(int(number), []).append(words)
    return {number: "、".join(words) for number, words in said.items()}
