"""The invoice-detail workbook as KiotViet exports it: one row per line, the invoice repeated on each.

Cells that the till leaves empty stay empty. What people do to such a file is in here too: phones that became numbers,
deleted customer codes, one month pasted in as text.
"""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import xlsxwriter

from helpers.example.invoices import CANCELLED, COMPLETED, PAYMENTS, PROCESSING
from helpers.example.menu import MENU
from helpers.example.process import BRANCHES, CHANNELS, DELIVERY, Bools
from helpers.example.world import World

HEADERS = (
    *("Chi nhánh", "Mã hóa đơn", "Mã vận đơn", "Địa chỉ lấy hàng", "Mã đối soát", "Phí trả ĐTGH", "Thời gian"),
    *("Thời gian tạo", "Ngày cập nhật", "Mã đặt hàng", "Mã trả hàng", "Mã khách hàng", "Tên khách hàng"),
    *("Email", "Điện thoại", "Địa chỉ (Khách hàng)", "Khu vực (Khách hàng)", "Phường/Xã (Khách hàng)"),
    *("Ngày sinh", "Bảng giá", "Người bán", "Kênh bán", "Người tạo", "Đối tác giao hàng", "Người nhận"),
    *("Điện thoại (Người nhận)", "Địa chỉ (Người nhận)", "Khu vực (Người nhận)", "Phường/Xã (Người nhận)"),
    *("Dịch vụ", "Trọng lượng (gram)", "Dài", "Rộng", "Cao", "Ghi chú trạng thái giao hàng"),
    *("Ghi chú giao hàng", "Ghi chú", "Tổng tiền hàng", "Giảm giá hóa đơn", "Thu khác", "Khách cần trả"),
    *("Khách đã trả", "Tiền mặt", "Thẻ", "Ví", "Chuyển khoản", "Còn cần thu (COD)", "Thời gian giao hàng"),
    *("Trạng thái", "Trạng thái giao hàng", "Mã hàng", "Tên hàng", "Thương hiệu", "ĐVT", "Ghi chú hàng hóa"),
    *("Số lượng", "Đơn giá", "Giảm giá %", "Giảm giá", "Giá bán", "Thành tiền"),
)  # fmt: skip
FILE_NAME = "DanhSachChiTietHoaDon_KV30062026-220510-001.xlsx"
EXPORTED = datetime(2026, 6, 30, 22, 5, 10)
TEXT_DATES_BEFORE = np.datetime64("2024-08-01", "s")
"""Invoices before this moment carry their times as text: the month was pasted in from another file."""
WALK_IN = "Khách lẻ"
COURIER = "Tự giao"
DELIVERY_STATES = {COMPLETED: "Giao thành công", CANCELLED: "Đã hủy", PROCESSING: "Đang giao hàng"}


def export_table(world: World) -> pd.DataFrame:
    """Rows of the workbook, newest invoice first, in KiotViet's columns.

    Returns:
        One row per invoice line with all of `HEADERS`; cells are text, whole numbers, times or None (empty).
    """
    lines = world.lines.sort_values("invoice", ascending=False, kind="stable", ignore_index=True)
    papers = _invoice_cells(world).iloc[lines["invoice"].to_numpy()].reset_index(drop=True)
    menu = pd.DataFrame(MENU).iloc[lines["item"].to_numpy()].reset_index(drop=True)
    discounted = (lines["off"] > 0).to_numpy()
    goods = pd.DataFrame(
        {
            "Mã hàng": menu["code"],
            "Tên hàng": menu["name"],
            "Số lượng": lines["quantity"],
            "Đơn giá": lines["price"],
            "Giảm giá %": _where(discounted, lines["percent"]),
            "Giảm giá": _where(discounted, lines["off"]),
            "Giá bán": lines["net_price"],
            "Thành tiền": lines["amount"],
        }
    )
    table = pd.concat([papers, goods], axis=1)
    return table.reindex(columns=list(HEADERS)).astype(object).where(lambda cells: cells.notna(), None)


