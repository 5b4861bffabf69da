"""A new client's first minutes in a browser: an export dropped, recognised, put right, graded, run, and the guess revealed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from live import serve

from helpers import business as business_file
from helpers import files, resources, serving
from helpers import session as sessions
from helpers.business import Business

from .served import eventually

pytestmark = pytest.mark.browser
LONG = 120_000
"""Milliseconds; only how long a broken page is waited for."""


@pytest.fixture
def opened(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens a client's session; every request that leaves the machine fails the test."""
    with ExitStack() as stack:

        def open_session(client: Path, width: int = 1280) -> Any:
            url = stack.enter_context(serve(client))[0]
            context = browser.new_context(viewport={"width": width, "height": 900})
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(LONG)
            page.left = []
            page.on("request", lambda asked: page.left.append(asked.url) if not _local(asked.url) else None)
            page.goto(url)
            page.wait_for_selector(".retention-drop input")
            return page

        yield open_session


def _local(url: str) -> bool:
    return url.startswith((f"http://{serving.LOOPBACK}:", "data:", "blob:"))


def client_of(folder: Path, **known: Any) -> Path:
    """A client without a file, as `retention new --no-file` leaves it."""
    files.write_text(folder / business_file.FILE, business_file.dump(Business(sources={}, **known)))
    return folder


def press(page: Any, words: str) -> None:
    """Press the button with these words."""
    page.get_by_role("button", name=words, exact=True).click()


def test_an_owners_first_minutes(opened: Callable[..., Any], tmp_path: Path) -> None:
    """The café's export under headers nobody knows: refused, dropped, mapped by drop-downs, kept through a reload, graded, run, revealed."""
    client = client_of(tmp_path / "clients" / "quan-nho", name="Quán Nhỏ", lang="vi")
    page = opened(client, width=360)
    assert page.evaluate("document.documentElement.scrollWidth") == 360

    page.set_input_files(".retention-drop input", {"name": "ghi-chú.pdf", "mimeType": "x/y", "buffer": b"%PDF-1.7"})
    page.get_by_text("Loại tệp của ghi-chú.pdf chưa đọc được").wait_for()
    assert not list((client / "files").glob("*"))

    export = tmp_path / "so-ban-hang.csv"
    export.write_bytes(_renamed_export())
    page.set_input_files(".retention-drop input", str(export))
    page.get_by_text("Anh/chị chọn cột ghi ngày bán.").wait_for()
    page.get_by_text("Tệp có cách trình bày chưa gặp").wait_for()
    assert page.get_by_text("Nhận ra là:").count() == 0
    assert page.get_by_role("button", name="Đọc các tệp này", exact=True).is_disabled()
    page.get_by_label("ngày bán", exact=True).select_option(label=_option(page, "ngày bán", "K1"))
    page.reload()
    page.wait_for_selector(".retention-drop input")
    page.get_by_text("Anh/chị chọn cột ghi số tiền khách trả.").wait_for()
    page.get_by_label("tổng tiền của cả đơn", exact=True).select_option(
        label=_option(page, "tổng tiền của cả đơn", "K3")
    )
    page.get_by_text("Đủ cột cần thiết rồi").wait_for()
    page.get_by_label("mã khách", exact=True).select_option(label=_option(page, "mã khách", "K2"))
    page.wait_for_function("() => !document.querySelector('.fault')?.textContent")
    press(page, "Đọc các tệp này")
    page.get_by_text("Số liệu đạt hạng").first.wait_for()

    business = yaml.safe_load((client / "business.yml").read_text("utf-8"))
    (source,) = business["sources"]["orders"]
    assert source["file"] == "files/so-ban-hang.csv"
    assert source["columns"] == {"ordered_at": "K1", "net_revenue": "K3", "customer_id": "K2"}
    assert (client / "files" / "so-ban-hang.csv").stat().st_mode & 0o777 == 0o600
    assert (client / "files" / "so-ban-hang.csv").read_bytes() == export.read_bytes()

    press(page, "Tính các con số")
    page.reload()  # the run goes on without the page that has started it
    page.get_by_text("Đã tính trên số liệu đến").wait_for()
    _guess_and_reveal(page, client, guess=9, show="Xem số liệu")
    assert page.left == []


