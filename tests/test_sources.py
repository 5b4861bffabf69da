"""Dropped files recognised, put right and read: what business.yml says afterwards, and what leaves it alone."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
import shops
from test_uploads import drop, left, made

from helpers import business as business_file
from helpers import files, resources, sources
from helpers.business import Source
from helpers.errors import InputError
from helpers.intake.formats import ROLES
from helpers.intake.labels import KINDS, LABELS
from helpers.pipeline import background

TODAY = shops.TODAY
Rows = list[tuple[date, str, int]]


@pytest.fixture
def client(tmp_path: Path) -> Path:
    """A client without a file, alone in its workspace."""
    return made(tmp_path / "clients" / "shop")


def orders(path: Path, rows: Rows, header: tuple[str, ...] = shops.HEADER) -> bytes:
    """An order file as bytes, under headers of one's own."""
    shops.write(path, rows)
    text = path.read_text("utf-8").splitlines()
    return "\n".join([",".join(header), *text[1:]]).encode()


def test_every_kind_and_role_has_a_name_for_people() -> None:
    """No drop-down shows a word of the program."""
    assert set(KINDS) == set(ROLES) - {"people_list"}
    assert {role for kind in KINDS for role in ROLES[kind]} <= set(LABELS)


@pytest.mark.parametrize("kind", ["orders", "deliveries", "tickets", "feedback", "contacts", "consent", "costs"])
def test_the_cafes_files_are_told_apart_by_their_headers(client: Path, kind: str) -> None:
    """Each of the example's files is taken for what its owner's business.yml says it is."""
    cafe = resources.example("cafe")
    name = str(business_file.load(cafe).sources[kind][0].file)
    assert drop(client, name, (cafe / name).read_bytes(), piece=2_000_000) == name
    found = sources.propose(client, name)
    assert (found.kind, found.wanting) == (kind, None)


def test_an_export_becomes_a_line_of_business_yml(client: Path, tmp_path: Path) -> None:
    """Dropped, recognised, read: the run finds it in the client's folder, and the version before is kept."""
    before = (client / "business.yml").read_bytes()
    drop(client, "orders.csv", orders(tmp_path / "o.csv", shops.small()), piece=1000)
    (proposal,) = sources.waiting(client)
    checked = sources.take(client, [proposal], today=TODAY)
    assert checked.quality.rows_kept == len(shops.small())
    assert checked.data is not None
    assert business_file.load(client).sources == {"orders": [Source(file="files/orders.csv", format="canonical")]}
    assert (client / sources.HISTORY / "000001.yml").read_bytes() == before
    assert sources.waiting(client) == []
    assert sources.known(client) == {"orders.csv": "orders"}


STRANGE = ("Nr", "Wann", "Wer", "Was", "currency", "channel")


def test_headers_nobody_knows_are_mapped_step_by_step(client: Path, tmp_path: Path) -> None:
    """What is still wanting is asked for one by one; the choices stand under columns and survive a reload."""
    drop(client, "orders.csv", orders(tmp_path / "o.csv", shops.small(), STRANGE), piece=1000)
    (proposal,) = sources.waiting(client)
    assert proposal.kind == "orders"
    assert "ordered_at" in proposal.needed
    with pytest.raises(InputError, match=r"orders\.csv: Choose the column that holds the date"):
        sources.take(client, [proposal], today=TODAY)
    proposal = sources.chosen(proposal, client, "ordered_at", "Wann")
    assert str(proposal.wanting) == "Choose the column that holds what was paid."
    proposal = sources.chosen(proposal, client, "net_revenue", "Was")
    assert proposal.wanting is None
    proposal = sources.chosen(proposal, client, "phone", "Wer")
    sources.remember(client, proposal)
    assert sources.waiting(client) == [proposal]
    checked = sources.take(client, [proposal], today=TODAY)
    assert checked.quality.customers == 60
    (made_of,) = business_file.load(client).sources["orders"]
    assert made_of.columns == {"ordered_at": "Wann", "net_revenue": "Was", "phone": "Wer"}