def write_invoice_detail(path: Path, table: pd.DataFrame) -> None:
    """Write the workbook; the same table gives the same bytes.

    XlsxWriter takes one cell at a time, hence the loops. Strings are shared, common ones under short numbers, and the
    archive is packed again at the highest level; together this saves about a seventh of the size.

    Args:
        path: file to write.
        table: as from `export_table`.
    """
    loose = io.BytesIO()
    with xlsxwriter.Workbook(loose, {"in_memory": True}) as book:
        book.set_properties({"created": EXPORTED})
        sheet = book.add_worksheet(path.stem[:31])
        time = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        few_values_first = sorted(range(table.shape[1]), key=lambda column: table.iloc[:, column].nunique())
        for column in few_values_first:
            for row, cell in enumerate(table.iloc[:, column].tolist(), 1):
                if isinstance(cell, str):
                    sheet.write_string(row, column, cell)
                elif isinstance(cell, datetime):
                    sheet.write_datetime(row, column, cell, time)
                elif cell is not None:
                    sheet.write_number(row, column, cell)
        sheet.write_row(0, 0, list(table.columns))
    with zipfile.ZipFile(loose) as parts, zipfile.ZipFile(path, "w") as packed:
        for part in parts.infolist():
            packed.writestr(part, parts.read(part), zipfile.ZIP_DEFLATED, 9)


def _invoice_cells(world: World) -> pd.DataFrame:
    papers = world.invoices
    customers = _customer_cells(world.customers).reindex(papers["customer"]).reset_index(drop=True)
    customers["Tên khách hàng"] = customers["Tên khách hàng"].fillna(WALK_IN)
    status = papers["status"]
    delivery = (papers["channel"] == DELIVERY).to_numpy()
    to_known = delivery & (papers["customer"] >= 0).to_numpy()
    paid = (status == COMPLETED).to_numpy()
    at = _times(papers["at"])
    cells = {
        "Chi nhánh": np.asarray(BRANCHES)[papers["branch"]],
        "Mã hóa đơn": papers["code"],
        "Thời gian": at,
        "Thời gian tạo": at,
        "Bảng giá": "Bảng giá chung",
        "Người bán": papers["seller"],
        "Kênh bán": np.asarray(CHANNELS)[papers["channel"]],
        "Người tạo": papers["seller"],
        "Đối tác giao hàng": _where(delivery, COURIER),
        "Người nhận": _where(to_known, customers["Tên khách hàng"]),
        "Ghi chú": _where((papers["note"] != "").to_numpy(), papers["note"]),
        "Tổng tiền hàng": papers["total"],
        "Giảm giá hóa đơn": _where((papers["discount"] > 0).to_numpy(), papers["discount"]),
        "Khách cần trả": papers["due"],
        "Khách đã trả": np.where(paid, papers["due"], 0),
        **{name: _where(paid & (papers["payment"] == name).to_numpy(), papers["due"]) for name in PAYMENTS},
        "Còn cần thu (COD)": _where(delivery & (status == PROCESSING).to_numpy(), papers["due"]),
        "Thời gian giao hàng": _times(papers["delivered"]),
        "Trạng thái": status,
        "Trạng thái giao hàng": _where(delivery, status.map(DELIVERY_STATES)),
    }
    return pd.concat([customers, pd.DataFrame(cells)], axis=1)


def _customer_cells(customers: pd.DataFrame) -> pd.DataFrame:
    form, phone = customers["phone_form"], customers["phone"]
    number = pd.to_numeric(phone.where(phone != "", "0")).astype(np.int64)
    shown = phone.astype(object)
    shown[form == "number"] = number[form == "number"]
    shown[form == "float text"] = number[form == "float text"].astype(str) + ".0"
    return pd.DataFrame(
        {
            "Mã khách hàng": customers["code"] + np.where(customers["deleted"], "{DEL}", ""),
            "Tên khách hàng": customers["name"],
            "Email": _where((customers["email"] != "").to_numpy(), customers["email"]),
            "Điện thoại": _where((form != "none").to_numpy(), shown),
        }
    )


def _times(moments: pd.Series) -> pd.Series:
    as_text = (moments < TEXT_DATES_BEFORE).to_numpy()
    cells = pd.Series(moments.dt.to_pydatetime(), dtype=object)
    return cells.mask(as_text, moments.dt.strftime("%d/%m/%Y %H:%M")).where(moments.notna(), None)


def _where(chosen: Bools, cells: pd.Series | str) -> pd.Series:
    """These cells where chosen, nothing elsewhere."""
    full = cells if isinstance(cells, pd.Series) else pd.Series([cells] * len(chosen))
    return full.astype(object).where(chosen, None)
