"""会议投屏: what a projection device shows until there is a meeting to show."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

import streamlit as st

from lib import loaders
from lib.access import sessions
from lib.access.moments import city_time
from lib.access.shared import shared_assessment
from lib.config import Settings
from lib.ui.words import moment

# Nobody touches a projector: the page itself says that it is still there, well within the idle time.
ALIVE_SECONDS = 60
STYLE = """<style>
.st-key-kiosk {min-height: 70vh; justify-content: center; text-align: center;}
.st-key-kiosk .ready {font-size: clamp(36px, 4vw, 72px); font-weight: 600; line-height: 1.4; color: #12436D;}
.st-key-kiosk .next {font-size: clamp(24px, 2.2vw, 40px); line-height: 1.6; color: #1B2733;}
.st-key-kiosk .facts {font-size: clamp(20px, 1.6vw, 30px); line-height: 1.6; color: #55626E;}
</style>"""


@st.fragment(run_every=ALIVE_SECONDS)
def ready() -> None:
    """The state of the device, and a sign of life to its session."""
    device = loaders.identity()
    now = datetime.now(UTC)
    with shared_assessment(Settings.from_env()).writing() as conn:
        sessions.touch(conn, device.session_ref, now=now)
    with st.container(key="kiosk", horizontal_alignment="center"):
        st.html(STYLE)
        st.html('<div class="ready">投影终端已就绪</div><div class="next">会议页面将在会议前发布</div>')
        st.html(f'<div class="facts">{escape(device.display_name)}　{moment(city_time(now))}</div>')


ready()
