"""The ticket database (工单库): dimensions, facts and the log of imports. Dashboards only read it.

Times are local wall-clock times of the city without zone. Codes of dimensions are text; what the
source said but no dimension knows carries the code UNMAPPED and keeps the source's word in `*_raw`.
Rollups stand in lib/schema/rollups.py.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

UNMAPPED = "unmapped"

DESK, REFERRED, URGING = "desk", "referred", "urging"
HANDLING_TYPES = {DESK: "直办", REFERRED: "转办", URGING: "催办"}
REQUEST_TYPES = ("咨询", "求助", "投诉", "举报", "建议", "表扬", "其他")
URGENCIES = {"normal": "一般", "urgent": "紧急", "emergency": "突发"}
RESTRICTED_CLASSES = {"secret": "保密件", "official": "涉及公职人员举报", "threat": "扬言件"}
SATISFIED, BASICALLY, UNSATISFIED = "satisfied", "basically_satisfied", "unsatisfied"
SATISFACTIONS = {SATISFIED: "满意", BASICALLY: "基本满意", UNSATISFIED: "不满意"}
RESOLVED, PARTLY, UNRESOLVED = "resolved", "partly_resolved", "unresolved"
RESOLUTIONS = {RESOLVED: "已解决", PARTLY: "部分解决", UNRESOLVED: "未解决"}
CALLBACK_OUTCOMES = {"reached": "已接通", "unreachable": "未接通", "refused": "拒绝评价"}
RETURN_VERDICTS = {"agreed": "同意退单", "refused": "驳回退单", "pending": "待裁定"}
EVENT_KINDS = {
    "dispatch": "派单", "acknowledge": "签收", "return": "退单", "transfer": "转派", "extension": "延期",
    "urging": "催办", "contact": "联系诉求人", "whistle": "吹哨", "arrival": "报到", "reply": "答复",
    "closure": "办结", "reopen": "重办", "callback": "回访", "receive": "受理",
}  # fmt: skip
EXCLUSION_CODES = {
    "unreachable": "无法联系",
    "refused": "诉求人拒绝配合",
    "unreasonable": "不合理诉求",
    "duplicate": "重复并件",
    "judicial": "进入司法途径",
    "not_accepted": "不予受理",
}


def _c(name: str, kind: Any, comment: str, **kw: Any) -> Column:
    return Column(name, kind, comment=comment, **kw)


# --- dimensions -----------------------------------------------------------------------------

districts = Table(
    "districts", metadata,
    _c("district_code", String, "Six-digit code of the county-level division, or a code made from the source"),
    _c("name", String, "Name as shown"),
    _c("short_name", String, "Two to four characters for charts"),
    _c("district_type", String, "centre 中心城区, county 县, city 县级市, zone 功能区: the class; NULL unknown"),
    _c("population", Integer, "Residents; NULL where unknown (zones)"),
    _c("population_on", Date, "Day the population figure stands for"),
    _c("has_boundary", Boolean, "True when the city profile holds a polygon for it"),
    _c("sort_no", Integer, "Order in lists"),
    comment="One row per county-level division or functional zone.",
)  # fmt: skip

townships = Table(
    "townships", metadata,
    _c("township_code", String, "Nine-digit code of the township or street office"),
    _c("district_code", String, "Division it belongs to"),
    _c("name", String, "Name as shown"),
    comment="One row per township or street office.",
)  # fmt: skip

units = Table(
    "units", metadata,
    _c("unit_code", String, "Code of the handling unit"),
    _c("parent_code", String, "Unit above it; NULL for the first level"),
    _c("name", String, "Full name"),
    _c("short_name", String, "Name for charts"),
    _c("level", Integer, "1 city or county group, 2 department or county unit, 3 township or sub-unit"),
    _c("district_code", String, "Division it works in; NULL for city-level units"),
    _c("peer_group", String, "Units compared with each other: 市直部门, 县区部门, 乡镇街道, 公共企业"),
    _c("valid_from", Date, "First day it may receive tickets; NULL is always"),
    _c("valid_to", Date, "Day it ceased (excluded); NULL is still valid"),
    comment="One row per handling unit (承办单位) and period of validity: a tree of three levels.",
)  # fmt: skip

channels = Table(
    "channels", metadata,
    _c("channel_code", String, "Code of the channel"),
    _c("name", String, "Name as shown"),
    _c("group_name", String, "热线, 信箱, 留言, 微平台, 客户端, 平台: six groups"),
    _c("sort_no", Integer, "Order in lists"),
    comment="One row per intake channel (受理渠道): fifteen in six groups.",
)  # fmt: skip

categories = Table(
    "categories", metadata,
    _c("category_code", String, "Code; a child's code begins with its parent's"),
    _c("parent_code", String, "Category above; NULL for the first level"),
    _c("level", Integer, "1, 2 or 3"),
    _c("name", String, "Name as shown"),
    _c("full_name", String, "Path such as 城乡建设/供热/温度不达标"),
    _c("is_seasonal", Boolean, "Demand that follows the season: shown apart"),
    comment="One row per category (事项分类) of any of three levels.",
)  # fmt: skip

time_limit_rules = Table(
    "time_limit_rules", metadata,
    _c("rule_no", Integer, "Order of precedence: the lowest matching number wins"),
    _c("category_code", String, "Category it applies to (with its children); NULL is any"),
    _c("request_type", String, "Request type it applies to; NULL is any"),
    _c("urgency", String, "Urgency it applies to; NULL is any"),
    _c("amount", Float, "How much time"),
    _c("unit", String, "workday 工作日, day 自然日, hour 小时"),
    _c("starts_at", String, "received 受理, dispatched 派单, acknowledged 签收"),
    _c("starts_next_day", Boolean, "True when counting begins on the following day"),
    _c("extensions_max", Integer, "How often it may be extended"),
    _c("extension_amount", Float, "How much one extension adds, in the same unit"),
    _c("valid_from", Date, "First day of effect"),
    _c("valid_to", Date, "Day it ceased (excluded); NULL is still valid"),
    comment="One row per time-limit rule (办理时限) and period of effect.",
)  # fmt: skip

workdays = Table(
    "workdays", metadata,
    _c("day", Date, "Calendar day"),
    _c("is_workday", Boolean, "True on Chinese working days, 调休 included"),
    _c("is_known", Boolean, "False where neither the library nor the override table knows the year"),
    _c("hours_before", Float, "Working hours of all earlier days: differences of it are working hours"),
    comment="One row per calendar day.",
)  # fmt: skip

workday_overrides = Table(
    "workday_overrides", metadata,
    _c("day", Date, "Calendar day"),
    _c("is_workday", Boolean, "What the city decided for this day"),
    _c("reason", String, "Why, as officials word it"),
    comment="One row per day on which the city departs from, or completes, the calendar library.",
)  # fmt: skip

# --- facts ----------------------------------------------------------------------------------

tickets = Table(
    "tickets", metadata,
    _c("ticket_id", BigInteger, "Surrogate given at first publish, never reused", primary_key=True,
       autoincrement=False),
    _c("source_code", String, "Source system: with ticket_no the natural key"),
    _c("ticket_no", String, "Number of the ticket in its source"),
    _c("parent_ticket_no", String, "For 催办: the number of the ticket it joins"),
    _c("import_no", Integer, "Import run that last changed the row"),
    _c("segment_no", Integer, "Segment that holds its text, events and rounds"),
    _c("handling_type", String, "desk 直办, referred 转办, urging 催办 (never counted as a ticket received)"),
    _c("request_type", String, "One of REQUEST_TYPES"),
    _c("urgency", String, "normal, urgent, emergency"),
    _c("restricted_class", String, "secret, official, threat or NULL: counted, text not shown"),
    _c("is_enterprise", Boolean, "True on the enterprise line (企业诉求)"),
    _c("is_group_event", Boolean, "True for 突发及群体性诉求"),
    _c("is_hard_case", Boolean, "True when the source flags it 疑难"),
    _c("district_code", String, "Division where it happened, or UNMAPPED"),
    _c("township_code", String, "Township where it happened, or UNMAPPED"),
    _c("category1_code", String, "First-level category, or UNMAPPED"),
    _c("category2_code", String, "Second-level category, or UNMAPPED"),
    _c("category_code", String, "Deepest known category, or UNMAPPED"),
    _c("channel_code", String, "Intake channel, or UNMAPPED"),
    _c("unit_code", String, "Lead unit of the final round, or UNMAPPED: closure and satisfaction count here"),
    _c("first_unit_code", String, "Unit of the first dispatch, or UNMAPPED: rates on dispatch count here"),
    _c("district_raw", String, "The source's word where the division is unmapped"),
    _c("category_raw", String, "The source's word where the category is unmapped"),
    _c("channel_raw", String, "The source's word where the channel is unmapped"),
    _c("unit_raw", String, "The source's word where the unit is unmapped"),
    _c("requester_hash", String, "Keyed hash of the requester's phone; NULL when masked or missing"),
    _c("place_key", String, "Normalised place used to recognise repeats; NULL when missing"),
    _c("longitude", Float, "WGS84 degrees, NULL when missing"),
    _c("latitude", Float, "WGS84 degrees, NULL when missing"),
    _c("received_at", DateTime, "受理时间"),
    _c("dispatched_at", DateTime, "First dispatch; its clock survives returns"),
    _c("acknowledged_at", DateTime, "First acknowledgement (签收)"),
    _c("acknowledge_due_at", DateTime, "Limit of the acknowledgement"),
    _c("first_contacted_at", DateTime, "First contact with the citizen by the unit"),
    _c("contact_due_at", DateTime, "Limit of the first contact"),
    _c("original_due_at", DateTime, "Limit before extensions"),
    _c("due_at", DateTime, "办理时限, extensions included"),
    _c("is_closed", Boolean, "From the status, not from the presence of a closing time"),
    _c("status_raw", String, "The source's word for the status"),
    _c("first_closed_at", DateTime, "Closing time of the first round"),
    _c("closed_at", DateTime, "Closing time of the final round; NULL when open or invalid"),
    _c("reworked_at", DateTime, "Start of the second round; NULL when there was none or it is unknown"),
    _c("round_count", Integer, "Handling rounds, at least 1"),
    _c("transfer_count", Integer, "Transfers (转派)"),
    _c("return_count", Integer, "Returns (退单) of any verdict"),
    _c("extension_count", Integer, "Extensions granted"),
    _c("urging_count", Integer, "Reminders (催办) that joined it"),
    _c("handling_hours", Float, "Working hours from received_at to closed_at; NULL unless both are valid"),
    _c("callback_attempted_at", DateTime, "First callback attempt"),
    _c("callback_reached_at", DateTime, "First callback that reached the citizen"),
    _c("answered_at", DateTime, "Last valid callback: its answer is the ticket's answer"),
    _c("satisfaction", String, "satisfied, basically_satisfied, unsatisfied of that answer; NULL is not asked"),
    _c("resolution", String, "resolved, partly_resolved, unresolved of that answer; NULL is not asked"),
    _c("is_repeat", Boolean, "True when an earlier ticket of the same matter lies within 30 days"),
    _c("repeat_of_id", BigInteger, "ticket_id of that earlier ticket"),
    _c("is_excluded", Boolean, "True when an approved exclusion names it (考核口径 leaves it out)"),
    _c("source_updated_at", DateTime, "Last change in the source; used by incremental imports"),
    comment="One row per (source_code, ticket_no).",
)  # fmt: skip

callbacks = Table(
    "callbacks", metadata,
    _c("ticket_id", BigInteger, "Ticket"),
    _c("attempt_no", Integer, "1, 2, … within the ticket"),
    _c("round_no", Integer, "Handling round it asks about"),
    _c("called_at", DateTime, "When"),
    _c("outcome", String, "reached, unreachable, refused"),
    _c("satisfaction", String, "As in tickets; NULL is no answer"),
    _c("resolution", String, "As in tickets; NULL is no answer"),
    _c("is_valid", Boolean, "True when it carries a satisfaction or a resolution answer"),
    _c("is_first_valid", Boolean, "True for the first valid callback of the ticket"),
    _c("superseded_at", DateTime, "When the ticket's next valid callback replaced this answer; NULL is the last"),
    comment="One row per ticket and callback attempt.",
)  # fmt: skip

ticket_returns = Table(
    "ticket_returns", metadata,
    _c("ticket_id", BigInteger, "Ticket"),
    _c("return_no", Integer, "1, 2, … within the ticket"),
    _c("unit_code", String, "Unit that returned it"),
    _c("returned_at", DateTime, "When"),
    _c("verdict", String, "agreed, refused, pending"),
    comment="One row per return (退单) of a ticket.",
)  # fmt: skip

ticket_exclusions = Table(
    "ticket_exclusions", metadata,
    _c("source_code", String, "Source of the ticket"),
    _c("ticket_no", String, "Number of the ticket"),
    _c("exclusion_code", String, "One of EXCLUSION_CODES"),
    _c("approved_by", String, "Who approved; NULL is not approved and does not exclude"),
    _c("approved_on", Date, "When it was approved"),
    _c("evidence", Text, "Document or reason"),
    comment="One row per ticket and exclusion asked for (剔除).",
)  # fmt: skip

call_days = Table(
    "call_days", metadata,
    _c("day", Date, "Call day"),
    _c("inbound", Integer, "Inbound calls"),
    _c("answered", Integer, "Answered calls"),
    comment="One row per day for which the source reports calls.",
)  # fmt: skip

# --- long texts and histories: append-only segments -----------------------------------------

ticket_texts = Table(
    "ticket_texts", metadata,
    _c("segment_no", Integer, "Segment; a row counts only where it equals tickets.segment_no"),
    _c("ticket_id", BigInteger, "Ticket"),
    _c("title", Text, "Title"),
    _c("content", Text, "What the citizen said"),
    _c("reply", Text, "What the unit answered"),
    _c("address", Text, "Place as the source wrote it"),
    _c("answer_comment", Text, "What the citizen said at the callback"),
    comment="One row per ticket and segment: raw texts, shown masked.",
)  # fmt: skip

ticket_events = Table(
    "ticket_events", metadata,
    _c("segment_no", Integer, "Segment; a row counts only where it equals tickets.segment_no"),
    _c("ticket_id", BigInteger, "Ticket"),
    _c("event_no", Integer, "1, 2, … in the order of time within the ticket"),
    _c("kind", String, "One of EVENT_KINDS"),
    _c("happened_at", DateTime, "When"),
    _c("unit_code", String, "Unit that acted or received; NULL for the hotline centre"),
    _c("verdict", String, "For returns and extensions: agreed, refused, pending"),
    _c("note", Text, "Words of the source"),
    comment="One row per event in the life of a ticket.",
)  # fmt: skip

handling_rounds = Table(
    "handling_rounds", metadata,
    _c("segment_no", Integer, "Segment; a row counts only where it equals tickets.segment_no"),
    _c("ticket_id", BigInteger, "Ticket"),
    _c("round_no", Integer, "1, 2, …"),
    _c("unit_code", String, "Lead unit of the round"),
    _c("started_at", DateTime, "Dispatch of the round"),
    _c("closed_at", DateTime, "Closing of the round; NULL while open"),
    comment="One row per ticket and handling round (办理轮次).",
)  # fmt: skip

SEGMENT_TABLES = (ticket_texts, ticket_events, handling_rounds)

# --- imports --------------------------------------------------------------------------------

import_runs = Table(
    "import_runs", metadata,
    _c("import_no", Integer, "1, 2, … within this database"),
    _c("started_at", DateTime, "Wall clock at the start"),
    _c("finished_at", DateTime, "Wall clock at publish"),
    _c("source_code", String, "Source system"),
    _c("mapping_name", String, "Mapping used"),
    _c("file_names", Text, "Names of the files, joined by 、"),
    _c("file_sha256", Text, "Their SHA-256 sums, joined by commas"),
    _c("as_of", DateTime, "Extraction time of the data"),
    _c("read_rows", Integer, "Rows read = inserted + updated + unchanged + rejected"),
    _c("inserted_rows", Integer, "New tickets"),
    _c("updated_rows", Integer, "Tickets of which a field changed"),
    _c("unchanged_rows", Integer, "Tickets equal to what was stored"),
    _c("rejected_rows", Integer, "Rows refused, each in rejected_rows"),
    _c("warning_count", Integer, "Values emptied or kept with a warning"),
    _c("version", String, "Version it published"),
    comment="One row per published import run.",
)  # fmt: skip

rejected_rows = Table(
    "rejected_rows", metadata,
    _c("import_no", Integer, "Import run"),
    _c("file_name", String, "File, and sheet where there are several"),
    _c("line_no", Integer, "Line in the file as a person counts it, header included"),
    _c("column_name", String, "Heading of the offending column"),
    _c("value", Text, "Offending value, masked and at most 200 characters"),
    _c("reason", String, "Chinese sentence"),
    comment="One row per rejected source row (its first fault).",
)  # fmt: skip

import_warnings = Table(
    "import_warnings", metadata,
    _c("import_no", Integer, "Import run"),
    _c("field", String, "Field of the ticket"),
    _c("value", Text, "Value as written, at most 200 characters"),
    _c("reason", String, "Chinese sentence"),
    _c("row_count", Integer, "Rows concerned"),
    comment="One row per import run, field, value and reason: what was kept or emptied with a warning.",
)  # fmt: skip

publications = Table(
    "publications", metadata,
    _c("version", String, "Version of the ticket data; part of every cache key"),
    _c("publication_no", Integer, "1, 2, … within this database: the clock may be set back, this may not"),
    _c("published_at", DateTime, "Wall clock"),
    _c("as_of", DateTime, "Extraction time of the newest data: the as-of of every figure"),
    _c("city", String, "City profile"),
    _c("is_demo", Boolean, "True for the demo city: 演示数据 stands on every page"),
    _c("exclusion_revision", Integer, "Revision of the exclusion list"),
    _c("phones_masked", Boolean, "True when phones arrive masked: repeats rest on places only"),
    _c("schema_revision", Integer, "Revision of the tables that this version was written with"),
    comment="One row per published version; the one with the highest number is current.",
)  # fmt: skip

injected_truths = Table(
    "injected_truths", metadata,
    _c("truth_no", Integer, "1, 2, …"),
    _c("kind", String, "effect, surge, gaming, near_miss, fake_closure, trend"),
    _c("category_code", String, "Category concerned; NULL is any"),
    _c("district_code", String, "Division concerned; NULL is any"),
    _c("unit_code", String, "Unit concerned; NULL is any"),
    _c("starts_on", Date, "First day"),
    _c("ends_on", Date, "Day it ends (excluded); NULL is open"),
    _c("size", Float, "Size: share for effects (-0.27 is 27 % less), multiplier for surges"),
    _c("note", Text, "What was done, in English"),
    comment="One row per truth injected into the demo city. No dashboard reads it.",
)  # fmt: skip

DIMENSIONS = (districts, townships, units, channels, categories, time_limit_rules, workdays, workday_overrides)
FACTS = (tickets, callbacks, ticket_returns, ticket_exclusions, call_days)
LOGS = (import_runs, rejected_rows, import_warnings, publications, injected_truths)

# Only PostgreSQL gets these: DuckDB scans with zone maps, and its indexes would be copied at each publish.
POSTGRES_INDEXES = (
    Index("tickets_natural_key", tickets.c.source_code, tickets.c.ticket_no, unique=True),
    Index("tickets_received", tickets.c.received_at, tickets.c.ticket_id),
    Index("tickets_due", tickets.c.due_at),
    Index("tickets_closed", tickets.c.closed_at),
    Index("tickets_dispatched", tickets.c.dispatched_at),
    Index("tickets_repeat", tickets.c.repeat_of_id),
    Index("callbacks_ticket", callbacks.c.ticket_id),
    Index("callbacks_called", callbacks.c.called_at),
    Index("returns_ticket", ticket_returns.c.ticket_id),
    Index("texts_ticket", ticket_texts.c.ticket_id),
    Index("events_ticket", ticket_events.c.ticket_id),
    Index("rounds_ticket", handling_rounds.c.ticket_id),
)
