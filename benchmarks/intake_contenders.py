"""The contenders of `benchmarks.intake`, each run in a process of its own: `python -m benchmarks.intake_contenders NAME FILE OUT`."""

from __future__ import annotations

import sys
import unicodedata
from datetime import date
from pathlib import Path

_NEW_PREFIX = {"0168": "038"}
_NOBODY = {"khach le", "khach vang lai", "guest"}


def ours(path: Path, out: Path) -> None:
    """What `retention run` does first: read, recognise, parse, identify, refuse with reasons, prove, write Parquet."""
    from helpers import engine
    from helpers.business import Business, Source
    from helpers.pipeline.build import build_tables

    business = Business(name="Benchmark", sources={"orders": [Source(file=str(path))]})
    con = engine.connect(spill=out / "spill")
    build_tables(business, path.parent, out, con, today=date(2027, 1, 1))


def pandas(path: Path, out: Path) -> None:
    """The same by hand in pandas: everything as text, then column by column, without rejects' text, proofs or evidence."""
    import fastexcel
    import pandas as pd

    rows = (
        # calamine, as ``pd.read_excel(engine="calamine")`` would use it
        fastexcel.read_excel(path).load_sheet(0, dtypes="string").to_pandas()
        if path.suffix == ".xlsx"
        else pd.read_csv(path, dtype=str, keep_default_na=False)
    )
    rows = rows.fillna("")
    for column in rows.columns:
        rows[column] = rows[column].str.normalize("NFC").str.strip()
    folded = rows["Trạng thái"].map(_fold)
    name = rows["Tên khách hàng"]
    lines = pd.DataFrame(
        {
            "order_id": rows["Mã hóa đơn"].str.replace(r"^(\d+)\.0$", r"\1", regex=True),
            "ordered_at": pd.to_datetime(rows["Thời gian"], format="%d/%m/%Y %H:%M", errors="coerce"),
            "name": name.mask(name.map(_fold).isin(_NOBODY)),
            "phone": _phones(rows["Điện thoại"]),
            **{new: _figures(rows[old]) for new, old in (
                ("total", "Khách cần trả"), ("quantity", "Số lượng"), ("unit_price", "Giá bán"), ("amount", "Thành tiền"),
            )},
            "product_id": rows["Mã hàng"], "product": rows["Tên hàng"], "branch": rows["Chi nhánh"],
            "channel": rows["Kênh bán"], "staff": rows["Người bán"],
        }
    )  # fmt: skip
    code = rows["Mã khách hàng"].replace("", None)
    lines["customer_id"] = code.where(code.notna(), lines["phone"])
    lines["source_row"] = range(1, len(lines) + 1)
    refused = (folded == "da huy") | lines["ordered_at"].isna() | lines["total"].isna() | (lines["order_id"] == "")
    kept = lines[~refused]
    orders = kept.groupby("order_id", as_index=False).agg(
        customer_id=("customer_id", "first"), ordered_at=("ordered_at", "min"), net_revenue=("total", "max"),
        branch=("branch", "first"), channel=("channel", "first"), staff=("staff", "first"), source_row=("source_row", "min"),
    )  # fmt: skip
    people = kept.sort_values("ordered_at").groupby("customer_id", as_index=False)[["name", "phone"]].last()
    out.mkdir(parents=True, exist_ok=True)
    orders.to_parquet(out / "orders.parquet")
    kept.to_parquet(out / "order_lines.parquet")
    people.to_parquet(out / "people.parquet")
    lines[refused][["source_row"]].to_parquet(out / "rejects.parquet")


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.lower())
    return "".join(c for c in plain if not unicodedata.combining(c)).replace("đ", "d")


def _figures(text):  # type: ignore[no-untyped-def]
    import pandas as pd

    thousands = text.str.fullmatch(r"\d{1,3}([.,]\d{3})+")
    return pd.to_numeric(text.mask(thousands, text.str.replace(r"[.,]", "", regex=True)), errors="coerce")


def _phones(text):  # type: ignore[no-untyped-def]
    digits = text.str.replace(r"\.0$", "", regex=True).str.replace(r"\D", "", regex=True)
    digits = digits.str.replace(r"^84(\d{9,10})$", r"0\1", regex=True).str.replace(
        r"^([1-9]\d{8,9})$", r"0\1", regex=True
    )
    for old, new in _NEW_PREFIX.items():
        digits = digits.str.replace(rf"^{old}(\d{{7}})$", rf"{new}\1", regex=True)
    return digits.where(digits.str.fullmatch(r"0[35789]\d{8}"))


def scan(path: Path, out: Path) -> None:
    """DuckDB looking at every cell as text and keeping nothing."""
    import duckdb

    with duckdb.connect() as con:
        con.execute(f"SELECT sum(length(COLUMNS(*))) FROM read_csv('{path}', all_varchar=true)").fetchall()  # noqa: S608


if __name__ == "__main__":
    name, file, folder = sys.argv[1:]
    {"ours": ours, "pandas": pandas, "scan": scan}[name](Path(file), Path(folder))
