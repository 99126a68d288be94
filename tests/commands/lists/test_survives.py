"""A process that writes to the lists is killed at any moment: what it acknowledged stands, the rest never happened."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest
from sqlalchemy import func, select

from lib.access.verify import verify
from lib.config import ROOT
from lib.schema import assessment as a
from lib.schema import lists as t
from tests.access.stores import rows
from tests.commands.lists.desks import item_in, row

# Takes long: `make prove` and CI run it, `make test` does not.
pytestmark = pytest.mark.proof

# Writes without end, and says what came of it only when the command has returned.
WRITER = """
    import sys
    from pathlib import Path
    from lib.assessment_store import open_assessment
    from lib.commands.lists import items, reports
    from lib.config import Settings
    from tests.commands.lists.desks import keeper

    settings = Settings(data_dir=Path(sys.argv[1]), city="anyang", tickets_url=None, assessment_url=sys.argv[2] or None)
    store, who = open_assessment(settings, "city"), keeper("supervision")
    no, version = sys.argv[3], int(sys.argv[4])
    print("begin", flush=True)
    while True:
        version = items.edit(store, who, items.EditItem(no, version, {"remarks": f"第{version}次"}))
        print("edited", version, flush=True)
        version = reports.report(store, who, reports.Report(no, f"进展{version}"))
        print("reported", version, flush=True)
        said = {"title": f"事项{version}", "source": "media", "lead_unit_code": "U1"}
        print("added", items.add(store, who, items.AddItem("supervision", said, [("A", "T1")])), flush=True)
"""


def killed(settings, url, no, version, seconds):
    """What a writer acknowledged until it was killed."""
    writer = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WRITER), str(settings.data_dir), url, no, str(version)],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert writer.stdout is not None
    assert writer.stdout.readline() == "begin\n"
    time.sleep(seconds)
    os.kill(writer.pid, signal.SIGKILL)
    said = [line.split() for line in writer.stdout.read().splitlines()]
    assert writer.wait() == -signal.SIGKILL
    return said


def test_a_killed_writer_loses_nothing_that_it_acknowledged(any_store, settings):
    is_sqlite = any_store.engine.dialect.name == "sqlite"
    url = "" if is_sqlite else any_store.engine.url.render_as_string(hide_password=False)
    no = item_in(any_store, "handling")
    acknowledged = 0
    for attempt in range(8):
        before = row(any_store, no).version
        said = killed(settings, url, no, before, 0.1 + attempt * 0.057)
        versions = [int(value) for what, value in said if what != "added"]
        stands = row(any_store, no).version
        assert versions == list(range(before + 1, before + 1 + len(versions)))
        # At most the one step that was under way may stand besides.
        assert stands - before in (len(versions), len(versions) + 1)
        numbers = {item.item_no for item in rows(any_store, t.list_items)}
        assert {value for what, value in said if what == "added"} <= numbers
        whole(any_store)
        acknowledged += len(said)
    assert acknowledged > 20


def whole(store):
    """Nothing stands by half: each item with its step, ticket and entry, each step counted, the chain unbroken."""
    with store.reading() as conn:
        s, i = t.list_steps.c, t.list_items.c
        steps = dict(conn.execute(select(s.item_id, func.count()).group_by(s.item_id)).all())
        versions = dict(conn.execute(select(i.item_id, i.version)).all())
        entries = conn.execute(select(func.count()).select_from(a.audit_entries)).scalar_one()
        last = conn.execute(select(t.list_counters.c.last)).scalar_one()
        tickets = conn.execute(select(func.count()).select_from(t.list_tickets)).scalar_one()
        reports = conn.execute(select(func.count()).select_from(t.list_reports)).scalar_one()
        reported = conn.execute(select(func.count()).where(s.step == "report")).scalar_one()
    assert steps == versions
    assert entries == sum(steps.values())
    assert last == len(versions) == tickets
    assert reports == reported
    assert verify(store).broken is None