def test_a_header_plays_one_role(client: Path, tmp_path: Path) -> None:
    """Said again for another role, it leaves the first; taken back, the recognition decides."""
    drop(client, "orders.csv", orders(tmp_path / "o.csv", shops.small()), piece=1000)
    (proposal,) = sources.waiting(client)
    proposal = sources.chosen(proposal, client, "customer_id", "phone")
    assert proposal.found.mapping["customer_id"] == "phone"
    assert "phone" not in proposal.found.mapping
    proposal = sources.chosen(proposal, client, "phone", "phone")
    assert proposal.columns == {"phone": "phone"}
    proposal = sources.chosen(proposal, client, "phone", None)
    assert proposal.columns == {}
    assert proposal.found.mapping["phone"] == "phone"


def test_examples_show_dates_and_figures_but_nobody(client: Path) -> None:
    """Beside a header stands its first date or amount; names, phones and addresses never."""
    rows = "Ngày,Tổng tiền,Khách,Điện thoại,Địa chỉ\n31/01/2025 08:00,125.000,Trần Thị Mây,0912 000 001,12 Hồ Sen\n"
    drop(client, "so.csv", rows.encode(), piece=50)
    found = sources.propose(client, "so.csv", kind="orders")
    shown = {header: found.example(header) for header in found.found.headers}
    assert shown == {
        "Ngày": "31/01/2025 08:00", "Tổng tiền": "125.000", "Khách": "", "Điện thoại": "", "Địa chỉ": "",
    }  # fmt: skip


def test_files_beside_the_orders_need_the_orders(client: Path) -> None:
    """A list of complaints alone says nothing; the sentence says what to drop first."""
    cafe = resources.example("cafe")
    drop(client, "phan-nan.csv", (cafe / "phan-nan.csv").read_bytes(), piece=100_000)
    with pytest.raises(InputError, match="Drop the file of orders first"):
        sources.take(client, sources.waiting(client), today=date(2026, 7, 1))
    assert business_file.load(client).sources == {}


def test_a_file_that_cannot_be_used_changes_nothing(client: Path, tmp_path: Path) -> None:
    """Another currency than the business's is refused, and business.yml stays byte for byte."""
    shops.write(tmp_path / "o.csv", shops.small(), currency="USD")
    drop(client, "orders.csv", (tmp_path / "o.csv").read_bytes(), piece=1000)
    before = (client / "business.yml").read_bytes()
    with pytest.raises(InputError):
        sources.take(client, sources.waiting(client), today=TODAY)
    assert (client / "business.yml").read_bytes() == before
    assert not (client / sources.HISTORY).exists()


def later(rows: Rows, shift: int) -> Rows:
    """The same sales by other people."""
    return [(day, shops.phone(int(who[5:]) + shift), money + 1000) for day, who, money in rows]


def renumbered(content: bytes, prefix: bytes) -> bytes:
    """Order numbers of another till."""
    return content.replace(b"\nHD", b"\n" + prefix)


@pytest.fixture
def two(client: Path, tmp_path: Path) -> Callable[[Rows], list[sources.Proposal]]:
    """A client whose first file is read, and a second one dropped."""

    def second(rows: Rows) -> list[sources.Proposal]:
        drop(client, "orders.csv", orders(tmp_path / "o.csv", shops.small()), piece=10_000)
        sources.take(client, sources.waiting(client), today=TODAY)
        drop(client, "second.csv", renumbered(orders(tmp_path / "p.csv", rows), b"B"), piece=10_000)
        return sources.waiting(client)

    return second


def test_another_businesss_sales_are_refused_until_somebody_says_they_are_ours(
    client: Path, two: Callable[[Rows], list[sources.Proposal]]
) -> None:
    """The same weeks and not one customer in both: asked about, not added; a branch's file is added on a word."""
    proposals = two(later(shops.small(), 1000))
    with pytest.raises(sources.Stranger) as refused:
        sources.take(client, proposals, today=TODAY)
    assert str(refused.value).startswith("second.csv covers the same weeks")
    assert sources.known(client) == {"orders.csv": "orders"}
    sources.take(client, proposals, today=TODAY, ours=True)
    assert sources.known(client) == {"orders.csv": "orders", "second.csv": "orders"}


