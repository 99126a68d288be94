"""The dual lists (双清单): 问题清单 of the hotline centre and 督办清单 of the supervision office.

Part of the assessment database. An item stands in `list_items` with the version that forms name; what happened to
it stands in rows that are only added: steps, reports, requests with their verdicts, urgings, hand-overs, evidence.
Nothing is deleted: links, responsibilities, sponsors and evidence are ended, items voided, numbers void but visible.
Moments are UTC without zone, dates (`*_on`) are the city's.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Boolean, Column, Date, DateTime, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from lib.schema.assessment import counted, metadata
from lib.schema.assessment import described as _c
from lib.schema.list_terms import FLAGS

_ITEM = "list_items.item_id"


def _item(*, nullable: bool = False) -> Column[Any]:
    return _c("item_id", counted(), ForeignKey(_ITEM), index=True, nullable=nullable, comment="The list item")


list_items = Table(
    "list_items", metadata,
    _c("item_id", counted(), primary_key=True, autoincrement=True, comment="Number inside the database"),
    _c("item_no", String(32), nullable=False, unique=True, comment="编号, e.g. 督2026-0012; by list and year"),
    _c("list_kind", String(16), nullable=False, comment="Key of LIST_KINDS"),
    _c("state", String(16), nullable=False, comment="Key of STATES"),
    _c("title", String(200), nullable=False, comment="督办事项 or 问题, one line"),
    _c("manifestation", Text, nullable=False, comment="问题表现 or 主要内容"),
    _c("problem_type", String(16), comment="Key of PROBLEM_TYPES"),
    _c("source", String(16), nullable=False, comment="立项来源, key of SOURCES"),
    _c("source_note", String(200), nullable=False, comment="Which meeting, letter, proposal …"),
    _c("instructed_by", String(64), comment="领导批示: who"),
    _c("instructed_on", Date, comment="领导批示: day"),
    _c("instruction", Text, comment="领导批示: the words"),
    _c("reply_by_on", Date, comment="领导批示: report back to the leader by this day"),
    _c("district_code", String(32), comment="所属县区"),
    _c("category_code", String(32), comment="Category of the matter"),
    _c("target", Text, nullable=False, comment="目标要求"),
    _c("measures", Text, nullable=False, comment="整改措施"),
    _c("urgency", String(16), nullable=False, comment="Key of URGENCIES"),
    _c("level", Integer, nullable=False, comment="提级督办: 0 as listed, counted up by each escalation"),
    *(_c(name, Boolean, nullable=False, comment=f"Flag {label}") for name, label in FLAGS.items()),
    _c("assigned_on", Date, comment="交办日期"),
    _c("first_due_on", Date, comment="办结时限 as first set"),
    _c("due_on", Date, comment="办结时限 as it stands"),
    _c("suspended_until_on", Date, comment="挂账: review date"),
    _c("closed_on", Date, comment="销号日期; NULL while open or reopened"),
    _c("state_since", DateTime, nullable=False, comment="When the state was entered"),
    _c("urged_count", Integer, nullable=False, comment="催办次数"),
    _c("extended_count", Integer, nullable=False, comment="Extensions granted"),
    _c("reopened_count", Integer, nullable=False, comment="反弹重启次数"),
    _c("own_values", Text, nullable=False, comment="The city's own columns: JSON object, key → text"),
    _c("remarks", Text, nullable=False, comment="备注"),
    _c("origin_item_id", counted(), ForeignKey(_ITEM), comment="The problem-list item it was handed over from"),
    _c("created_by", String(64), nullable=False, comment="Account that proposed it"),
    _c("created_at", DateTime, nullable=False, comment="When it was proposed"),
    _c("updated_at", DateTime, nullable=False, comment="Last change"),
    _c("version", Integer, nullable=False, comment="Counts changes; a command must name the one it saw"),
    comment="One row per item of a list.",
)  # fmt: skip
Index("ix_list_items_list_kind_state", list_items.c.list_kind, list_items.c.state)

list_steps = Table(
    "list_steps", metadata,
    _c("step_no", counted(), primary_key=True, autoincrement=True, comment="Counts up over all items"),
    _item(),
    _c("at", DateTime, nullable=False, comment="When"),
    _c("account", String(64), nullable=False, comment="Who, by sign-in name"),
    _c("display_name", String(64), nullable=False, comment="Who, as shown"),
    _c("role", String(32), nullable=False, comment="Role at that moment"),
    _c("step", String(32), nullable=False, comment="Key of lists.process.STEPS"),
    _c("from_state", String(16), comment="State before; NULL for the first"),
    _c("to_state", String(16), nullable=False, comment="State after"),
    _c("text", Text, nullable=False, comment="Reason, words or note, as entered"),
    _c("facts", Text, nullable=False, comment="What else was said: JSON object, Chinese label → text"),
    _c("form_key", String(64), unique=True, comment="Key of the form; the same form sent twice is carried out once"),
    comment="One row per step of an item: its timeline. Only ever appended.",
)  # fmt: skip

list_tickets = Table(
    "list_tickets", metadata,
    _c("link_id", counted(), primary_key=True, autoincrement=True, comment="Counts up"),
    _item(),
    _c("source_code", String(64), nullable=False, comment="Source of the ticket"),
    _c("ticket_no", String(64), nullable=False, comment="Number of the ticket"),
    _c("linked_at", DateTime, nullable=False, comment="When it was linked"),
    _c("linked_by", String(64), nullable=False, comment="Account that linked it"),
    _c("unlinked_at", DateTime, comment="When the link was taken back; NULL while it stands"),
    comment="One row per ticket linked to an item.",
)  # fmt: skip
Index("ix_list_tickets_ticket", list_tickets.c.source_code, list_tickets.c.ticket_no)

list_responsibilities = Table(
    "list_responsibilities", metadata,
    _c("responsibility_id", counted(), primary_key=True, autoincrement=True, comment="Counts up"),
    _item(),
    _c("is_lead", Boolean, nullable=False, comment="牵头（责任）单位, or 配合单位"),
    _c("unit_code", String(64), nullable=False, index=True, comment="Handling unit"),
    _c("leader", String(32), nullable=False, comment="责任领导"),
    _c("person", String(32), nullable=False, comment="责任人"),
    _c("phone", String(32), nullable=False, comment="Office phone of the person in charge"),
    _c("duty", String(200), nullable=False, comment="What this unit must do"),
    _c("due_on", Date, comment="This unit's own limit"),
    _c("added_at", DateTime, nullable=False, comment="Since when"),
    _c("ended_at", DateTime, comment="Until when; NULL while it stands"),
    comment="One row per unit responsible for an item.",
)  # fmt: skip

list_sponsors = Table(
    "list_sponsors", metadata,
    _c("sponsor_id", counted(), primary_key=True, autoincrement=True, comment="Counts up"),
    _item(),
    _c("name", String(32), nullable=False, comment="包案领导"),
    _c("post", String(64), nullable=False, comment="职务"),
    _c("zero_by_on", Date, comment="动态清零: to be cleared by this day"),
    _c("added_at", DateTime, nullable=False, comment="Since when"),
    _c("ended_at", DateTime, comment="Until when; NULL while it stands"),
    comment="One row per leader who sponsors an item (包案).",
)  # fmt: skip

list_reports = Table(
    "list_reports", metadata,
    _c("report_id", counted(), primary_key=True, autoincrement=True, comment="Counts up"),
    _item(),
    _c("at", DateTime, nullable=False, comment="When it was entered"),
    _c("reported_on", Date, nullable=False, comment="Day the unit reported for"),
    _c("unit_code", String(64), comment="Unit that reports"),
    _c("reporter", String(64), nullable=False, comment="Person of the unit, as named on the sheet"),
    _c("progress", Text, nullable=False, comment="进展情况"),
    _c("problems", Text, nullable=False, comment="存在问题"),
    _c("next_steps", Text, nullable=False, comment="下步措施"),
    _c("origin", String(16), nullable=False, comment="Key of REPORT_ORIGINS"),
    _c("account", String(64), nullable=False, comment="Account that entered it"),
    comment="One row per progress report.",
)  # fmt: skip

list_requests = Table(
    "list_requests", metadata,
    _c("request_id", counted(), primary_key=True, autoincrement=True, comment="Counts up"),
    _item(),
    _c("kind", String(16), nullable=False, comment="Key of REQUEST_KINDS"),
    _c("asked_at", DateTime, nullable=False, comment="When"),
    _c("asked_by", String(64), nullable=False, comment="Account that entered the request"),
    _c("unit_code", String(64), comment="Unit that asks"),
    _c("text", Text, nullable=False, comment="Why"),
    _c("wanted_on", Date, comment="extension: new limit; suspension: review date"),
    _c("wanted_unit_code", String(64), comment="duty: who should be responsible instead"),
    _c("decided_at", DateTime, comment="When it was decided; NULL while it is open"),
    _c("decided_by", String(64), comment="Account that decided; never the one that asked"),
    _c("verdict", String(16), comment="Key of VERDICTS"),
    _c("decision", Text, comment="The decision in writing"),
    comment="One row per request of a unit or clerk that somebody else decides.",
)  # fmt: skip

list_hand_overs = Table(
    "list_hand_overs", metadata,
    _c("hand_over_id", counted(), primary_key=True, autoincrement=True, comment="Counts up"),
    _item(),
    _c("receiver", String(16), nullable=False, comment="Key of RECEIVERS"),
    _c("reason", Text, nullable=False, comment="Why it is handed over"),
    _c("approver", String(64), nullable=False, comment="Leader who approved, as named on the form"),
    _c("handed_at", DateTime, nullable=False, comment="When"),
    _c("handed_by", String(64), nullable=False, comment="Account"),
    _c("received_at", DateTime, comment="When the receiver signed or sent back; NULL while it waits"),
    _c("received_by", String(64), comment="Account that signed"),
    _c("is_accepted", Boolean, comment="Signed for, or sent back"),
    _c("receipt", Text, nullable=False, comment="Words of the receipt, or why it was sent back"),
    _c("new_item_id", counted(), ForeignKey(_ITEM), comment="The supervision item that it became"),
    comment="One row per hand-over of an item to one receiver.",
)  # fmt: skip

list_urgings = Table(
    "list_urgings", metadata,
    _c("urging_id", counted(), primary_key=True, autoincrement=True, comment="Counts up"),
    _item(),
    _c("level", Integer, nullable=False, comment="1, 2, 3: position in the city's levels of urging"),
    _c("at", DateTime, nullable=False, comment="When"),
    _c("account", String(64), nullable=False, comment="Who urged"),
    _c("unit_code", String(64), nullable=False, comment="Who is urged"),
    _c("text", Text, nullable=False, comment="What is asked"),
    _c("reply_by_on", Date, comment="Reply by this day"),
    comment="One row per urging (催办) of one unit.",
)  # fmt: skip

list_whistles = Table(
    "list_whistles", metadata,
    _c("whistle_id", counted(), primary_key=True, autoincrement=True, comment="Counts up"),
    _item(),
    _c("unit_code", String(64), nullable=False, comment="吹哨: who whistles, a township or street"),
    _c("called_unit_code", String(64), nullable=False, comment="Department that is called"),
    _c("whistled_at", DateTime, nullable=False, comment="When it was called"),
    _c("reason", Text, nullable=False, comment="What it is needed for"),
    _c("arrived_at", DateTime, comment="报到: when it came; NULL while it is awaited"),
    _c("note", Text, nullable=False, comment="What came of it"),
    comment="One row per department that a township whistled for (街道吹哨、部门报到).",
)  # fmt: skip

list_files = Table(
    "list_files", metadata,
    _c("sha256", String(64), primary_key=True, comment="SHA-256 of the content, in hex"),
    _c("size", Integer, nullable=False, comment="Bytes"),
    _c("content", LargeBinary, nullable=False, comment="The file"),
    comment="One row per different file: contents of evidence and of documents that were issued.",
)  # fmt: skip

list_evidence = Table(
    "list_evidence", metadata,
    _c("evidence_id", counted(), primary_key=True, autoincrement=True, comment="Counts up"),
    _item(),
    _c("sha256", String(64), ForeignKey("list_files.sha256"), nullable=False, comment="The content"),
    _c("file_name", String(200), nullable=False, comment="Name as uploaded"),
    _c("kind", String(16), nullable=False, comment="pdf, jpeg, png, docx, xlsx: by content, not by name"),
    _c("purpose", String(16), nullable=False, comment="Key of PURPOSES"),
    _c("note", String(200), nullable=False, comment="What it shows"),
    _c("added_at", DateTime, nullable=False, comment="When"),
    _c("added_by", String(64), nullable=False, comment="Account"),
    _c("withdrawn_at", DateTime, comment="When it was withdrawn; it stays readable in the history"),
    _c("withdrawn_reason", String(200), comment="Why"),
    comment="One row per evidence file of an item.",
)  # fmt: skip

list_samples = Table(
    "list_samples", metadata,
    _c("sample_id", counted(), primary_key=True, autoincrement=True, comment="Counts up"),
    _c("at", DateTime, nullable=False, comment="When it was drawn"),
    _c("account", String(64), nullable=False, comment="Who drew it"),
    _c("label", String(200), nullable=False, comment="From what, in words"),
    _c("population", Integer, nullable=False, comment="How many there were to draw from"),
    _c("size", Integer, nullable=False, comment="How many were drawn"),
    _c("seed", Integer, nullable=False, comment="Seed of the draw: anybody can draw it again"),
    comment="One row per random sample drawn for re-inspection.",
)  # fmt: skip

list_reinspections = Table(
    "list_reinspections", metadata,
    _c("reinspection_id", counted(), primary_key=True, autoincrement=True, comment="Counts up"),
    _item(nullable=True),
    _c("source_code", String(64), comment="A sampled ticket: its source"),
    _c("ticket_no", String(64), comment="A sampled ticket: its number"),
    _c("sample_id", counted(), ForeignKey("list_samples.sample_id"), comment="The sample it belongs to"),
    _c("kind", String(16), nullable=False, comment="Key of REINSPECTION_KINDS"),
    _c("due_on", Date, nullable=False, comment="To be done by this day"),
    _c("done_at", DateTime, comment="When it was done; NULL while it is due"),
    _c("done_by", String(64), comment="Account"),
    _c("verdict", String(16), comment="Key of REINSPECTION_VERDICTS"),
    _c("note", Text, nullable=False, comment="What was found"),
    _c("cancelled_at", DateTime, comment="When it fell away because the item was reopened"),
    comment="One row per re-inspection (回头看) of a closed-out item or of a ticket.",
)  # fmt: skip

list_documents = Table(
    "list_documents", metadata,
    _c("document_id", counted(), primary_key=True, autoincrement=True, comment="Counts up"),
    _item(nullable=True),
    _c("kind", String(32), nullable=False, comment="Key of lists.letters.LETTERS"),
    _c("word", String(16), nullable=False, comment="机关代字, e.g. 安督办"),
    _c("year", Integer, nullable=False, comment="Year of the number"),
    _c("number", Integer, nullable=False, comment="Counts up by word and year; never reused"),
    _c("document_no", String(64), nullable=False, unique=True, comment="文号, e.g. 安督办〔2026〕15号"),
    _c("title", String(200), nullable=False, comment="Title of the document"),
    _c("unit_code", String(64), comment="Unit it is addressed to"),
    _c("sha256", String(64), ForeignKey("list_files.sha256"), comment="The file as issued"),
    _c("made_at", DateTime, nullable=False, comment="When"),
    _c("made_by", String(64), nullable=False, comment="Account"),
    _c("voided_at", DateTime, comment="When the number was voided; it stays visible"),
    _c("void_reason", String(200), comment="Why"),
    _c("form_key", String(64), unique=True, index=True, comment="Key of the form, as in list_steps"),
    comment="One row per numbered document.",
)  # fmt: skip

list_counters = Table(
    "list_counters", metadata,
    _c("counter", String(64), primary_key=True, comment="What is counted, e.g. item:problem:2026"),
    _c("last", Integer, nullable=False, comment="Last number given; locked by whoever takes the next"),
    comment="One row per series of numbers.",
)  # fmt: skip

list_drafts = Table(
    "list_drafts", metadata,
    _c("account", String(64), primary_key=True, comment="Whose"),
    _c("form", String(64), primary_key=True, comment="Which form, e.g. add:supervision or report:督2026-0012"),
    _c("body", Text, nullable=False, comment="What was typed: JSON object"),
    _c("sequence", Integer, nullable=False, comment="Counts up with each save; an older one never overwrites"),
    _c("saved_at", DateTime, nullable=False, comment="When"),
    comment="One row per person and form that is being filled in. Goes when the form is saved or thrown away.",
)  # fmt: skip

list_views = Table(
    "list_views", metadata,
    _c("account", String(64), primary_key=True, comment="Whose"),
    _c("list_kind", String(16), primary_key=True, comment="Key of LIST_KINDS"),
    _c("name", String(32), primary_key=True, comment="As the person calls it"),
    _c("query", Text, nullable=False, comment="Filters as they stand in the address"),
    _c("saved_at", DateTime, nullable=False, comment="When"),
    comment="One row per saved view of a list.",
)  # fmt: skip

nomination_runs = Table(
    "nomination_runs", metadata,
    _c("run_id", counted(), primary_key=True, autoincrement=True, comment="Counts up"),
    _c("at", DateTime, nullable=False, comment="When"),
    _c("account", String(64), nullable=False, comment="Who, or the command line"),
    _c("as_of", DateTime, nullable=False, comment="As-of of the tickets (the city's time)"),
    _c("data_version", String(64), nullable=False, comment="Version of the tickets"),
    _c("rules_version", String(32), nullable=False, comment="Version of the rules"),
    _c("found", Integer, nullable=False, comment="Suggestions that the rules made"),
    _c("added", Integer, nullable=False, comment="Of these, new ones"),
    comment="One row per run of the suggestion rules.",
)  # fmt: skip

list_suggestions = Table(
    "list_suggestions", metadata,
    _c("suggestion_id", counted(), primary_key=True, autoincrement=True, comment="Counts up"),
    _c("run_id", counted(), ForeignKey("nomination_runs.run_id"), nullable=False, comment="Run that found it first"),
    _c("rule", String(32), nullable=False, comment="Key of the rule"),
    _c("rules_version", String(32), nullable=False, comment="Version of the rules"),
    _c("matter_key", String(64), nullable=False, unique=True, comment="Rule and matter: found again, it is not new"),
    _c("title", String(200), nullable=False, comment="The matter in a line"),
    _c("unit_code", String(64), comment="Handling unit it is about"),
    _c("district_code", String(32), comment="Place it is about"),
    _c("category_code", String(32), comment="Category it is about"),
    _c("ticket_count", Integer, nullable=False, comment="Tickets behind it"),
    _c("chain", Text, nullable=False, comment="Evidence chain as JSON: tickets, dates, texts (masked), figures"),
    _c("state", String(16), nullable=False, comment="Key of SUGGESTION_STATES"),
    _c("decided_at", DateTime, comment="When"),
    _c("decided_by", String(64), comment="Account"),
    _c("reason", Text, comment="Why it was accepted, merged or declined"),
    _c("item_id", counted(), ForeignKey(_ITEM), comment="The item it became or was merged into"),
    _c("version", Integer, nullable=False, comment="Counts changes"),
    comment="One row per suggestion (拟列建议, 疑点提示). A person decides.",
)  # fmt: skip

visit_notes = Table(
    "visit_notes", metadata,
    _c("note_id", counted(), primary_key=True, autoincrement=True, comment="Counts up"),
    _c("visited_on", Date, nullable=False, comment="Day of the visit"),
    _c("visitor", String(64), nullable=False, comment="Who visited"),
    _c("district_code", String(32), comment="Where"),
    _c("place", String(100), nullable=False, comment="Where, in words"),
    _c("text", Text, nullable=False, comment="What people said"),
    _c("item_id", counted(), ForeignKey(_ITEM), comment="The item it became"),
    _c("created_by", String(64), nullable=False, comment="Account"),
    _c("created_at", DateTime, nullable=False, comment="When"),
    _c("version", Integer, nullable=False, comment="Counts changes"),
    _c("form_key", String(64), unique=True, comment="Key of the form, as in list_steps"),
    comment="One row per note of a visit (民情日记).",
)  # fmt: skip

list_warnings = Table(
    "list_warnings", metadata,
    _c("warning_id", counted(), primary_key=True, autoincrement=True, comment="Counts up"),
    _c("noticed_on", Date, nullable=False, comment="Day it was noticed"),
    _c("kind", String(32), nullable=False, comment="Key of WARNING_KINDS"),
    _c("source_department", String(64), nullable=False, comment="Who noticed: 审计, 信访, 组织部 …"),
    _c("title", String(200), nullable=False, comment="In a line"),
    _c("text", Text, nullable=False, comment="What was noticed"),
    _c("unit_code", String(64), comment="Unit it concerns"),
    _c("district_code", String(32), comment="Place it concerns"),
    _c("shared_with", String(200), nullable=False, comment="Departments it was shared with"),
    _c("state", String(16), nullable=False, comment="Key of WARNING_STATES"),
    _c("outcome", Text, nullable=False, comment="What came of it"),
    _c("item_id", counted(), ForeignKey(_ITEM), comment="The item it became"),
    _c("created_by", String(64), nullable=False, comment="Account"),
    _c("created_at", DateTime, nullable=False, comment="When"),
    _c("version", Integer, nullable=False, comment="Counts changes"),
    _c("form_key", String(64), unique=True, comment="Key of the form, as in list_steps"),
    comment="One row per early sign or deviation (预警).",
)  # fmt: skip

# Triggers of both databases refuse UPDATE and DELETE here.
APPEND_ONLY = (list_steps, list_files)
