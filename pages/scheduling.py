"""月调度：本月调度什么，定下的事办到哪一步？"""

from __future__ import annotations

import streamlit as st

from lib import answers, loaders
from lib.ui import layout, list_actions, meeting, scheduling

layout.records_header("月调度", "本月调度什么，定下的事办到哪一步？")
list_actions.said()
view = loaders.list_view()
number = st.query_params.get(scheduling.ASKED, "").strip()
if number:
    meeting.page(number, view)
else:
    frame = loaders.ask_records(answers.meetings, view)
    if scheduling.sees_all():
        scheduling.upcoming(frame, view)
        scheduling.chain(view)
    scheduling.listing(frame)
    scheduling.new_meeting(frame, view)
    if scheduling.sees_all():
        scheduling.topics(view)
