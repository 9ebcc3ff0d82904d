"""An installed Chromium, driven by Playwright, and pages in it that use the client."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import TimeoutError as NotInTime

ROOT = Path(__file__).parents[3]

# Whatever else it does costs time, or wants a network that tests don't have.
_ARGUMENTS = [
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

_WAIT = 30_000  # milliseconds; the first call of a function starts its worker


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Run Chromium with an empty profile.

    Where there is none the test is skipped, or fails if `REQUIRE_BROWSER` is set.
    """
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if path is None:
        missing = "no Chromium: `apt-get install chromium`, or whatever puts `chromium` in the PATH"
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(missing)
        pytest.skip(missing)
    # Chromium's sandbox refuses to run as root, which containers do.
    sandbox = [] if os.geteuid() else ["--no-sandbox"]
    arguments = _ARGUMENTS + sandbox
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, args=arguments) as browser,
    ):
        yield browser


@contextmanager
def served_pages() -> Iterator[str]:
    """Serve `page.html` here and the client under `/client/`; the address ends without a slash."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(ROOT))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


class App:
    """`app.js` in a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.set_default_timeout(_WAIT)

    def listen(self, url: str, **options: Any) -> None:
        """Connect with the options of `listen` in `app.js`."""
        self.page.evaluate("options => listen(options)", {"url": url, **options})

    def run(self, code: str, argument: object = None) -> Any:
        """Return what an expression, or a function of the argument, comes to."""
        return self.page.evaluate(code, argument)

    def wait_for(self, condition: str, argument: object = None) -> None:
        """Wait until an expression, or a function of the argument, is true."""
        try:
            self.page.wait_for_function(condition, arg=argument)
        except NotInTime as error:
            seen = self.run("({ happened, statuses, errors, asked, delays })")
            raise AssertionError(f"{condition} did not come true: {seen}") from error

    def wait_for_happened(self, *expected: str) -> None:
        """Wait until as much has happened as is expected, and check that it is just that."""
        self.wait_for("count => happened.length >= count", len(expected))
        happened = self.run("happened")
        assert happened == list(expected), happened


class _Files(SimpleHTTPRequestHandler):
    def translate_path(self, path: str) -> str:
        folder = "clients/js" if path.startswith("/client/") else "tests/e2e/browser"
        return str(ROOT / folder / Path(path).name)

    def log_message(self, *_: object) -> None:
        """Say nothing among the results of tests."""
