"""One segment per customer, for every customer there can be."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from businesses import made, rows

from helpers.metrics.states import STATES
from helpers.segments import Rules, assign, load_rules, sizes

KINDS = {
    "customer_id": pa.string(), "state": pa.string(), "frequency": pa.int64(), "T": pa.int64(), "decline": pa.float64(),
    "net_revenue": pa.float64(), "revenue_year": pa.float64(), "clv_12m": pa.float64(),
}  # fmt: skip


def people(con: Any, found: list[dict[str, Any]]) -> Any:
    """Customers with the given measures; what is not given is missing, revenue falls from one to the next."""
    rows = [{"customer_id": f"c{i:05d}", "net_revenue": float(len(found) - i), **row} for i, row in enumerate(found)]
    return made(con, {name: pa.array([row.get(name) for row in rows], kind) for name, kind in KINDS.items()})


def segment_by_hand(state: str, frequency: int, age: int, decline: float | None, value_rank: float) -> str:
    """The table of rules in plain Python, as the playbook words it."""
    if state == "lost":
        return "lost"
    if frequency == 0:
        return "new" if age <= 30 else "one_time_not_due" if state == "active" else "one_time_overdue"
    if state in {"lapsed", "late"}:
        return {"lapsed": "lapsed", "late": "overdue_regular"}[state]
    if decline is not None and decline <= -0.2:
        return "declining_call" if decline <= -0.5 else "declining_watch"
    if frequency >= 3:
        return "champion" if value_rank <= 0.1 else "regular"
    return "promising"


class TestAssign:
    """The first row that fits wins."""

    def test_complete_and_exclusive(self, con: Any) -> None:
        """Every combination of state, visits, age, decline and value, missing ones too, falls into exactly one known segment."""
        values = list(
            product(STATES, (0, 1, 2, 3, 9), (0, 30, 31, 400), (None, -1.0, -0.5, -0.499, -0.2, -0.199, 0.0, 2.0))
        )
        # ten times over by falling revenue, so that every combination is among the top tenth and below it
        found = [dict(zip(("state", "frequency", "T", "decline"), row, strict=True)) for row in values] * 10
        made_up = assign(people(con, found), load_rules())
        seen = rows(made_up, "customer_id", "state", "frequency", "T", "decline", "value_rank", "segment")
        assert len(seen) == len(found) == 10 * 5 * 5 * 4 * 8
        wrong = [row for row in seen if row[-1] != segment_by_hand(*row[1:-1])]
        assert wrong == []
        assert {row[-1] for row in seen} == set(load_rules().ids)

    def test_value_rank_and_its_edges(self, con: Any) -> None:
        """Of eleven regulars the two who spent most are champions: ranks 0 and 0.1, the next is at 0.2."""
        found = [{"state": "active", "frequency": 5, "T": 300}] * 11
        seen = rows(assign(people(con, found), load_rules()), "customer_id", "value_rank", "segment")
        assert [(rank, segment) for _, rank, segment in seen[:3]] == [
            (0.0, "champion"),
            (0.1, "champion"),
            (0.2, "regular"),
        ]

    def test_equal_spenders_are_ranked_the_same_way_every_time(self, con: Any) -> None:
        """Ties are broken by customer id, so that a re-run gives the same champions."""
        found = [{"state": "active", "frequency": 5, "T": 300, "net_revenue": 10.0}] * 40
        seen = rows(assign(people(con, found), load_rules()), "customer_id", "segment")
        assert [who for who, segment in seen if segment == "champion"] == ["c00000", "c00001", "c00002", "c00003"]

    def test_a_single_customer(self, con: Any) -> None:
        """One regular alone is the best there is."""
        assert rows(assign(people(con, [{"state": "active", "frequency": 3, "T": 90}]), load_rules()), "segment") == [
            ("champion",)
        ]

    def test_nobody(self, con: Any) -> None:
        """No customers, no segments."""
        assert rows(assign(people(con, []), load_rules())) == []


class TestRules:
    """The table is checked on reading."""

    def write(self, folder: Path, *when: str) -> Path:
        """Rules a, b, … with these conditions."""
        lines = [
            f"  - {{id: {i}, title: {{en: x}}, means: {{en: x}}, when: {text}}}"
            for i, text in zip("abc", when, strict=False)
        ]
        path = folder / "segments.yml"
        path.write_text("segments:\n" + "\n".join(lines), encoding="utf-8")
        return path

    def test_the_last_row_must_fit_everybody(self, tmp_path: Path) -> None:
        """A table that could leave somebody out is refused."""
        with pytest.raises(ValueError, match="fit everybody"):
            load_rules(self.write(tmp_path, "{frequency: {min: 1}}"))

    def test_fields_must_be_known(self, tmp_path: Path) -> None:
        """A misspelt field is named."""
        with pytest.raises(ValueError, match="freqency"):
            load_rules(self.write(tmp_path, "{freqency: {min: 1}}", "{}"))

    def test_ids_must_differ(self, tmp_path: Path) -> None:
        """Two segments of one name are refused."""
        path = self.write(tmp_path, "{T: {max: 3}}", "{}")
        path.write_text(path.read_text(encoding="utf-8").replace("id: b", "id: a"), encoding="utf-8")
        with pytest.raises(ValueError, match="share an id"):
            load_rules(path)

    def test_an_empty_table_is_refused(self) -> None:
        """No rules are no segmentation."""
        with pytest.raises(ValueError, match="fit everybody"):
            Rules(())

    def test_every_segment_is_worded_in_both_languages(self) -> None:
        """Titles and meanings exist in Vietnamese and English and differ between segments."""
        rules = load_rules()
        for lang in ("vi", "en"):
            assert len({rules.title(segment, lang) for segment in rules.ids}) == len(rules.ids)
            assert len({rules.means(segment, lang) for segment in rules.ids}) == len(rules.ids)
        assert (rules.title("lost", "vi"), rules.means("lost", "en")) == (
            "Đã mất",
            "Silent far beyond their own rhythm",
        )


def test_sizes_add_up(con: Any) -> None:
    """Heads, revenue, the last year's spend and the forecast per segment, largest first; no forecast is None."""
    late, once = {"state": "late", "frequency": 4, "T": 300}, {"state": "active", "frequency": 0, "T": 10}
    money = {"net_revenue": 10.0, "revenue_year": 4.0}
    found = sizes(
        assign(
            people(con, [{**late, **money, "clv_12m": 7.0}, {**late, **money, "clv_12m": 5.0}, {**once, **money}]),
            load_rules(),
        )
    )
    assert [(s.segment, s.customers, s.revenue, s.revenue_year, s.expected_year) for s in found] == [
        ("overdue_regular", 2, 20.0, 8.0, 12.0), ("new", 1, 10.0, 4.0, None),
    ]  # fmt: skip
