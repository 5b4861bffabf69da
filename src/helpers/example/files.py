"""Files of the example business, as an owner would keep them, and the truth beside them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from helpers.example.invoices import CANCELLED
from helpers.example.kiotviet import FILE_NAME, export_table, write_invoice_detail
from helpers.example.process import BRANCHES
from helpers.example.truth import customer_truth, world_truth
from helpers.example.world import SEED, World, simulate

MOMENT = "%d/%m/%Y %H:%M"
DAY = "%d/%m/%Y"
MONTH = "%m/%Y"


def write_cafe(folder: Path, seed: int = SEED) -> None:
    """Simulate the café and write all its files; files of the same name are replaced.

    Args:
        folder: where to write; made if missing.
        seed: a non-negative whole number; the committed example is the default.

    Raises:
        ValueError: if the seed is negative.
        OSError: if the folder cannot be written.
    """
    world = simulate(seed)
    (folder / "truth").mkdir(parents=True, exist_ok=True)
    (folder / "chien-dich-2026-03").mkdir(exist_ok=True)
    write_invoice_detail(folder / FILE_NAME, export_table(world))
    for name, table in owner_tables(world).items():
        table.to_csv(folder / name, index=False, encoding="utf-8-sig", lineterminator="\n")
    customer_truth(world).to_csv(folder / "truth" / "customers.csv", index=False, encoding="utf-8", lineterminator="\n")
    facts = json.dumps(world_truth(world), ensure_ascii=False, indent=2) + "\n"
    (folder / "truth" / "world.json").write_text(facts, encoding="utf-8", newline="\n")


def owner_tables(world: World) -> dict[str, pd.DataFrame]:
    """The small files beside the export: path inside the folder → table of text and numbers, "" or missing if empty."""
    code, phone = world.customers["code"], world.customers["phone"]
    invoice = world.invoices["code"]
    people = world.campaign.assign(code=code.reindex(world.campaign["customer"]).to_numpy())
    arms = {arm: people.loc[people["arm"] == arm, ["code"]] for arm in ("treated", "holdout")}
    return {
        "tin-nhan-da-gui.csv": pd.DataFrame(
            {
                "Mã khách hàng": _look_up(code, world.contacts["customer"]),
                "Điện thoại": _look_up(phone, world.contacts["customer"]),
                "Thời gian gửi": world.contacts["at"].dt.strftime(MOMENT),
                "Kênh": world.contacts["channel"],
                "Mục đích": world.contacts["purpose"],
                "Chiến dịch": world.contacts["campaign"],
            }
        ),
        "phan-nan.csv": _complaint_sheet(world),
        "danh-gia.csv": pd.DataFrame(
            {
                "Mã hóa đơn": _look_up(invoice, world.feedback["invoice"]),
                "Thời gian": world.feedback["at"].dt.strftime(MOMENT),
                "Điểm": world.feedback["score"],
                "Kênh": world.feedback["channel"],
                "Nhận xét": world.feedback["remark"],
            }
        ),
        "giao-hang.csv": _delivery_sheet(world),
        "chi-phi.csv": pd.DataFrame(
            {
                "Tháng": world.costs["month"].dt.strftime(MONTH),
                "Khoản": world.costs["item"],
                "Loại": world.costs["kind"],
                "Số tiền": [f"{amount:,}".replace(",", ".") for amount in world.costs["amount"].tolist()],
            }
        ),
        "dong-y.csv": _consent_sheet(world),
        "chien-dich-2026-03/gui.csv": arms["treated"].rename(columns={"code": "Mã khách hàng"}),
        "chien-dich-2026-03/doi-chung.csv": arms["holdout"].rename(columns={"code": "Mã khách hàng"}),
    }


def _complaint_sheet(world: World) -> pd.DataFrame:
    complaints = world.complaints
    alternative = complaints["alternative"].map({True: "có", False: "không"}).astype(object)
    return pd.DataFrame(
        {
            "Mã phiếu": [f"PN{number:04d}" for number in range(1, len(complaints) + 1)],
            "Mã khách hàng": _look_up(world.customers["code"], complaints["customer"]),
            "Mã hóa đơn": _look_up(world.invoices["code"], complaints["invoice"]),
            "Thời gian mở": complaints["opened"].dt.strftime(MOMENT),
            "Phản hồi lần đầu": complaints["answered"].dt.strftime(MOMENT),
            "Thời gian giải quyết": complaints["solved"].dt.strftime(MOMENT),
            "Kênh": complaints["channel"],
            "Loại": complaints["kind"],
            "Chi nhánh": np.asarray(BRANCHES)[complaints["branch"]],
            "Kết quả": complaints["outcome"],
            "Có từ chối": complaints["refused"].map({True: "có", False: "không"}),
            "Có phương án thay thế": alternative,
        }
    )


def _delivery_sheet(world: World) -> pd.DataFrame:
    papers = world.invoices
    sent = papers[papers["promised"].notna() & (papers["status"] != CANCELLED)]
    return pd.DataFrame(
        {
            "Mã hóa đơn": sent["code"],
            "Hẹn giao": sent["promised"].dt.strftime(MOMENT),
            "Giao lúc": sent["delivered"].dt.strftime(MOMENT),
        }
    )


def _consent_sheet(world: World) -> pd.DataFrame:
    consent = world.consent
    day = pd.Timestamp(world.process.first_day) + pd.to_timedelta(consent["day"], unit="D")
    return pd.DataFrame(
        {
            "Mã khách hàng": _look_up(world.customers["code"], consent["customer"]),
            "Kênh": consent["channel"],
            "Mục đích": consent["purpose"],
            "Đồng ý": consent["agreed"].map({True: "có", False: "không"}),
            "Ngày": day.dt.strftime(DAY),
            "Nguồn": consent["source"],
        }
    )


def _look_up(names: pd.Series, positions: pd.Series) -> pd.Series:
    """Names at these positions; missing where a position is −1."""
    return names.reindex(positions).reset_index(drop=True)
