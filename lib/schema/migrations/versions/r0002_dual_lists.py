"""Dual lists: items, their steps, tickets, units, reports, requests, hand-overs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lib.schema.migrations.append_only import protect

revision = "0002"
down_revision = "0001"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From revision 0001."""
    op.create_table(
        "list_counters",
        sa.Column("counter", sa.String(length=64), nullable=False, comment="What is counted, e.g. item:problem:2026"),
        sa.Column("last", sa.Integer(), nullable=False, comment="Last number given; locked by whoever takes the next"),
        sa.PrimaryKeyConstraint("counter", name=op.f("pk_list_counters")),
        comment="One row per series of numbers.",
    )
    op.create_table(
        "list_items",
        sa.Column("item_id", NUMBER, autoincrement=True, nullable=False, comment="Number inside the database"),
        sa.Column("item_no", sa.String(length=32), nullable=False, comment="编号, e.g. 督2026-0012; by list and year"),
        sa.Column("list_kind", sa.String(length=16), nullable=False, comment="Key of LIST_KINDS"),
        sa.Column("state", sa.String(length=16), nullable=False, comment="Key of STATES"),
        sa.Column("title", sa.String(length=200), nullable=False, comment="督办事项 or 问题, one line"),
        sa.Column("manifestation", sa.Text(), nullable=False, comment="问题表现 or 主要内容"),
        sa.Column("problem_type", sa.String(length=16), nullable=True, comment="Key of PROBLEM_TYPES"),
        sa.Column("source", sa.String(length=16), nullable=False, comment="立项来源, key of SOURCES"),
        sa.Column("source_note", sa.String(length=200), nullable=False, comment="Which meeting, letter, proposal …"),
        sa.Column("instructed_by", sa.String(length=64), nullable=True, comment="领导批示: who"),
        sa.Column("instructed_on", sa.Date(), nullable=True, comment="领导批示: day"),
        sa.Column("instruction", sa.Text(), nullable=True, comment="领导批示: the words"),
        sa.Column("reply_by_on", sa.Date(), nullable=True, comment="领导批示: report back to the leader by this day"),
        sa.Column("district_code", sa.String(length=32), nullable=True, comment="所属县区"),
        sa.Column("category_code", sa.String(length=32), nullable=True, comment="Category of the matter"),
        sa.Column("target", sa.Text(), nullable=False, comment="目标要求"),
        sa.Column("measures", sa.Text(), nullable=False, comment="整改措施"),
        sa.Column("urgency", sa.String(length=16), nullable=False, comment="Key of URGENCIES"),
        sa.Column(
            "level", sa.Integer(), nullable=False, comment="提级督办: 0 as listed, counted up by each escalation"
        ),
        sa.Column("is_cross_industry", sa.Boolean(), nullable=False, comment="Flag 跨行业"),
        sa.Column("is_cross_department", sa.Boolean(), nullable=False, comment="Flag 跨部门"),
        sa.Column("is_cross_level", sa.Boolean(), nullable=False, comment="Flag 跨层级"),
        sa.Column("is_cross_region", sa.Boolean(), nullable=False, comment="Flag 跨区域"),
        sa.Column("is_duty_unclear", sa.Boolean(), nullable=False, comment="Flag 职责不清"),
        sa.Column("is_legacy", sa.Boolean(), nullable=False, comment="Flag 历史遗留"),
        sa.Column("assigned_on", sa.Date(), nullable=True, comment="交办日期"),
        sa.Column("first_due_on", sa.Date(), nullable=True, comment="办结时限 as first set"),
        sa.Column("due_on", sa.Date(), nullable=True, comment="办结时限 as it stands"),
        sa.Column("suspended_until_on", sa.Date(), nullable=True, comment="挂账: review date"),
        sa.Column("closed_on", sa.Date(), nullable=True, comment="销号日期; NULL while open or reopened"),
        sa.Column("state_since", sa.DateTime(), nullable=False, comment="When the state was entered"),
        sa.Column("urged_count", sa.Integer(), nullable=False, comment="催办次数"),
        sa.Column("extended_count", sa.Integer(), nullable=False, comment="Extensions granted"),
        sa.Column("reopened_count", sa.Integer(), nullable=False, comment="反弹重启次数"),
        sa.Column("own_values", sa.Text(), nullable=False, comment="The city's own columns: JSON object, key → text"),
        sa.Column("remarks", sa.Text(), nullable=False, comment="备注"),
        sa.Column("origin_item_id", NUMBER, nullable=True, comment="The problem-list item it was handed over from"),
        sa.Column("created_by", sa.String(length=64), nullable=False, comment="Account that proposed it"),
        sa.Column("created_at", sa.DateTime(), nullable=False, comment="When it was proposed"),
        sa.Column("updated_at", sa.DateTime(), nullable=False, comment="Last change"),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Counts changes; a command must name the one it saw"
        ),
        sa.ForeignKeyConstraint(
            ["origin_item_id"], ["list_items.item_id"], name=op.f("fk_list_items_origin_item_id_list_items")
        ),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_list_items")),
        sa.UniqueConstraint("item_no", name=op.f("uq_list_items_item_no")),
        comment="One row per item of a list.",
    )
    op.create_index("ix_list_items_list_kind_state", "list_items", ["list_kind", "state"], unique=False)
    op.create_table(
        "list_hand_overs",
        sa.Column("hand_over_id", NUMBER, autoincrement=True, nullable=False, comment="Counts up"),
        sa.Column("item_id", NUMBER, nullable=False, comment="The list item"),
        sa.Column("receiver", sa.String(length=16), nullable=False, comment="Key of RECEIVERS"),
        sa.Column("reason", sa.Text(), nullable=False, comment="Why it is handed over"),
        sa.Column(
            "approver", sa.String(length=64), nullable=False, comment="Leader who approved, as named on the form"
        ),
        sa.Column("handed_at", sa.DateTime(), nullable=False, comment="When"),
        sa.Column("handed_by", sa.String(length=64), nullable=False, comment="Account"),
        sa.Column(
            "received_at",
            sa.DateTime(),
            nullable=True,
            comment="When the receiver signed or sent back; NULL while it waits",
        ),
        sa.Column("received_by", sa.String(length=64), nullable=True, comment="Account that signed"),
        sa.Column("is_accepted", sa.Boolean(), nullable=True, comment="Signed for, or sent back"),
        sa.Column("receipt", sa.Text(), nullable=False, comment="Words of the receipt, or why it was sent back"),
        sa.Column("new_item_id", NUMBER, nullable=True, comment="The supervision item that it became"),
        sa.ForeignKeyConstraint(
            ["item_id"], ["list_items.item_id"], name=op.f("fk_list_hand_overs_item_id_list_items")
        ),
        sa.ForeignKeyConstraint(
            ["new_item_id"], ["list_items.item_id"], name=op.f("fk_list_hand_overs_new_item_id_list_items")
        ),
        sa.PrimaryKeyConstraint("hand_over_id", name=op.f("pk_list_hand_overs")),
        comment="One row per hand-over of an item to one receiver.",
    )
    op.create_index(op.f("ix_list_hand_overs_item_id"), "list_hand_overs", ["item_id"], unique=False)
    op.create_table(
        "list_reports",
        sa.Column("report_id", NUMBER, autoincrement=True, nullable=False, comment="Counts up"),
        sa.Column("item_id", NUMBER, nullable=False, comment="The list item"),
        sa.Column("at", sa.DateTime(), nullable=False, comment="When it was entered"),
        sa.Column("reported_on", sa.Date(), nullable=False, comment="Day the unit reported for"),
        sa.Column("unit_code", sa.String(length=64), nullable=True, comment="Unit that reports"),
        sa.Column(
            "reporter", sa.String(length=64), nullable=False, comment="Person of the unit, as named on the sheet"
        ),
        sa.Column("progress", sa.Text(), nullable=False, comment="进展情况"),
        sa.Column("problems", sa.Text(), nullable=False, comment="存在问题"),
        sa.Column("next_steps", sa.Text(), nullable=False, comment="下步措施"),
        sa.Column("origin", sa.String(length=16), nullable=False, comment="Key of REPORT_ORIGINS"),
        sa.Column("account", sa.String(length=64), nullable=False, comment="Account that entered it"),
        sa.ForeignKeyConstraint(["item_id"], ["list_items.item_id"], name=op.f("fk_list_reports_item_id_list_items")),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_list_reports")),
        comment="One row per progress report.",
    )
    op.create_index(op.f("ix_list_reports_item_id"), "list_reports", ["item_id"], unique=False)
    op.create_table(
        "list_requests",
        sa.Column("request_id", NUMBER, autoincrement=True, nullable=False, comment="Counts up"),
        sa.Column("item_id", NUMBER, nullable=False, comment="The list item"),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="Key of REQUEST_KINDS"),
        sa.Column("asked_at", sa.DateTime(), nullable=False, comment="When"),
        sa.Column("asked_by", sa.String(length=64), nullable=False, comment="Account that entered the request"),
        sa.Column("unit_code", sa.String(length=64), nullable=True, comment="Unit that asks"),
        sa.Column("text", sa.Text(), nullable=False, comment="Why"),
        sa.Column("wanted_on", sa.Date(), nullable=True, comment="extension: new limit; suspension: review date"),
        sa.Column(
            "wanted_unit_code", sa.String(length=64), nullable=True, comment="duty: who should be responsible instead"
        ),
        sa.Column("decided_at", sa.DateTime(), nullable=True, comment="When it was decided; NULL while it is open"),
        sa.Column(
            "decided_by", sa.String(length=64), nullable=True, comment="Account that decided; never the one that asked"
        ),
        sa.Column("verdict", sa.String(length=16), nullable=True, comment="Key of VERDICTS"),
        sa.Column("decision", sa.Text(), nullable=True, comment="The decision in writing"),
        sa.ForeignKeyConstraint(["item_id"], ["list_items.item_id"], name=op.f("fk_list_requests_item_id_list_items")),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_list_requests")),
        comment="One row per request of a unit or clerk that somebody else decides.",
    )
    op.create_index(op.f("ix_list_requests_item_id"), "list_requests", ["item_id"], unique=False)
    op.create_table(
        "list_responsibilities",
        sa.Column("responsibility_id", NUMBER, autoincrement=True, nullable=False, comment="Counts up"),
        sa.Column("item_id", NUMBER, nullable=False, comment="The list item"),
        sa.Column("is_lead", sa.Boolean(), nullable=False, comment="牵头（责任）单位, or 配合单位"),
        sa.Column("unit_code", sa.String(length=64), nullable=False, comment="Handling unit"),
        sa.Column("leader", sa.String(length=32), nullable=False, comment="责任领导"),
        sa.Column("person", sa.String(length=32), nullable=False, comment="责任人"),
        sa.Column("phone", sa.String(length=32), nullable=False, comment="Office phone of the person in charge"),
        sa.Column("duty", sa.String(length=200), nullable=False, comment="What this unit must do"),
        sa.Column("due_on", sa.Date(), nullable=True, comment="This unit's own limit"),
        sa.Column("added_at", sa.DateTime(), nullable=False, comment="Since when"),
        sa.Column("ended_at", sa.DateTime(), nullable=True, comment="Until when; NULL while it stands"),
        sa.ForeignKeyConstraint(
            ["item_id"], ["list_items.item_id"], name=op.f("fk_list_responsibilities_item_id_list_items")
        ),
        sa.PrimaryKeyConstraint("responsibility_id", name=op.f("pk_list_responsibilities")),
        comment="One row per unit responsible for an item.",
    )
    op.create_index(op.f("ix_list_responsibilities_item_id"), "list_responsibilities", ["item_id"], unique=False)
    op.create_index(op.f("ix_list_responsibilities_unit_code"), "list_responsibilities", ["unit_code"], unique=False)
    op.create_table(
        "list_sponsors",
        sa.Column("sponsor_id", NUMBER, autoincrement=True, nullable=False, comment="Counts up"),
        sa.Column("item_id", NUMBER, nullable=False, comment="The list item"),
        sa.Column("name", sa.String(length=32), nullable=False, comment="包案领导"),
        sa.Column("post", sa.String(length=64), nullable=False, comment="职务"),
        sa.Column("zero_by_on", sa.Date(), nullable=True, comment="动态清零: to be cleared by this day"),
        sa.Column("added_at", sa.DateTime(), nullable=False, comment="Since when"),
        sa.Column("ended_at", sa.DateTime(), nullable=True, comment="Until when; NULL while it stands"),
        sa.ForeignKeyConstraint(["item_id"], ["list_items.item_id"], name=op.f("fk_list_sponsors_item_id_list_items")),
        sa.PrimaryKeyConstraint("sponsor_id", name=op.f("pk_list_sponsors")),
        comment="One row per leader who sponsors an item (包案).",
    )
    op.create_index(op.f("ix_list_sponsors_item_id"), "list_sponsors", ["item_id"], unique=False)
    op.create_table(
        "list_steps",
        sa.Column("step_no", NUMBER, autoincrement=True, nullable=False, comment="Counts up over all items"),
        sa.Column("item_id", NUMBER, nullable=False, comment="The list item"),
        sa.Column("at", sa.DateTime(), nullable=False, comment="When"),
        sa.Column("account", sa.String(length=64), nullable=False, comment="Who, by sign-in name"),
        sa.Column("display_name", sa.String(length=64), nullable=False, comment="Who, as shown"),
        sa.Column("role", sa.String(length=32), nullable=False, comment="Role at that moment"),
        sa.Column("step", sa.String(length=32), nullable=False, comment="Key of lists.process.STEPS"),
        sa.Column("from_state", sa.String(length=16), nullable=True, comment="State before; NULL for the first"),
        sa.Column("to_state", sa.String(length=16), nullable=False, comment="State after"),
        sa.Column("text", sa.Text(), nullable=False, comment="Reason, words or note, as entered"),
        sa.Column("facts", sa.Text(), nullable=False, comment="What else was said: JSON object, Chinese label → text"),
        sa.Column(
            "form_key",
            sa.String(length=64),
            nullable=True,
            comment="Key of the form; the same form sent twice is carried out once",
        ),
        sa.ForeignKeyConstraint(["item_id"], ["list_items.item_id"], name=op.f("fk_list_steps_item_id_list_items")),
        sa.PrimaryKeyConstraint("step_no", name=op.f("pk_list_steps")),
        sa.UniqueConstraint("form_key", name=op.f("uq_list_steps_form_key")),
        comment="One row per step of an item: its timeline. Only ever appended.",
    )
    op.create_index(op.f("ix_list_steps_item_id"), "list_steps", ["item_id"], unique=False)
    op.create_table(
        "list_tickets",
        sa.Column("link_id", NUMBER, autoincrement=True, nullable=False, comment="Counts up"),
        sa.Column("item_id", NUMBER, nullable=False, comment="The list item"),
        sa.Column("source_code", sa.String(length=64), nullable=False, comment="Source of the ticket"),
        sa.Column("ticket_no", sa.String(length=64), nullable=False, comment="Number of the ticket"),
        sa.Column("linked_at", sa.DateTime(), nullable=False, comment="When it was linked"),
        sa.Column("linked_by", sa.String(length=64), nullable=False, comment="Account that linked it"),
        sa.Column(
            "unlinked_at", sa.DateTime(), nullable=True, comment="When the link was taken back; NULL while it stands"
        ),
        sa.ForeignKeyConstraint(["item_id"], ["list_items.item_id"], name=op.f("fk_list_tickets_item_id_list_items")),
        sa.PrimaryKeyConstraint("link_id", name=op.f("pk_list_tickets")),
        comment="One row per ticket linked to an item.",
    )
    op.create_index(op.f("ix_list_tickets_item_id"), "list_tickets", ["item_id"], unique=False)
    op.create_index("ix_list_tickets_ticket", "list_tickets", ["source_code", "ticket_no"], unique=False)
    op.create_table(
        "list_urgings",
        sa.Column("urging_id", NUMBER, autoincrement=True, nullable=False, comment="Counts up"),
        sa.Column("item_id", NUMBER, nullable=False, comment="The list item"),
        sa.Column("level", sa.Integer(), nullable=False, comment="1, 2, 3: position in the city's levels of urging"),
        sa.Column("at", sa.DateTime(), nullable=False, comment="When"),
        sa.Column("account", sa.String(length=64), nullable=False, comment="Who urged"),
        sa.Column("unit_code", sa.String(length=64), nullable=False, comment="Who is urged"),
        sa.Column("text", sa.Text(), nullable=False, comment="What is asked"),
        sa.Column("reply_by_on", sa.Date(), nullable=True, comment="Reply by this day"),
        sa.ForeignKeyConstraint(["item_id"], ["list_items.item_id"], name=op.f("fk_list_urgings_item_id_list_items")),
        sa.PrimaryKeyConstraint("urging_id", name=op.f("pk_list_urgings")),
        comment="One row per urging (催办) of one unit.",
    )
    op.create_index(op.f("ix_list_urgings_item_id"), "list_urgings", ["item_id"], unique=False)
    op.create_table(
        "list_whistles",
        sa.Column("whistle_id", NUMBER, autoincrement=True, nullable=False, comment="Counts up"),
        sa.Column("item_id", NUMBER, nullable=False, comment="The list item"),
        sa.Column(
            "unit_code", sa.String(length=64), nullable=False, comment="吹哨: who whistles, a township or street"
        ),
        sa.Column("called_unit_code", sa.String(length=64), nullable=False, comment="Department that is called"),
        sa.Column("whistled_at", sa.DateTime(), nullable=False, comment="When it was called"),
        sa.Column("reason", sa.Text(), nullable=False, comment="What it is needed for"),
        sa.Column("arrived_at", sa.DateTime(), nullable=True, comment="报到: when it came; NULL while it is awaited"),
        sa.Column("note", sa.Text(), nullable=False, comment="What came of it"),
        sa.ForeignKeyConstraint(["item_id"], ["list_items.item_id"], name=op.f("fk_list_whistles_item_id_list_items")),
        sa.PrimaryKeyConstraint("whistle_id", name=op.f("pk_list_whistles")),
        comment="One row per department that a township whistled for (街道吹哨、部门报到).",
    )
    op.create_index(op.f("ix_list_whistles_item_id"), "list_whistles", ["item_id"], unique=False)

    protect("list_steps")
