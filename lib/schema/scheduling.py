"""Monthly scheduling (未诉先办月调度): topics, meetings, tasks, outcomes, mechanisms, and what was shown.

Part of the assessment database, under the same rules as the lists: rows are superseded or ended, never deleted;
moments are UTC without zone, dates (`*_on`) are the city's. Words of the keys: list_terms' sibling scheduling_terms.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, Date, DateTime, Float, ForeignKey, Integer, String, Table, Text

from lib.schema.assessment import counted, metadata
from lib.schema.assessment import described as _c

_TOPIC, _MEETING = "topics.topic_id", "meetings.meeting_id"


def _topic(*, nullable: bool = False) -> Column[Any]:
    return _c("topic_id", counted(), ForeignKey(_TOPIC), index=True, nullable=nullable, comment="The topic")


def _meeting(*, nullable: bool = False) -> Column[Any]:
    return _c("meeting_id", counted(), ForeignKey(_MEETING), index=True, nullable=nullable, comment="The meeting")


def _number(name: str) -> Column[Any]:
    return _c(name, counted(), primary_key=True, autoincrement=True, comment="Number inside the database, counts up")


topics = Table(
    "topics", metadata,
    _number("topic_id"),
    _c("title", String(100), nullable=False, comment="选题, as the meeting calls it"),
    _c("state", String(16), nullable=False, comment="Key of TOPIC_STATES"),
    _c("month_on", Date, nullable=False, comment="First day of the month it was proposed for"),
    _c("field", String(32), nullable=False, comment="领域, for the view over all meetings: key of FIELDS"),
    _c("data_support", Text, nullable=False, comment="数据支撑: what the tickets say"),
    _c("opinion_basis", Text, nullable=False, comment="民意基础: what people say"),
    _c("solution_path", Text, nullable=False, comment="解决路径"),
    _c("score", Text, nullable=False, comment="Parts of the radar's score when it was proposed: JSON, {} without"),
    _c("data_version", String(64), nullable=False, comment="Version of the tickets the score was made from"),
    _c("decided_by", String(64), comment="Account that chose or rejected it"),
    _c("decided_at", DateTime, comment="When"),
    _c("decision", Text, nullable=False, comment="Why it was chosen or rejected"),
    _c("created_by", String(64), nullable=False, comment="Account that proposed it"),
    _c("created_at", DateTime, nullable=False, comment="When"),
    _c("version", Integer, nullable=False, comment="Counts changes; a command must name the one it saw"),
    _c("form_key", String(64), unique=True, comment="Key of the form; sent twice, it is carried out once"),
    comment="One row per topic that was proposed for a meeting.",
)  # fmt: skip

topic_scopes = Table(
    "topic_scopes", metadata,
    _number("scope_id"),
    _topic(),
    _c("category_code", String(32), comment="Category with everything below it; NULL is any"),
    _c("district_code", String(32), comment="Division; NULL is the whole city"),
    _c("township_code", String(32), comment="Township; NULL is the whole division"),
    _c("category_name", String(100), nullable=False, comment="Its name when it was chosen: categories are renamed"),
    comment="One row per category and place that belong to a topic.",
)  # fmt: skip

meetings = Table(
    "meetings", metadata,
    _number("meeting_id"),
    _c("meeting_no", Integer, nullable=False, unique=True, comment="第几次月调度会"),
    _c("held_on", Date, nullable=False, comment="Day of the meeting"),
    _c("title", String(100), nullable=False, comment="Name of the meeting"),
    _c("state", String(16), nullable=False, comment="Key of MEETING_STATES"),
    _c("place", String(100), nullable=False, comment="Where"),
    _c("chair", String(64), nullable=False, comment="主持人 and post"),
    _c("plan", Text, nullable=False, comment="方案"),
    _c("script", Text, nullable=False, comment="主持词"),
    _c("experts", Text, nullable=False, comment="专家论证: who, what they said"),
    _c("citizens", Text, nullable=False, comment="群众参与: who, what they said"),
    _c("created_by", String(64), nullable=False, comment="Account"),
    _c("created_at", DateTime, nullable=False, comment="When"),
    _c("version", Integer, nullable=False, comment="Counts changes; a command must name the one it saw"),
    _c("form_key", String(64), unique=True, comment="Key of the form"),
    comment="One row per scheduling meeting.",
)  # fmt: skip

meeting_topics = Table(
    "meeting_topics", metadata,
    _number("link_id"),
    _meeting(),
    _topic(),
    _c("sort_no", Integer, nullable=False, comment="Order at the meeting"),
    _c("removed_at", DateTime, comment="When it was taken off the agenda; NULL while it stands"),
    comment="One row per topic of a meeting.",
)  # fmt: skip

meeting_agenda = Table(
    "meeting_agenda", metadata,
    _number("agenda_id"),
    _meeting(),
    _c("sort_no", Integer, nullable=False, comment="Order"),
    _c("title", String(200), nullable=False, comment="议程"),
    _c("speaker", String(100), nullable=False, comment="Who speaks"),
    _c("minutes", Integer, comment="Minutes planned"),
    _c("removed_at", DateTime, comment="When it was taken off; NULL while it stands"),
    comment="One row per point of a meeting's agenda.",
)  # fmt: skip

meeting_attendance = Table(
    "meeting_attendance", metadata,
    _number("attendance_id"),
    _meeting(),
    _c("unit_code", String(64), comment="A department; NULL for a division"),
    _c("district_code", String(32), comment="A county or district by video; NULL for a department"),
    _c("is_on_site", Boolean, nullable=False, comment="现场, or 视频"),
    _c("outline", Text, nullable=False, comment="汇报提纲"),
    _c("removed_at", DateTime, comment="When it was struck; NULL while it stands"),
    comment="One row per department or division that takes part in a meeting.",
)  # fmt: skip

meeting_cases = Table(
    "meeting_cases", metadata,
    _number("case_id"),
    _topic(),
    _meeting(nullable=True),
    _c("source_code", String(64), nullable=False, comment="The ticket: its source"),
    _c("ticket_no", String(64), nullable=False, comment="The ticket: its number"),
    _c("title", String(200), nullable=False, comment="Masked title as shown"),
    _c("text", Text, nullable=False, comment="Masked text as shown"),
    _c("dissection", Text, nullable=False, comment="解剖麻雀: what this case teaches"),
    _c("sort_no", Integer, nullable=False, comment="Order"),
    _c("removed_at", DateTime, comment="When it was taken out; NULL while it stands"),
    comment="One row per typical case of a topic.",
)  # fmt: skip

meeting_tasks = Table(
    "meeting_tasks", metadata,
    _number("task_id"),
    _meeting(),
    _topic(nullable=True),
    _c("sort_no", Integer, nullable=False, comment="序号 of the 任务分解表"),
    _c("title", String(200), nullable=False, comment="任务"),
    _c("lead_unit_code", String(64), comment="牵头单位"),
    _c("responsible_unit_codes", Text, nullable=False, comment="责任单位: JSON list of codes"),
    _c("person", String(64), nullable=False, comment="责任人"),
    _c("due_on", Date, comment="时限"),
    _c("is_promise", Boolean, nullable=False, comment="Promised in public: next month's meeting begins with it"),
    _c("item_id", counted(), ForeignKey("list_items.item_id"), comment="The supervision item it became"),
    _c("delivered_on", Date, comment="When it was delivered; NULL while it is not"),
    _c("delivery", Text, nullable=False, comment="What was delivered, or why not"),
    _c("version", Integer, nullable=False, comment="Counts changes"),
    _c("removed_at", DateTime, comment="When it was struck; NULL while it stands"),
    _c("form_key", String(64), unique=True, comment="Key of the form"),
    comment="One row per task of a meeting (任务分解表).",
)  # fmt: skip

topic_outcomes = Table(
    "topic_outcomes", metadata,
    _number("outcome_id"),
    _topic(),
    _meeting(nullable=True),
    _c("kind", String(32), nullable=False, comment="Key of OUTCOME_KINDS"),
    _c("title", String(200), nullable=False, comment="What was achieved"),
    _c("amount", Float, comment="How much; NULL where it cannot be counted"),
    _c("unit_of_amount", String(16), nullable=False, comment="件, 户, 个, 万元 …"),
    _c("achieved_on", Date, nullable=False, comment="When"),
    _c("evidence", Text, nullable=False, comment="What shows it"),
    _c("sha256", String(64), ForeignKey("list_files.sha256"), comment="A file that shows it"),
    _c("created_by", String(64), nullable=False, comment="Account"),
    _c("created_at", DateTime, nullable=False, comment="When"),
    _c("removed_at", DateTime, comment="When it was withdrawn; NULL while it stands"),
    _c("form_key", String(64), unique=True, comment="Key of the form"),
    comment="One row per outcome of a topic (problems solved, households, projects).",
)  # fmt: skip

mechanisms = Table(
    "mechanisms", metadata,
    _number("mechanism_id"),
    _topic(nullable=True),
    _c("library", String(16), nullable=False, comment="Key of LIBRARIES: 政策库 or 工具箱"),
    _c("title", String(200), nullable=False, comment="Name of the mechanism"),
    _c("document_no", String(64), nullable=False, comment="文号, empty without"),
    _c("unit_code", String(64), comment="Unit that issued or keeps it"),
    _c("issued_on", Date, nullable=False, comment="Since when it is in force"),
    _c("ended_on", Date, comment="Until when; NULL while it is in force"),
    _c("text", Text, nullable=False, comment="What it says, in a paragraph"),
    _c("created_by", String(64), nullable=False, comment="Account"),
    _c("created_at", DateTime, nullable=False, comment="When"),
    _c("version", Integer, nullable=False, comment="Counts changes"),
    _c("form_key", String(64), unique=True, comment="Key of the form"),
    comment="One row per long-term mechanism (长效机制).",
)  # fmt: skip

frozen_figures = Table(
    "frozen_figures", metadata,
    _number("freeze_id"),
    _meeting(),
    _topic(nullable=True),
    _c("what", String(64), nullable=False, comment="Key of what was frozen: effect, volume, …"),
    _c("frozen_at", DateTime, nullable=False, comment="When"),
    _c("frozen_by", String(64), nullable=False, comment="Account"),
    _c("data_version", String(64), nullable=False, comment="Version of the tickets"),
    _c("definition_version", String(32), nullable=False, comment="Version of the definition"),
    _c("as_of", DateTime, nullable=False, comment="As-of of the tickets (the city's time)"),
    _c("figures", Text, nullable=False, comment="The figures as canonical JSON"),
    _c("sha256", String(64), nullable=False, comment="SHA-256 of that text"),
    comment="One row per set of figures shown at a meeting. Only ever appended.",
)  # fmt: skip

# Triggers of both databases refuse UPDATE and DELETE here.
APPEND_ONLY = (frozen_figures,)
