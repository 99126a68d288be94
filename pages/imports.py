"""数据导入与质量：数据可信吗、到几号？"""

from __future__ import annotations

import argparse
import io
from datetime import datetime
from pathlib import Path

import streamlit as st

from lib import loaders
from lib.access.accounts import has_accounts
from lib.access.shared import shared_assessment
from lib.config import Settings
from lib.ingest import uploads
from lib.ingest.command import parse_as_of
from lib.ingest.mapping import MappingError, all_mappings
from lib.ingest.pipeline import REFUSALS
from lib.ingest.rejected import rejected_of
from lib.ingest.staged import PublishResult
from lib.ingest.template_command import write_template
from lib.store import DamagedDataError, NoDataError, active_pair, read_pointer
from lib.ui import empty, import_round, import_view, jobs, layout, show
from lib.ui.words import as_of as said_as_of
from lib.ui.words import plain

TITLE, QUESTION = "数据导入与质量", "数据可信吗、到几号？"


def template_file() -> bytes:
    """The standard template as a file."""
    buffer = io.BytesIO()
    write_template(buffer)
    return buffer.getvalue()


def import_card(settings: Settings) -> None:
    """Upload → check → publish, each step only once."""
    with layout.card("import"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.markdown("**导入工单**", width="content")
            show.download("下载标准模板", template_file, "标准导入模板.xlsx", show.XLSX, resource="imports")
        running = import_round.publishing()
        if running is not None and jobs.find(running) is not None:
            publishing(running)
            return
        if active_pair(settings) == "demo":
            leaving_the_demo(settings)
        files = st.file_uploader(
            "把平台导出的文件原样放进来：XLSX、XLS、CSV、Parquet 或 ZIP，可多选；流转、回访文件与工单文件一起选",
            accept_multiple_files=True,
            key=f"upload_{import_round.number()}",
        )
        if files:
            token, paths = uploads.keep_uploads(settings, [(f.name, f.getvalue()) for f in files])
            checking(settings, token, paths)
        else:
            st.caption("先核对、后发布：核对不改动任何数据；发布前可以看到新增、更新、退回各多少行。")


def leaving_the_demo(settings: Settings) -> None:
    """Say what the first import of the city's own data brings, and what must stand before it."""
    st.info(
        "当前显示的是演示数据。导入会建立本市自己的数据库，并把看板切换到本市数据；演示数据另存，不会混入。"
        "切换后演示账号失效，请用本市账号重新登录。",
        icon=":material/info:",
    )
    if not may_leave_the_demo(settings):
        st.warning(
            "本市库还没有账号，发布后将无人能够登录，因此现在只能核对、不能发布。请先在服务器上运行 "
            "`python -m lib init` 生成密钥，再用 `python -m lib user add 账号 --role 热线中心 --pair city` 建立账号。",
            icon=":material/key:",
        )


def may_leave_the_demo(settings: Settings) -> bool:
    """Whether somebody could sign in once the city's own data are shown."""
    return has_accounts(shared_assessment(settings, "city"))


def checking(settings: Settings, token: str, paths: list[Path]) -> None:
    """Check the files with the chosen (or the fitting) mapping and offer to publish."""
    mapping, given = choices(settings, token)
    # A check holds for the data it was compared with, and as long as what it read is kept.
    key = f"check:{token}:{mapping}:{given}:{city_version(settings)}"
    known = jobs.find(key)
    if known is not None and known.is_done and known.error is None and not known.result.is_kept:
        jobs.forget(key)
    job = jobs.start(key, lambda progress: uploads.check_uploads(settings, token, paths, mapping, given, progress))
    if not job.is_done:
        jobs.watch(key)
    elif job.error is not None:
        refusal(job.error)
        if st.button("重新核对", key="check_again"):
            jobs.forget(key)
            st.rerun()
    else:
        found: uploads.Checked = job.result
        if found.mapping is None:
            new_mapping(settings, token, found, key)
        else:
            checked(settings, token, found)


def city_version(settings: Settings) -> str | None:
    """Version of the city's own data; None before the first import."""
    try:
        return read_pointer(settings, "city").version
    except NoDataError:
        return None


def choices(settings: Settings, token: str) -> tuple[str | None, datetime | None]:
    """What the person may set: mapping and as-of; (None, None) lets headings and data decide."""
    labels = {m.name: m.label for m in all_mappings(settings)}
    with st.expander("映射与截止时间（一般不用改）"):
        mapping = st.selectbox(
            "字段映射", list(labels), index=None, format_func=lambda name: labels[name], placeholder="按表头自动选择",
            key=f"mapping_{token}",
        )  # fmt: skip
        text = st.text_input(
            "数据截止（导出）时间", placeholder="不填则取数据中最新的时间，如 2026-10-20 18:00", key=f"as_of_{token}"
        )
    if not text.strip():
        return mapping, None
    try:
        return mapping, parse_as_of(text)
    except argparse.ArgumentTypeError as error:
        st.warning(f"{plain(error)}；现按数据中最新的时间核对。")
        return mapping, None


def checked(settings: Settings, token: str, found: uploads.Checked) -> None:
    """The result of the check, and the button that publishes it."""
    assert found.counts is not None
    assert found.folder is not None
    folder, counts = found.folder, found.counts
    label = next((m.label for m in all_mappings(settings) if m.name == found.mapping), found.mapping)
    cut = f"数据截至 {said_as_of(found.as_of)}" if found.as_of else ""
    st.markdown(f"**核对结果**　:gray[{plain(f'映射：{label}　{cut}')}]")
    import_view.counts(counts.read, counts.inserted, counts.updated, counts.unchanged, counts.rejected)
    if counts.read == counts.rejected:
        st.error("没有一行可以导入。请看退回原因，或换一个映射。", icon=":material/block:")
    elif not counts.is_new_version and counts.inserted + counts.updated == 0 and active_pair(settings) == "city":
        st.success("与现有数据完全一致，不需要导入。", icon=":material/check:")
    key = f"publish:{token}:{found.mapping}:{found.as_of}:{city_version(settings)}"
    is_first = active_pair(settings) == "demo"
    may_publish = not is_first or may_leave_the_demo(settings)
    if (
        may_publish
        and counts.read > counts.rejected
        and st.button(
            "建立本市数据库并导入" if is_first else "导入并发布",
            type="primary",
            key="publish",
            icon=":material/publish:",
        )
    ):
        person = loaders.identity()
        import_round.publish(key)
        jobs.start(key, lambda progress: uploads.publish_checked(settings, token, folder, progress, actor=person))
        st.rerun()
    import_view.rejected(found.rejected, "核对退回")
    import_view.warnings(counts.warnings, uploads.field_labels(), "核对提示")
    with st.expander("文件前几行"):
        for table in found.preview["tables"]:
            import_view.preview_table(table["place"], table["headings"], table["rows"])


def publishing(key: str) -> None:
    """Progress of publishing, then its result until the person goes on."""
    job = jobs.find(key)
    assert job is not None
    if not job.is_done:
        jobs.watch(key)
        return
    if job.error is not None:
        refusal(job.error)
    else:
        result: PublishResult = job.result
        if result.is_new_version:
            st.success(f"已发布，用时 {result.seconds:.1f} 秒。所有页面已换成新数据。", icon=":material/check:")
        else:
            st.success("内容与现有数据一致，没有改动。", icon=":material/check:")
        import_view.counts(result.read, result.inserted, result.updated, result.unchanged, result.rejected)
        if result.rejected_path:
            import_view.file_button(Path(result.rejected_path))
        import_view.warnings(result.warnings, uploads.field_labels(), "导入提示")
    if st.button("再导入一个文件", key="import_more"):
        jobs.forget(key)
        import_round.begin_another()
        st.rerun()


def new_mapping(settings: Settings, token: str, found: uploads.Checked, key: str) -> None:
    """No mapping fits: a proposed one to be looked through and kept."""
    st.warning(
        "这是没有见过的表头。下面是按表头和内容建议的映射，请核对后保存，以后同样的文件会自动识别。",
        icon=":material/help:",
    )
    name = st.text_input("映射名（小写字母、数字、下划线）", "own", key=f"new_name_{token}")
    label = st.text_input("显示名称", "本市导出", key=f"new_label_{token}")
    text = st.text_area(
        "映射内容（写法见 docs/mapping.md）", found.suggestion or "", height=320, key=f"new_text_{token}"
    )
    if st.button("保存映射并核对", type="primary", key="save_mapping"):
        try:
            renamed = uploads.renamed_mapping(text, name.strip(), label.strip())
            uploads.save_own_mapping(settings, renamed, loaders.identity())
        except MappingError as error:
            st.error(plain(error))
            return
        jobs.forget(key)
        st.rerun()
    for table in found.preview["tables"]:
        import_view.preview_table(table["place"], table["headings"], table["rows"])


def refusal(error: Exception) -> None:
    """Why nothing was imported. What is no refusal is a fault of ours and goes the way of all faults."""
    if not isinstance(error, REFUSALS):
        raise error
    st.error(f"没有导入，数据未改动。{plain(error)}", icon=":material/block:")


def has_data() -> bool:
    """Whether a version can be shown; the page also opens without one."""
    try:
        loaders.pointer()
    except NoDataError:
        return False
    except DamagedDataError as error:
        empty.damaged(str(error))
        return False
    return True


settings = Settings.from_env()
if has_data():
    layout.header(TITLE, QUESTION)
    left, right = st.columns([1, 1], gap="small")
    with left:
        import_card(settings)
    with right:
        import_view.timeliness()
    with layout.card("history"):
        import_view.standing()
        run = import_view.history()
    if run is not None:
        kept = rejected_of(settings, active_pair(settings), str(run["version"]))
        import_view.run_details(run, uploads.field_labels(), kept)
    import_view.doubtful()
    import_view.missing_fields()
else:
    st.markdown(f"### {TITLE}　:gray[{QUESTION}]")
    import_card(settings)