def test_a_wholesalers_year(opened: Callable[..., Any], tmp_path: Path, real_data: Path) -> None:
    """Online Retail as it is: recognised, the published number of rows, run, guess, interview, what if, a promise, reload, other language."""
    data = real_data / "online_retail" / "online_retail.parquet"
    if not data.is_file():
        pytest.skip(f"Online Retail not found in {real_data}")
    client = client_of(
        tmp_path / "clients" / "gifts", name="Gifts", lang="en", currency="GBP", country="GB", timezone="Europe/London"
    )
    page = opened(client)
    page.set_input_files(".retention-drop input", str(data))
    page.get_by_text("Taken for: UCI Online Retail.").wait_for()
    press(page, "Read these files")
    page.get_by_text("541,909 rows read").wait_for()
    press(page, "Work out the numbers")
    page.get_by_text("Worked out on data until 9 Dec 2011.").wait_for()
    assert (client / "runs" / "2011-12-09" / "report.html").is_file()
    _guess_and_reveal(page, client, guess=2, show="Show the data")

    _go(page, "Interview")
    page.get_by_role("radio").first.check()
    page.get_by_text("1 of 18 answered").wait_for()
    page.get_by_role("textbox").first.fill("We never ring them – “they know where we are”.")
    _until(
        client,
        lambda said: [answer.note for answer in said.answers.values()],
        ["We never ring them – “they know where we are”."],
    )
    _go(page, "Money")
    page.get_by_text(re.compile(r"£[\d.,]+[km]? a month")).first.wait_for()
    page.locator(".lever .noUi-handle").first.focus()
    page.keyboard.press("ArrowRight")
    _until(client, lambda said: dict(said.what_if), {"repeat": 1})
    _go(page, "Choose")
    page.get_by_role("button", name=re.compile("^Choose “")).first.click()
    page.get_by_label("Who – one name").fill("Nora")
    page.get_by_label("Until when").fill("2012-01-15")
    _until(client, lambda said: [(one.owner, str(one.due)) for one in said.commitments], [("Nora", "2012-01-15")])

    page.reload()  # everything is still there, also in the other language
    page.get_by_role("button", name="Tiếng Việt", exact=True).click()
    _go(page, "In")
    sheet = page.locator(".sheet")
    sheet.get_by_text("they know where we are").first.wait_for()
    assert "Nora" in sheet.inner_text()
    assert "15/01/2012" in sheet.inner_text()
    assert "Calling regulars" not in sheet.inner_text()  # a play's words follow the language, the owner's own do not
    assert page.left == []


def _go(page: Any, step: str) -> None:
    """Go to a section by its name in the bar, until it is drawn in the place of the one before."""
    page.locator(".steps").get_by_role("button", name=step, exact=True).wait_for()
    before = page.query_selector(".retention .body .way-on button")
    page.locator(".steps").get_by_role("button", name=step, exact=True).click()
    page.wait_for_function("before => !before.isConnected", arg=before)


def _until(client: Path, look: Callable[[sessions.Session], object], wanted: object) -> None:
    """Until session.yml says so; then that it does is asserted."""
    eventually(lambda: look(sessions.load(client)), wanted)


def _renamed_export() -> bytes:
    """The café's orders, one row each, under headers that say nothing."""
    from datetime import date

    from helpers import engine, intake

    folder = resources.example("cafe")
    con = engine.connect()
    try:
        business = business_file.load(folder)
        sold = business.model_copy(update={"sources": {"orders": business.sources["orders"]}})
        orders = intake.load(sold, folder, con, today=date(2026, 7, 1)).orders
        picked = orders.select(
            K1=orders.ordered_at.strftime("%Y-%m-%d %H:%M"), K2=orders.customer_id, K3=orders.net_revenue
        )
        frame = picked.to_pandas()
    finally:
        con.disconnect()
    text: str = frame.to_csv(index=False)
    return text.encode()


def _option(page: Any, label: str, header: str) -> str:
    """The words of the option for this header: it may be followed by an example."""
    option = page.get_by_label(label, exact=True).locator("option").filter(has_text=re.compile(rf"^{header}(\s–|$)"))
    option.first.wait_for(state="attached")
    return str(option.first.text_content())


def _guess_and_reveal(page: Any, client: Path, *, guess: int, show: str) -> None:
    """Go on to the guesses, move the first slider, look at the data; all of it is in session.yml."""
    page.locator(".way-on .main").click()
    handle = page.locator(".noUi-handle").first
    handle.wait_for()
    handle.focus()
    handle.press("Home")
    for _ in range(guess):
        handle.press("ArrowRight")
    page.wait_for_function(
        "g => document.querySelector('.noUi-handle').getAttribute('aria-valuenow') == g + '.0'", arg=guess
    )
    page.get_by_role("button", name=show).first.click()
    page.locator(".fact").first.wait_for()
    said = sessions.load(client)
    assert said.guesses["repeat_of_ten"] == guess
    assert "repeat_of_ten" in said.revealed
