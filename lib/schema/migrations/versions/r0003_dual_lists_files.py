"""Dual lists: files, documents, re-inspections, suggestions, drafts, visits, warnings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lib.schema.migrations.append_only import protect

revision = "0003"
down_revision = "0002"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From revision 0002."""
    op.create_table(
        "list_drafts",
        sa.Column("account", sa.String(length=64), nullable=False, comment="Whose"),
        sa.Column(
            "form",
            sa.String(length=64),
            nullable=False,
            comment="Which form, e.g. add:supervision or report:督2026-0012",
        ),
        sa.Column("body", sa.Text(), nullable=False, comment="What was typed: JSON object"),
        sa.Column(
            "sequence", sa.Integer(), nullable=False, comment="Counts up with each save; an older one never overwrites"
        ),
        sa.Column("saved_at", sa.DateTime(), nullable=False, comment="When"),
        sa.PrimaryKeyConstraint("account", "form", name=op.f("pk_list_drafts")),
        comment="One row per person and form that is being filled in. Goes when the form is saved or thrown away.",
    )
    op.create_table(
        "list_files",
        sa.Column("sha256", sa.String(length=64), nullable=False, comment="SHA-256 of the content, in hex"),
        sa.Column("size", sa.Integer(), nullable=False, comment="Bytes"),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="The file"),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_list_files")),
        comment="One row per different file: contents of evidence and of documents that were issued.",
    )
    op.create_table(
        "list_samples",
        sa.Column("sample_id", NUMBER, autoincrement=True, nullable=False, comment="Counts up"),
        sa.Column("at", sa.DateTime(), nullable=False, comment="When it was drawn"),
        sa.Column("account", sa.String(length=64), nullable=False, comment="Who drew it"),
        sa.Column("label", sa.String(length=200), nullable=False, comment="From what, in words"),
        sa.Column("population", sa.Integer(), nullable=False, comment="How many there were to draw from"),
        sa.Column("size", sa.Integer(), nullable=False, comment="How many were drawn"),
        sa.Column("seed", sa.Integer(), nullable=False, comment="Seed of the draw: anybody can draw it again"),
        sa.PrimaryKeyConstraint("sample_id", name=op.f("pk_list_samples")),
        comment="One row per random sample drawn for re-inspection.",
    )
    op.create_table(
        "list_views",
        sa.Column("account", sa.String(length=64), nullable=False, comment="Whose"),
        sa.Column("list_kind", sa.String(length=16), nullable=False, comment="Key of LIST_KINDS"),
        sa.Column("name", sa.String(length=32), nullable=False, comment="As the person calls it"),
        sa.Column("query", sa.Text(), nullable=False, comment="Filters as they stand in the address"),
        sa.Column("saved_at", sa.DateTime(), nullable=False, comment="When"),
        sa.PrimaryKeyConstraint("account", "list_kind", "name", name=op.f("pk_list_views")),
        comment="One row per saved view of a list.",
    )
    op.create_table(
        "nomination_runs",
        sa.Column("run_id", NUMBER, autoincrement=True, nullable=False, comment="Counts up"),
        sa.Column("at", sa.DateTime(), nullable=False, comment="When"),
        sa.Column("account", sa.String(length=64), nullable=False, comment="Who, or the command line"),
        sa.Column("as_of", sa.DateTime(), nullable=False, comment="As-of of the tickets (the city's time)"),
        sa.Column("data_version", sa.String(length=64), nullable=False, comment="Version of the tickets"),
        sa.Column("rules_version", sa.String(length=32), nullable=False, comment="Version of the rules"),
        sa.Column("found", sa.Integer(), nullable=False, comment="Suggestions that the rules made"),
        sa.Column("added", sa.Integer(), nullable=False, comment="Of these, new ones"),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_nomination_runs")),
        comment="One row per run of the suggestion rules.",
    )
    op.create_table(
        "list_documents",
        sa.Column("document_id", NUMBER, autoincrement=True, nullable=False, comment="Counts up"),
        sa.Column("item_id", NUMBER, nullable=True, comment="The list item"),
        sa.Column("kind", sa.String(length=32), nullable=False, comment="Key of lists.letters.LETTERS"),
        sa.Column("word", sa.String(length=16), nullable=False, comment="机关代字, e.g. 安督办"),
        sa.Column("year", sa.Integer(), nullable=False, comment="Year of the number"),
        sa.Column("number", sa.Integer(), nullable=False, comment="Counts up by word and year; never reused"),
        sa.Column("document_no", sa.String(length=64), nullable=False, comment="文号, e.g. 安督办〔2026〕15号"),
        sa.Column("title", sa.String(length=200), nullable=False, comment="Title of the document"),
        sa.Column("unit_code", sa.String(length=64), nullable=True, comment="Unit it is addressed to"),
        sa.Column("sha256", sa.String(length=64), nullable=True, comment="The file as issued"),
        sa.Column("made_at", sa.DateTime(), nullable=False, comment="When"),
        sa.Column("made_by", sa.String(length=64), nullable=False, comment="Account"),
        sa.Column("voided_at", sa.DateTime(), nullable=True, comment="When the number was voided; it stays visible"),
        sa.Column("void_reason", sa.String(length=200), nullable=True, comment="Why"),
        sa.ForeignKeyConstraint(["item_id"], ["list_items.item_id"], name=op.f("fk_list_documents_item_id_list_items")),
        sa.ForeignKeyConstraint(["sha256"], ["list_files.sha256"], name=op.f("fk_list_documents_sha256_list_files")),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_list_documents")),
        sa.UniqueConstraint("document_no", name=op.f("uq_list_documents_document_no")),
        comment="One row per numbered document.",
    )
    op.create_index(op.f("ix_list_documents_item_id"), "list_documents", ["item_id"], unique=False)
    op.create_table(
        "list_evidence",
        sa.Column("evidence_id", NUMBER, autoincrement=True, nullable=False, comment="Counts up"),
        sa.Column("item_id", NUMBER, nullable=False, comment="The list item"),
        sa.Column("sha256", sa.String(length=64), nullable=False, comment="The content"),
        sa.Column("file_name", sa.String(length=200), nullable=False, comment="Name as uploaded"),
        sa.Column(
            "kind", sa.String(length=16), nullable=False, comment="pdf, jpeg, png, docx, xlsx: by content, not by name"
        ),
        sa.Column("purpose", sa.String(length=16), nullable=False, comment="Key of PURPOSES"),
        sa.Column("note", sa.String(length=200), nullable=False, comment="What it shows"),
        sa.Column("added_at", sa.DateTime(), nullable=False, comment="When"),
        sa.Column("added_by", sa.String(length=64), nullable=False, comment="Account"),
        sa.Column(
            "withdrawn_at",
            sa.DateTime(),
            nullable=True,
            comment="When it was withdrawn; it stays readable in the history",
        ),
        sa.Column("withdrawn_reason", sa.String(length=200), nullable=True, comment="Why"),
        sa.ForeignKeyConstraint(["item_id"], ["list_items.item_id"], name=op.f("fk_list_evidence_item_id_list_items")),
        sa.ForeignKeyConstraint(["sha256"], ["list_files.sha256"], name=op.f("fk_list_evidence_sha256_list_files")),
        sa.PrimaryKeyConstraint("evidence_id", name=op.f("pk_list_evidence")),
        comment="One row per evidence file of an item.",
    )
    op.create_index(op.f("ix_list_evidence_item_id"), "list_evidence", ["item_id"], unique=False)
    op.create_table(
        "list_reinspections",
        sa.Column("reinspection_id", NUMBER, autoincrement=True, nullable=False, comment="Counts up"),
        sa.Column("item_id", NUMBER, nullable=True, comment="The list item"),
        sa.Column("source_code", sa.String(length=64), nullable=True, comment="A sampled ticket: its source"),
        sa.Column("ticket_no", sa.String(length=64), nullable=True, comment="A sampled ticket: its number"),
        sa.Column("sample_id", NUMBER, nullable=True, comment="The sample it belongs to"),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="Key of REINSPECTION_KINDS"),
        sa.Column("due_on", sa.Date(), nullable=False, comment="To be done by this day"),
        sa.Column("done_at", sa.DateTime(), nullable=True, comment="When it was done; NULL while it is due"),
        sa.Column("done_by", sa.String(length=64), nullable=True, comment="Account"),
        sa.Column("verdict", sa.String(length=16), nullable=True, comment="Key of REINSPECTION_VERDICTS"),
        sa.Column("note", sa.Text(), nullable=False, comment="What was found"),
        sa.Column(
            "cancelled_at", sa.DateTime(), nullable=True, comment="When it fell away because the item was reopened"
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["list_items.item_id"], name=op.f("fk_list_reinspections_item_id_list_items")
        ),
        sa.ForeignKeyConstraint(
            ["sample_id"], ["list_samples.sample_id"], name=op.f("fk_list_reinspections_sample_id_list_samples")
        ),
        sa.PrimaryKeyConstraint("reinspection_id", name=op.f("pk_list_reinspections")),
        comment="One row per re-inspection (回头看) of a closed-out item or of a ticket.",
    )
    op.create_index(op.f("ix_list_reinspections_item_id"), "list_reinspections", ["item_id"], unique=False)
    op.create_table(
        "list_suggestions",
        sa.Column("suggestion_id", NUMBER, autoincrement=True, nullable=False, comment="Counts up"),
        sa.Column("run_id", NUMBER, nullable=False, comment="Run that found it first"),
        sa.Column("rule", sa.String(length=32), nullable=False, comment="Key of the rule"),
        sa.Column("rules_version", sa.String(length=32), nullable=False, comment="Version of the rules"),
        sa.Column(
            "matter_key", sa.String(length=64), nullable=False, comment="Rule and matter: found again, it is not new"
        ),
        sa.Column("title", sa.String(length=200), nullable=False, comment="The matter in a line"),
        sa.Column("unit_code", sa.String(length=64), nullable=True, comment="Handling unit it is about"),
        sa.Column("district_code", sa.String(length=32), nullable=True, comment="Place it is about"),
        sa.Column("category_code", sa.String(length=32), nullable=True, comment="Category it is about"),
        sa.Column("ticket_count", sa.Integer(), nullable=False, comment="Tickets behind it"),
        sa.Column(
            "chain",
            sa.Text(),
            nullable=False,
            comment="Evidence chain as JSON: tickets, dates, texts (masked), figures",
        ),
        sa.Column("state", sa.String(length=16), nullable=False, comment="Key of SUGGESTION_STATES"),
        sa.Column("decided_at", sa.DateTime(), nullable=True, comment="When"),
        sa.Column("decided_by", sa.String(length=64), nullable=True, comment="Account"),
        sa.Column("reason", sa.Text(), nullable=True, comment="Why it was accepted, merged or declined"),
        sa.Column("item_id", NUMBER, nullable=True, comment="The item it became or was merged into"),
        sa.Column("version", sa.Integer(), nullable=False, comment="Counts changes"),
        sa.ForeignKeyConstraint(
            ["item_id"], ["list_items.item_id"], name=op.f("fk_list_suggestions_item_id_list_items")
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["nomination_runs.run_id"], name=op.f("fk_list_suggestions_run_id_nomination_runs")
        ),
        sa.PrimaryKeyConstraint("suggestion_id", name=op.f("pk_list_suggestions")),
        sa.UniqueConstraint("matter_key", name=op.f("uq_list_suggestions_matter_key")),
        comment="One row per suggestion (拟列建议, 疑点提示). A person decides.",
    )
    op.create_table(
        "list_warnings",
        sa.Column("warning_id", NUMBER, autoincrement=True, nullable=False, comment="Counts up"),
        sa.Column("noticed_on", sa.Date(), nullable=False, comment="Day it was noticed"),
        sa.Column("kind", sa.String(length=32), nullable=False, comment="Key of WARNING_KINDS"),
        sa.Column(
            "source_department", sa.String(length=64), nullable=False, comment="Who noticed: 审计, 信访, 组织部 …"
        ),
        sa.Column("title", sa.String(length=200), nullable=False, comment="In a line"),
        sa.Column("text", sa.Text(), nullable=False, comment="What was noticed"),
        sa.Column("unit_code", sa.String(length=64), nullable=True, comment="Unit it concerns"),
        sa.Column("district_code", sa.String(length=32), nullable=True, comment="Place it concerns"),
        sa.Column("shared_with", sa.String(length=200), nullable=False, comment="Departments it was shared with"),
        sa.Column("state", sa.String(length=16), nullable=False, comment="Key of WARNING_STATES"),
        sa.Column("outcome", sa.Text(), nullable=False, comment="What came of it"),
        sa.Column("item_id", NUMBER, nullable=True, comment="The item it became"),
        sa.Column("created_by", sa.String(length=64), nullable=False, comment="Account"),
        sa.Column("created_at", sa.DateTime(), nullable=False, comment="When"),
        sa.Column("version", sa.Integer(), nullable=False, comment="Counts changes"),
        sa.Column("form_key", sa.String(length=64), nullable=True, comment="Key of the form, as in list_steps"),
        sa.ForeignKeyConstraint(["item_id"], ["list_items.item_id"], name=op.f("fk_list_warnings_item_id_list_items")),
        sa.PrimaryKeyConstraint("warning_id", name=op.f("pk_list_warnings")),
        sa.UniqueConstraint("form_key", name=op.f("uq_list_warnings_form_key")),
        comment="One row per early sign or deviation (预警).",
    )
    op.create_table(
        "visit_notes",
        sa.Column("note_id", NUMBER, autoincrement=True, nullable=False, comment="Counts up"),
        sa.Column("visited_on", sa.Date(), nullable=False, comment="Day of the visit"),
        sa.Column("visitor", sa.String(length=64), nullable=False, comment="Who visited"),
        sa.Column("district_code", sa.String(length=32), nullable=True, comment="Where"),
        sa.Column("place", sa.String(length=100), nullable=False, comment="Where, in words"),
        sa.Column("text", sa.Text(), nullable=False, comment="What people said"),
        sa.Column("item_id", NUMBER, nullable=True, comment="The item it became"),
        sa.Column("created_by", sa.String(length=64), nullable=False, comment="Account"),
        sa.Column("created_at", sa.DateTime(), nullable=False, comment="When"),
        sa.Column("version", sa.Integer(), nullable=False, comment="Counts changes"),
        sa.Column("form_key", sa.String(length=64), nullable=True, comment="Key of the form, as in list_steps"),
        sa.ForeignKeyConstraint(["item_id"], ["list_items.item_id"], name=op.f("fk_visit_notes_item_id_list_items")),
        sa.PrimaryKeyConstraint("note_id", name=op.f("pk_visit_notes")),
        sa.UniqueConstraint("form_key", name=op.f("uq_visit_notes_form_key")),
        comment="One row per note of a visit (民情日记).",
    )

    protect("list_files")