def test_next_months_sales_are_no_strangers(client: Path, two: Callable[[Rows], list[sources.Proposal]]) -> None:
    """Some of the same people, or other days: nothing to ask."""
    proposals = two([*later(shops.small(), 1000), (shops.END, shops.phone(3), 50_000)])
    sources.take(client, proposals, today=TODAY)
    assert list(sources.known(client)) == ["orders.csv", "second.csv"]


def test_a_file_is_forgotten_but_not_lost(client: Path, tmp_path: Path) -> None:
    """Taken out of business.yml it waits on the page again."""
    drop(client, "orders.csv", orders(tmp_path / "o.csv", shops.small()), piece=10_000)
    sources.take(client, sources.waiting(client), today=TODAY)
    sources.forget(client, "orders.csv")
    assert business_file.load(client).sources == {}
    assert [one.file for one in sources.waiting(client)] == ["orders.csv"]


def test_remarks_in_business_yml_are_kept_beside_it(client: Path, tmp_path: Path) -> None:
    """The page writes the file anew; what somebody wrote between the lines is in the history."""
    text = "# bàn với anh Tư ngày 3/6\n" + (client / "business.yml").read_text("utf-8")
    files.write_text(client / "business.yml", text)
    drop(client, "orders.csv", orders(tmp_path / "o.csv", shops.small()), piece=10_000)
    sources.take(client, sources.waiting(client), today=TODAY)
    assert (client / sources.HISTORY / "000001.yml").read_text("utf-8") == text


def test_nothing_is_read_while_a_run_goes_on(client: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """business.yml is not changed under a run."""
    drop(client, "orders.csv", orders(tmp_path / "o.csv", shops.small()), piece=10_000)
    proposals = sources.waiting(client)
    monkeypatch.setattr(background, "state", lambda _: background.State("running"))
    with pytest.raises(InputError, match="wait until that is done"):
        sources.take(client, proposals, today=TODAY)
    with pytest.raises(InputError, match="wait until that is done"):
        sources.forget(client, "orders.csv")
    assert business_file.load(client).sources == {}


def test_a_damaged_note_of_choices_is_passed_over(client: Path, tmp_path: Path) -> None:
    """What was said so far may be lost by hand; the file is recognised anew."""
    drop(client, "orders.csv", orders(tmp_path / "o.csv", shops.small()), piece=10_000)
    for text in ("{", "[]", '{"orders.csv": {"kind": "unheard of"}}', '{"orders.csv": {"columns": {"x": "y"}}}'):
        (client / "files" / ".mapping.json").write_text(text, "utf-8")
        (found,) = sources.waiting(client)
        assert (found.kind, found.columns) == ("orders", {})


def test_an_archive_of_exports_is_one_source(client: Path, tmp_path: Path) -> None:
    """Its files are listed, and each is recognised on its own when read."""
    import zipfile

    rows = shops.small()
    half = len(rows) // 2
    with zipfile.ZipFile(tmp_path / "year.zip", "w") as archive:
        for name, part in (("one.csv", rows[:half]), ("two.csv", rows[half:])):
            shops.write(tmp_path / name, part)
            with (tmp_path / name).open(newline="", encoding="utf-8") as file:
                lines = list(csv.reader(file))
            text = "\n".join(
                ",".join([name[:3] + line[0] if i else line[0], *line[1:]]) for i, line in enumerate(lines)
            )
            archive.writestr(name, text)
    drop(client, "year.zip", (tmp_path / "year.zip").read_bytes(), piece=10_000)
    (found,) = sources.waiting(client)
    assert found.exports == ("year.zip › one.csv", "year.zip › two.csv")
    checked = sources.take(client, [found], today=TODAY)
    assert checked.quality.rows_read == len(rows)
    assert business_file.load(client).sources["orders"] == [Source(file="files/year.zip")]
    assert left(client) == ["year.zip"]
