from tests.browser.reading import PAGES, open_page
from tests.browser.serving import Recording


def test_nothing_leaves_the_machine_while_all_pages_are_read(page, server, recording):
    for slug in PAGES:
        open_page(page, f"{server.url}/{slug}")
    assert len(recording.requests) > 100
    assert recording.outside == []
    # The sampler saw the browser itself, so it would have seen others.
    assert server.samples > 20
    assert "127.0.0.1" in server.remote_addresses
    assert server.outside == set()


def test_the_recorder_notices_a_request_that_leaves(browser):
    recording = Recording()
    context = browser.new_context()
    recording.attach(context)
    page = context.new_page()
    # A page without our content policy, which would have stopped the request before it was one.
    page.set_content("<p>elsewhere</p>")
    page.evaluate("fetch('http://192.0.2.1/x').catch(() => 0)")
    page.wait_for_timeout(200)
    context.close()
    assert recording.outside == ["http://192.0.2.1/x"]


def test_a_foreign_page_cannot_open_our_websocket(browser, server):
    """From another origin the handshake is refused before Streamlit looks up addresses outside."""
    context = browser.new_context()
    page = context.new_page()
    page.goto("data:text/html,<p>elsewhere</p>")
    address = server.url.replace("http", "ws") + "/_stcore/stream"
    outcome = page.evaluate(
        "address => new Promise(done => { const s = new WebSocket(address);"
        " s.onopen = () => done('open'); s.onerror = () => done('refused'); })",
        address,
    )
    context.close()
    assert outcome == "refused"
    assert server.outside == set()
