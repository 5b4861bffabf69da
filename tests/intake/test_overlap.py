"""Exports that overlap are counted once: monthly files that share days, a file given twice, corrected re-exports."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.intake import Intake

from .conftest import Load, rows

NUMBERED = "Mã hóa đơn,Thời gian,Mã khách hàng,Trạng thái,Khách cần trả\n"
PLAIN = "Ngày,Khách hàng,Điện thoại,Thành tiền\n"


def _load(shop: Load, folder: Path, **texts: str) -> Intake:
    (folder / "exports").mkdir()
    for name, text in texts.items():
        (folder / "exports" / f"{name.replace('_', ' ')}.csv").write_text(text, encoding="utf-8")
    return shop(sources={"orders": [{"file": "exports", "day_first": True}]})


def test_months_that_share_days_count_them_once(shop: Load, tmp_path: Path) -> None:
    """An order of 31 May that stands in the files of May and of June is one order."""
    shared = "HD2,31/05/2026 20:00,KH2,Hoàn thành,200\n"
    found = _load(
        shop,
        tmp_path,
        may=NUMBERED + "HD1,30/05/2026 10:00,KH1,Hoàn thành,100\n" + shared,
        june=NUMBERED + shared + "HD3,01/06/2026 09:00,KH1,Hoàn thành,300\n",
    )
    assert found.quality.amount_kept == 600.0
    assert rows(found.rejects, "source_file", "source_row", "reason") == [("may.csv", 2, "exported_again")]


@pytest.mark.parametrize("names", [("t2", "t10"), ("orders", "orders_(1)"), ("a", "b")])
def test_of_two_exports_of_one_period_the_later_name_counts(shop: Load, tmp_path: Path, names: tuple[str, str]) -> None:
    """“t10” comes after “t2” and “orders (1)” after “orders”; what was edited in between is as the later one has it."""
    first = NUMBERED + "HD1,30/05/2026 10:00,KH1,Hoàn thành,100\nHD2,31/05/2026 20:00,KH2,Hoàn thành,200\n"
    found = _load(shop, tmp_path, **{names[0]: first, names[1]: first.replace(",100\n", ",150\n")})
    assert found.quality.amount_kept == 350.0
    assert found.quality.rejected_by_reason == {"exported_again": 2}


def test_an_order_cancelled_later_is_cancelled(shop: Load, tmp_path: Path) -> None:
    """The later export says that the order was cancelled: the earlier one does not bring it back."""
    found = _load(
        shop,
        tmp_path,
        z_early=NUMBERED + "HD1,30/05/2026 10:00,KH1,Hoàn thành,100\nHD2,31/05/2026 20:00,KH2,Hoàn thành,200\n",
        a_late=NUMBERED + "HD2,31/05/2026 20:00,KH2,Đã hủy,200\nHD3,02/06/2026 20:00,KH2,Hoàn thành,5\n",
    )
    assert sorted(rows(found.orders, "order_id")) == [("HD1",), ("HD3",)]
    assert found.quality.rejected_by_reason == {"cancelled": 1, "exported_again": 1}


def test_lines_edited_later_replace_all_lines_of_the_order(shop: Load, tmp_path: Path) -> None:
    """An order that lost a line keeps none of its old lines."""
    head = "Mã hóa đơn,Thời gian,Mã khách hàng,Tên hàng,Số lượng,Đơn giá,Thành tiền\n"
    line = "HD1,30/05/2026 10:00,KH1,{},1,{},{}\n".format
    other = "HD2,31/05/2026 10:00,KH2,Trà,1,10,10\n"
    found = _load(
        shop,
        tmp_path,
        one=head + line("Trà", 10, 10) + line("Bánh", 20, 20) + other,
        two=head + line("Trà", 15, 15) + other,
    )
    assert sorted(rows(found.order_lines, "order_id", "product", "amount")) == [
        ("HD1", "Trà", 15.0),
        ("HD2", "Trà", 10.0),
    ]


class TestWithoutOrderNumbers:
    """Sheets kept by hand have no numbers: whole days are compared."""

    MAY = "30/05/2026,Lan,0901234567,100\n30/05/2026,,,50\n30/05/2026,,,50\n31/05/2026,Minh,0907654321,70\n"

    def test_a_file_given_twice_counts_once(self, shop: Load, tmp_path: Path) -> None:
        """The same sheet under two names, with two equal sales to strangers in it: both stay, once."""
        found = _load(shop, tmp_path, may=PLAIN + self.MAY, may_copy=PLAIN + self.MAY)
        assert found.quality.amount_kept == 270.0
        assert found.quality.rejected_by_reason == {"exported_again": 4}

    def test_days_in_two_months_count_once(self, shop: Load, tmp_path: Path) -> None:
        """The last day of May stands at the head of June's sheet."""
        june = PLAIN + "31/05/2026,Minh,0907654321,70\n01/06/2026,Lan,0901234567,30\n"
        found = _load(shop, tmp_path, may=PLAIN + self.MAY, june=june)
        assert found.quality.amount_kept == 300.0
        assert rows(found.rejects, "source_file", "source_row") == [("may.csv", 4)]

    def test_two_branches_are_not_one(self, shop: Load, tmp_path: Path) -> None:
        """Sheets of the same days with other sales are both counted, equal sales among them too."""
        other = "30/05/2026,Hoa,0911111111,100\n30/05/2026,,,50\n31/05/2026,Minh,0907654321,90\n"
        found = _load(shop, tmp_path, a=PLAIN + self.MAY, b=PLAIN + other)
        assert found.quality.amount_kept == 510.0
        assert found.quality.rows_rejected == 0


def test_other_tables_are_not_counted_twice_either(shop: Load, tmp_path: Path) -> None:
    """A ticket counts as the later export has it; a message that stands in both was sent once; two rents are two rents."""
    (tmp_path / "o.csv").write_text(NUMBERED + "1,30/05/2026,KH1,,5\n2,30/05/2026,KH2,,5\n", encoding="utf-8")
    head = "ticket_id,opened_at,resolved_at,customer_id\n"
    (tmp_path / "t1.csv").write_text(head + "T1,2026-05-01 10:00,,KH1\nT2,2026-05-02 10:00,,KH2\n")
    (tmp_path / "t2.csv").write_text(head + "T1,2026-05-01 10:00,2026-05-09 10:00,KH1\nT3,2026-05-10 10:00,,KH1\n")
    sent = "customer_id,sent_at,channel,purpose\nKH1,2026-05-01 10:00,sms,care\n"
    (tmp_path / "c1.csv").write_text(sent)
    (tmp_path / "c2.csv").write_text(sent + "KH2,2026-05-02 10:00,sms,care\n")
    cost = "month,item,purpose,amount\n2026-05,Ads,acquisition,100\n"
    (tmp_path / "k1.csv").write_text(cost)
    (tmp_path / "k2.csv").write_text(cost)
    files = {"tickets": ("t1", "t2"), "contacts": ("c1", "c2"), "costs": ("k1", "k2")}
    sources = {kind: [{"file": f"{name}.csv"} for name in names] for kind, names in files.items()}
    found = shop(sources={"orders": [{"file": "o.csv", "day_first": True}], **sources})
    tickets = rows(found.optional["tickets"].order_by("ticket_id"), "ticket_id", "resolved_at")
    assert [(number, at is not None) for number, at in tickets] == [("T1", True), ("T2", False), ("T3", False)]
    assert len(rows(found.optional["contacts"])) == 2
    assert len(rows(found.optional["costs"])) == 2
    assert found.quality.rejected_by_reason == {"exported_again": 2}
