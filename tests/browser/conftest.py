"""Pages in a real browser: opened from disk, offline, and watched for everything that a page of ours must not do."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.journeys.test_math_regression import math_repo, problems

__all__ = ["math_repo", "problems"]  # fixtures

TIMEOUT_MS = 30_000  # of anything that is waited for: how long it takes says something of the machine, not of the page
expect.set_options(timeout=TIMEOUT_MS)
# hostile text sets this where it gets to run
CANARY = "window.pwned"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's chromium; skips where there is none.

    While it is there an event loop runs in this thread, so no command that has one of its own can: a test that needs
    both runs the command first, and asks for `open_page` then.
    """
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("chromium is not on PATH (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Open a page: `open_page(text_or_path, "#hash", javascript=True, dark=False, width=1280, site=None)`.

    After the test nothing may have been requested but the file (or files of the folder `site`, where links may lead),
    written to the console as an error, or run.
    """
    opened: list[tuple[Page, str, bool, list[str], list[str]]] = []

    def open_it(
        source: str | Path,
        address: str = "",
        *,
        javascript: bool = True,
        dark: bool = False,
        width: int = 1280,
        site: Path | None = None,
    ) -> Page:
        path = source
        if isinstance(source, str):
            path = tmp_path / f"page-{len(opened)}.html"
            path.write_text(source, encoding="utf-8")
        assert isinstance(path, Path)
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=javascript,
            offline=True,
        )
        page = context.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        wrong: list[str] = []
        requested: list[str] = []
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(f"a dialog: {dialog.message}"))
        page.on("popup", lambda popup: wrong.append(f"a window: {popup.url}"))
        page.on("request", lambda request: requested.append(request.url.partition("#")[0]))
        page.goto(path.as_uri() + address)
        opened.append((page, f"{site.as_uri()}/" if site else path.as_uri(), site is not None, wrong, requested))
        return page

    yield open_it
    for page, address, folder, wrong, requested in opened:
        assert wrong == []
        if folder:
            assert [url for url in [*requested, page.url] if not url.startswith(address)] == []
        else:
            assert requested == [address]
            assert page.url.partition("#")[0] == address
        assert page.evaluate(f"typeof {CANARY}") == "undefined"
        page.context.close()
