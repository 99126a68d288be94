"""Monthly scheduling: topics, meetings, tasks, outcomes, mechanisms, frozen figures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lib.schema.migrations.append_only import protect

revision = "0005"
down_revision = "0004"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From revision 0004."""
    op.create_table(
        "meetings",
        sa.Column(
            "meeting_id", NUMBER, autoincrement=True, nullable=False, comment="Number inside the database, counts up"
        ),
        sa.Column("meeting_no", sa.Integer(), nullable=False, comment="第几次月调度会"),
        sa.Column("held_on", sa.Date(), nullable=False, comment="Day of the meeting"),
        sa.Column("title", sa.String(length=100), nullable=False, comment="Name of the meeting"),
        sa.Column("state", sa.String(length=16), nullable=False, comment="Key of MEETING_STATES"),
        sa.Column("place", sa.String(length=100), nullable=False, comment="Where"),
        sa.Column("chair", sa.String(length=64), nullable=False, comment="主持人 and post"),
        sa.Column("plan", sa.Text(), nullable=False, comment="方案"),
        sa.Column("script", sa.Text(), nullable=False, comment="主持词"),
        sa.Column("experts", sa.Text(), nullable=False, comment="专家论证: who, what they said"),
        sa.Column("citizens", sa.Text(), nullable=False, comment="群众参与: who, what they said"),
        sa.Column("created_by", sa.String(length=64), nullable=False, comment="Account"),
        sa.Column("created_at", sa.DateTime(), nullable=False, comment="When"),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Counts changes; a command must name the one it saw"
        ),
        sa.Column("form_key", sa.String(length=64), nullable=True, comment="Key of the form"),
        sa.PrimaryKeyConstraint("meeting_id", name=op.f("pk_meetings")),
        sa.UniqueConstraint("form_key", name=op.f("uq_meetings_form_key")),
        sa.UniqueConstraint("meeting_no", name=op.f("uq_meetings_meeting_no")),
        comment="One row per scheduling meeting.",
    )
    op.create_table(
        "topics",
        sa.Column(
            "topic_id", NUMBER, autoincrement=True, nullable=False, comment="Number inside the database, counts up"
        ),
        sa.Column("title", sa.String(length=100), nullable=False, comment="选题, as the meeting calls it"),
        sa.Column("state", sa.String(length=16), nullable=False, comment="Key of TOPIC_STATES"),
        sa.Column("month_on", sa.Date(), nullable=False, comment="First day of the month it was proposed for"),
        sa.Column(
            "field", sa.String(length=32), nullable=False, comment="领域, for the view over all meetings: key of FIELDS"
        ),
        sa.Column("data_support", sa.Text(), nullable=False, comment="数据支撑: what the tickets say"),
        sa.Column("opinion_basis", sa.Text(), nullable=False, comment="民意基础: what people say"),
        sa.Column("solution_path", sa.Text(), nullable=False, comment="解决路径"),
        sa.Column(
            "score",
            sa.Text(),
            nullable=False,
            comment="Parts of the radar's score when it was proposed: JSON, {} without",
        ),
        sa.Column(
            "data_version",
            sa.String(length=64),
            nullable=False,
            comment="Version of the tickets the score was made from",
        ),
        sa.Column("decided_by", sa.String(length=64), nullable=True, comment="Account that chose or rejected it"),
        sa.Column("decided_at", sa.DateTime(), nullable=True, comment="When"),
        sa.Column("decision", sa.Text(), nullable=False, comment="Why it was chosen or rejected"),
        sa.Column("created_by", sa.String(length=64), nullable=False, comment="Account that proposed it"),
        sa.Column("created_at", sa.DateTime(), nullable=False, comment="When"),
        sa.Column(
            "version", sa.Integer(), nullable=False, comment="Counts changes; a command must name the one it saw"
        ),
        sa.Column(
            "form_key",
            sa.String(length=64),
            nullable=True,
            comment="Key of the form; sent twice, it is carried out once",
        ),
        sa.PrimaryKeyConstraint("topic_id", name=op.f("pk_topics")),
        sa.UniqueConstraint("form_key", name=op.f("uq_topics_form_key")),
        comment="One row per topic that was proposed for a meeting.",
    )
    op.create_table(
        "frozen_figures",
        sa.Column(
            "freeze_id", NUMBER, autoincrement=True, nullable=False, comment="Number inside the database, counts up"
        ),
        sa.Column("meeting_id", NUMBER, nullable=False, comment="The meeting"),
        sa.Column("topic_id", NUMBER, nullable=True, comment="The topic"),
        sa.Column("what", sa.String(length=64), nullable=False, comment="Key of what was frozen: effect, volume, …"),
        sa.Column("frozen_at", sa.DateTime(), nullable=False, comment="When"),
        sa.Column("frozen_by", sa.String(length=64), nullable=False, comment="Account"),
        sa.Column("data_version", sa.String(length=64), nullable=False, comment="Version of the tickets"),
        sa.Column("definition_version", sa.String(length=32), nullable=False, comment="Version of the definition"),
        sa.Column("as_of", sa.DateTime(), nullable=False, comment="As-of of the tickets (the city's time)"),
        sa.Column("figures", sa.Text(), nullable=False, comment="The figures as canonical JSON"),
        sa.Column("sha256", sa.String(length=64), nullable=False, comment="SHA-256 of that text"),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meetings.meeting_id"], name=op.f("fk_frozen_figures_meeting_id_meetings")
        ),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.topic_id"], name=op.f("fk_frozen_figures_topic_id_topics")),
        sa.PrimaryKeyConstraint("freeze_id", name=op.f("pk_frozen_figures")),
        comment="One row per set of figures shown at a meeting. Only ever appended.",
    )
    op.create_index(op.f("ix_frozen_figures_meeting_id"), "frozen_figures", ["meeting_id"], unique=False)
    op.create_index(op.f("ix_frozen_figures_topic_id"), "frozen_figures", ["topic_id"], unique=False)
    op.create_table(
        "mechanisms",
        sa.Column(
            "mechanism_id", NUMBER, autoincrement=True, nullable=False, comment="Number inside the database, counts up"
        ),
        sa.Column("topic_id", NUMBER, nullable=True, comment="The topic"),
        sa.Column("library", sa.String(length=16), nullable=False, comment="Key of LIBRARIES: 政策库 or 工具箱"),
        sa.Column("title", sa.String(length=200), nullable=False, comment="Name of the mechanism"),
        sa.Column("document_no", sa.String(length=64), nullable=False, comment="文号, empty without"),
        sa.Column("unit_code", sa.String(length=64), nullable=True, comment="Unit that issued or keeps it"),
        sa.Column("issued_on", sa.Date(), nullable=False, comment="Since when it is in force"),
        sa.Column("ended_on", sa.Date(), nullable=True, comment="Until when; NULL while it is in force"),
        sa.Column("text", sa.Text(), nullable=False, comment="What it says, in a paragraph"),
        sa.Column("created_by", sa.String(length=64), nullable=False, comment="Account"),
        sa.Column("created_at", sa.DateTime(), nullable=False, comment="When"),
        sa.Column("version", sa.Integer(), nullable=False, comment="Counts changes"),
        sa.Column("form_key", sa.String(length=64), nullable=True, comment="Key of the form"),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.topic_id"], name=op.f("fk_mechanisms_topic_id_topics")),
        sa.PrimaryKeyConstraint("mechanism_id", name=op.f("pk_mechanisms")),
        sa.UniqueConstraint("form_key", name=op.f("uq_mechanisms_form_key")),
        comment="One row per long-term mechanism (长效机制).",
    )
    op.create_index(op.f("ix_mechanisms_topic_id"), "mechanisms", ["topic_id"], unique=False)
    op.create_table(
        "meeting_agenda",
        sa.Column(
            "agenda_id", NUMBER, autoincrement=True, nullable=False, comment="Number inside the database, counts up"
        ),
        sa.Column("meeting_id", NUMBER, nullable=False, comment="The meeting"),
        sa.Column("sort_no", sa.Integer(), nullable=False, comment="Order"),
        sa.Column("title", sa.String(length=200), nullable=False, comment="议程"),
        sa.Column("speaker", sa.String(length=100), nullable=False, comment="Who speaks"),
        sa.Column("minutes", sa.Integer(), nullable=True, comment="Minutes planned"),
        sa.Column("removed_at", sa.DateTime(), nullable=True, comment="When it was taken off; NULL while it stands"),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meetings.meeting_id"], name=op.f("fk_meeting_agenda_meeting_id_meetings")
        ),
        sa.PrimaryKeyConstraint("agenda_id", name=op.f("pk_meeting_agenda")),
        comment="One row per point of a meeting's agenda.",
    )
    op.create_index(op.f("ix_meeting_agenda_meeting_id"), "meeting_agenda", ["meeting_id"], unique=False)
    op.create_table(
        "meeting_attendance",
        sa.Column(
            "attendance_id", NUMBER, autoincrement=True, nullable=False, comment="Number inside the database, counts up"
        ),
        sa.Column("meeting_id", NUMBER, nullable=False, comment="The meeting"),
        sa.Column("unit_code", sa.String(length=64), nullable=True, comment="A department; NULL for a division"),
        sa.Column(
            "district_code",
            sa.String(length=32),
            nullable=True,
            comment="A county or district by video; NULL for a department",
        ),
        sa.Column("is_on_site", sa.Boolean(), nullable=False, comment="现场, or 视频"),
        sa.Column("outline", sa.Text(), nullable=False, comment="汇报提纲"),
        sa.Column("removed_at", sa.DateTime(), nullable=True, comment="When it was struck; NULL while it stands"),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meetings.meeting_id"], name=op.f("fk_meeting_attendance_meeting_id_meetings")
        ),
        sa.PrimaryKeyConstraint("attendance_id", name=op.f("pk_meeting_attendance")),
        comment="One row per department or division that takes part in a meeting.",
    )
    op.create_index(op.f("ix_meeting_attendance_meeting_id"), "meeting_attendance", ["meeting_id"], unique=False)
    op.create_table(
        "meeting_cases",
        sa.Column(
            "case_id", NUMBER, autoincrement=True, nullable=False, comment="Number inside the database, counts up"
        ),
        sa.Column("topic_id", NUMBER, nullable=False, comment="The topic"),
        sa.Column("meeting_id", NUMBER, nullable=True, comment="The meeting"),
        sa.Column("source_code", sa.String(length=64), nullable=False, comment="The ticket: its source"),
        sa.Column("ticket_no", sa.String(length=64), nullable=False, comment="The ticket: its number"),
        sa.Column("title", sa.String(length=200), nullable=False, comment="Masked title as shown"),
        sa.Column("text", sa.Text(), nullable=False, comment="Masked text as shown"),
        sa.Column("dissection", sa.Text(), nullable=False, comment="解剖麻雀: what this case teaches"),
        sa.Column("sort_no", sa.Integer(), nullable=False, comment="Order"),
        sa.Column("removed_at", sa.DateTime(), nullable=True, comment="When it was taken out; NULL while it stands"),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meetings.meeting_id"], name=op.f("fk_meeting_cases_meeting_id_meetings")
        ),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.topic_id"], name=op.f("fk_meeting_cases_topic_id_topics")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_meeting_cases")),
        comment="One row per typical case of a topic.",
    )
    op.create_index(op.f("ix_meeting_cases_meeting_id"), "meeting_cases", ["meeting_id"], unique=False)
    op.create_index(op.f("ix_meeting_cases_topic_id"), "meeting_cases", ["topic_id"], unique=False)
    op.create_table(
        "meeting_tasks",
        sa.Column(
            "task_id", NUMBER, autoincrement=True, nullable=False, comment="Number inside the database, counts up"
        ),
        sa.Column("meeting_id", NUMBER, nullable=False, comment="The meeting"),
        sa.Column("topic_id", NUMBER, nullable=True, comment="The topic"),
        sa.Column("sort_no", sa.Integer(), nullable=False, comment="序号 of the 任务分解表"),
        sa.Column("title", sa.String(length=200), nullable=False, comment="任务"),
        sa.Column("lead_unit_code", sa.String(length=64), nullable=True, comment="牵头单位"),
        sa.Column("responsible_unit_codes", sa.Text(), nullable=False, comment="责任单位: JSON list of codes"),
        sa.Column("person", sa.String(length=64), nullable=False, comment="责任人"),
        sa.Column("due_on", sa.Date(), nullable=True, comment="时限"),
        sa.Column(
            "is_promise",
            sa.Boolean(),
            nullable=False,
            comment="Promised in public: next month's meeting begins with it",
        ),
        sa.Column("item_id", NUMBER, nullable=True, comment="The supervision item it became"),
        sa.Column("delivered_on", sa.Date(), nullable=True, comment="When it was delivered; NULL while it is not"),
        sa.Column("delivery", sa.Text(), nullable=False, comment="What was delivered, or why not"),
        sa.Column("version", sa.Integer(), nullable=False, comment="Counts changes"),
        sa.Column("removed_at", sa.DateTime(), nullable=True, comment="When it was struck; NULL while it stands"),
        sa.Column("form_key", sa.String(length=64), nullable=True, comment="Key of the form"),
        sa.ForeignKeyConstraint(["item_id"], ["list_items.item_id"], name=op.f("fk_meeting_tasks_item_id_list_items")),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meetings.meeting_id"], name=op.f("fk_meeting_tasks_meeting_id_meetings")
        ),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.topic_id"], name=op.f("fk_meeting_tasks_topic_id_topics")),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_meeting_tasks")),
        sa.UniqueConstraint("form_key", name=op.f("uq_meeting_tasks_form_key")),
        comment="One row per task of a meeting (任务分解表).",
    )
    op.create_index(op.f("ix_meeting_tasks_meeting_id"), "meeting_tasks", ["meeting_id"], unique=False)
    op.create_index(op.f("ix_meeting_tasks_topic_id"), "meeting_tasks", ["topic_id"], unique=False)
    op.create_table(
        "meeting_topics",
        sa.Column(
            "link_id", NUMBER, autoincrement=True, nullable=False, comment="Number inside the database, counts up"
        ),
        sa.Column("meeting_id", NUMBER, nullable=False, comment="The meeting"),
        sa.Column("topic_id", NUMBER, nullable=False, comment="The topic"),
        sa.Column("sort_no", sa.Integer(), nullable=False, comment="Order at the meeting"),
        sa.Column(
            "removed_at", sa.DateTime(), nullable=True, comment="When it was taken off the agenda; NULL while it stands"
        ),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meetings.meeting_id"], name=op.f("fk_meeting_topics_meeting_id_meetings")
        ),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.topic_id"], name=op.f("fk_meeting_topics_topic_id_topics")),
        sa.PrimaryKeyConstraint("link_id", name=op.f("pk_meeting_topics")),
        comment="One row per topic of a meeting.",
    )
    op.create_index(op.f("ix_meeting_topics_meeting_id"), "meeting_topics", ["meeting_id"], unique=False)
    op.create_index(op.f("ix_meeting_topics_topic_id"), "meeting_topics", ["topic_id"], unique=False)
    op.create_table(
        "topic_outcomes",
        sa.Column(
            "outcome_id", NUMBER, autoincrement=True, nullable=False, comment="Number inside the database, counts up"
        ),
        sa.Column("topic_id", NUMBER, nullable=False, comment="The topic"),
        sa.Column("meeting_id", NUMBER, nullable=True, comment="The meeting"),
        sa.Column("kind", sa.String(length=32), nullable=False, comment="Key of OUTCOME_KINDS"),
        sa.Column("title", sa.String(length=200), nullable=False, comment="What was achieved"),
        sa.Column("amount", sa.Float(), nullable=True, comment="How much; NULL where it cannot be counted"),
        sa.Column("unit_of_amount", sa.String(length=16), nullable=False, comment="件, 户, 个, 万元 …"),
        sa.Column("achieved_on", sa.Date(), nullable=False, comment="When"),
        sa.Column("evidence", sa.Text(), nullable=False, comment="What shows it"),
        sa.Column("sha256", sa.String(length=64), nullable=True, comment="A file that shows it"),
        sa.Column("created_by", sa.String(length=64), nullable=False, comment="Account"),
        sa.Column("created_at", sa.DateTime(), nullable=False, comment="When"),
        sa.Column("removed_at", sa.DateTime(), nullable=True, comment="When it was withdrawn; NULL while it stands"),
        sa.Column("form_key", sa.String(length=64), nullable=True, comment="Key of the form"),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meetings.meeting_id"], name=op.f("fk_topic_outcomes_meeting_id_meetings")
        ),
        sa.ForeignKeyConstraint(["sha256"], ["list_files.sha256"], name=op.f("fk_topic_outcomes_sha256_list_files")),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.topic_id"], name=op.f("fk_topic_outcomes_topic_id_topics")),
        sa.PrimaryKeyConstraint("outcome_id", name=op.f("pk_topic_outcomes")),
        sa.UniqueConstraint("form_key", name=op.f("uq_topic_outcomes_form_key")),
        comment="One row per outcome of a topic (problems solved, households, projects).",
    )
    op.create_index(op.f("ix_topic_outcomes_meeting_id"), "topic_outcomes", ["meeting_id"], unique=False)
    op.create_index(op.f("ix_topic_outcomes_topic_id"), "topic_outcomes", ["topic_id"], unique=False)
    op.create_table(
        "topic_scopes",
        sa.Column(
            "scope_id", NUMBER, autoincrement=True, nullable=False, comment="Number inside the database, counts up"
        ),
        sa.Column("topic_id", NUMBER, nullable=False, comment="The topic"),
        sa.Column(
            "category_code",
            sa.String(length=32),
            nullable=True,
            comment="Category with everything below it; NULL is any",
        ),
        sa.Column("district_code", sa.String(length=32), nullable=True, comment="Division; NULL is the whole city"),
        sa.Column("township_code", sa.String(length=32), nullable=True, comment="Township; NULL is the whole division"),
        sa.Column(
            "category_name",
            sa.String(length=100),
            nullable=False,
            comment="Its name when it was chosen: categories are renamed",
        ),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.topic_id"], name=op.f("fk_topic_scopes_topic_id_topics")),
        sa.PrimaryKeyConstraint("scope_id", name=op.f("pk_topic_scopes")),
        comment="One row per category and place that belong to a topic.",
    )
    op.create_index(op.f("ix_topic_scopes_topic_id"), "topic_scopes", ["topic_id"], unique=False)

    protect("frozen_figures")
