"""Errors outside of the page itself (a callback, a fragment) also show a sentence and a number."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def test_a_fault_shows_its_number_and_the_log_has_it(caplog):
    def page() -> None:
        from lib.ui import faults

        assert faults.on_script_error(RuntimeError("the reason 13812345678")) is True

    test = AppTest.from_function(page).run()
    (record,) = [record for record in caplog.records if record.name == "minsheng.page"]
    said = "\n".join(element.value for element in (*test.markdown, *test.text))
    assert f"故障编号 {record.fault}" in said
    assert "the reason" not in said
    assert record.exc_info[1].args == ("the reason 13812345678",)
