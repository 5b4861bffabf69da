"""One segment per customer, for every customer there can be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from businesses import made, rows
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.business import Business
from helpers.errors import InputError
from helpers.metrics.membership import MEMBERSHIPS
from helpers.metrics.states import STATES
from helpers.segments import Rules, assign, load_rules, rules_for, sizes
from helpers.segments.movement import Move, moves

KINDS = {
    "customer_id": pa.string(), "state": pa.string(), "contract": pa.string(), "frequency": pa.int64(), "T": pa.int64(),
    "decline_week": pa.float64(), "decline_lowest": pa.float64(), "value_rank": pa.float64(), "p_alive": pa.float64(),
    "p_return_90d": pa.float64(), "net_revenue": pa.float64(), "revenue_year": pa.float64(), "clv_12m": pa.float64(),
}  # fmt: skip
RULES = load_rules()


def people(con: Any, found: list[dict[str, Any]]) -> Any:
    """Customers with the given measures; what is not given is missing."""
    numbered = [{"customer_id": f"c{i:05d}", **row} for i, row in enumerate(found)]
    return made(con, {name: pa.array([row.get(name) for row in numbered], kind) for name, kind in KINDS.items()})


def segment_by_hand(row: dict[str, Any]) -> str:
    """The table of rules in plain Python, as the playbook words it."""
    state, times, alive = row["state"], row["frequency"], row["p_alive"]
    if row["contract"]:
        return str(row["contract"])
    if state == "lost" or (state == "lapsed" and times > 0 and alive is not None and alive <= 0.1):
        return "lost"
    if times == 0:
        return "new" if row["T"] <= 30 else "one_time_not_due" if state == "active" else "one_time_overdue"
    if state in {"lapsed", "late"}:
        return {"lapsed": "lapsed", "late": "overdue_regular"}[state]
    now, lowest = row["decline_week"], row["decline_lowest"]
    for name, limit, stays in (("declining_call", -0.5, -0.4), ("declining_watch", -0.2, -0.1)):
        if now is not None and (now <= limit or (now <= stays and lowest is not None and lowest <= limit)):
            return name
    if times >= 3:
        return "champion" if row["value_rank"] <= 0.1 else "regular"
    return "promising"


edges = st.sampled_from([-1.0, -0.5, -0.499, -0.4, -0.399, -0.2, -0.199, -0.1, -0.099, 0.0, 2.0])
anybody = st.fixed_dictionaries({
    "state": st.sampled_from(STATES),
    "contract": st.none() | st.none() | st.sampled_from(MEMBERSHIPS),
    "frequency": st.integers(0, 5),
    "T": st.sampled_from([0, 30, 31, 400]) | st.integers(0, 2000),
    "decline_week": st.none() | edges,
    "decline_lowest": st.none() | edges,
    "value_rank": st.sampled_from([0.0, 0.1, 0.101, 1.0]) | st.floats(0, 1),
    "p_alive": st.none() | st.sampled_from([0.0, 0.1, 0.101, 1.0]),
})  # fmt: skip


class TestAssign:
    """The first row that fits wins."""

    @given(st.lists(anybody, min_size=1, max_size=60))
    @settings(max_examples=40, deadline=None)
    def test_complete_and_exclusive(self, con: Any, found: list[dict[str, Any]]) -> None:
        """Whatever is known or missing about customers, each is in exactly one known segment: that of the playbook's words."""
        seen = rows(assign(people(con, found), RULES), "customer_id", "segment")
        assert [segment for _, segment in seen] == [segment_by_hand(row) for row in found]
        assert {segment for _, segment in seen} <= set(RULES.ids)

    def test_every_segment_can_be_reached(self, con: Any) -> None:
        """No row of the table is hidden by the rows above it."""
        usual = {"state": "active", "frequency": 5, "T": 300, "value_rank": 0.5}
        found = [
            *({**usual, "contract": name} for name in MEMBERSHIPS),
            *({**usual, "state": state} for state in ("lost", "lapsed", "late")),
            *({**usual, "frequency": 0, "T": age, "state": state} for age, state in ((3, "active"), (99, "active"), (99, "late"))),
            *({**usual, "decline_week": fall} for fall in (-0.6, -0.3)),
            usual, {**usual, "value_rank": 0.1}, {**usual, "frequency": 1},
        ]  # fmt: skip
        assert {segment for (segment,) in rows(assign(people(con, found), RULES), "segment")} == set(RULES.ids)

    def test_who_declines_stays_until_clearly_recovered(self, con: Any) -> None:
        """At −45 % somebody is called who had been at −55 % in the last weeks, and is only watched who had not."""
        usual = {"state": "active", "frequency": 5, "T": 300, "value_rank": 0.5, "decline_week": -0.45}
        found = [{**usual, "decline_lowest": -0.55}, {**usual, "decline_lowest": -0.45}, usual]
        assert [s for _, s in rows(assign(people(con, found), RULES), "customer_id", "segment")] == [
            "declining_call", "declining_watch", "declining_watch",
        ]  # fmt: skip

    def test_nobody(self, con: Any) -> None:
        """No customers, no segments."""
        assert rows(assign(people(con, []), RULES)) == []


class TestClientsRules:
    """What a client's business.yml changes."""

    def edited(self, **changes: Any) -> Rules:
        """The playbook's table with these changes."""
        return rules_for(Business(name="x", sources={}, segments=changes))

    def of(self, con: Any, rules: Rules, **measures: Any) -> str:
        """The segment of one customer."""
        usual = {"state": "active", "frequency": 5, "T": 300, "value_rank": 0.08}
        return str(rows(assign(people(con, [{**usual, **measures}]), rules), "segment")[0][0])

    def test_nothing_said_is_the_playbooks_table(self) -> None:
        """Without changes the client has the playbook's rules."""
        assert rules_for(Business(name="x", sources={})) == RULES

    def test_a_threshold_changes_who_is_in(self, con: Any) -> None:
        """With champions cut to the top twentieth, who is at 8 % is a regular; the other tests of the row stay."""
        rules = self.edited(champion={"when": {"value_rank": {"max": 0.05}}})
        assert (self.of(con, RULES), self.of(con, rules)) == ("champion", "regular")
        assert self.of(con, rules, value_rank=0.01, frequency=2) == "promising"

    def test_a_test_can_be_taken_out_of_a_row(self, con: Any) -> None:
        """Champions by money alone: with null the test of the number of visits is gone."""
        rules = self.edited(champion={"when": {"frequency": None}})
        assert (self.of(con, RULES, frequency=1), self.of(con, rules, frequency=1)) == ("promising", "champion")

    def test_a_whole_row_can_be_written_anew(self, con: Any) -> None:
        """Other alternatives, another name, in the client's words."""
        rules = self.edited(lost={"when": [{"days_since_last_order": {"min": 365}}], "title": {"vi": "Mất hẳn"}})
        assert self.of(con, rules, state="lost") == "champion"
        assert (rules.title("lost", "vi"), rules.title("lost", "en")) == ("Mất hẳn", "Lost")

    def test_a_row_can_be_moved_and_switched_off(self, con: Any) -> None:
        """A champion who spends less is a champion first; nobody is only watched."""
        declining = {"decline_week": -0.3}
        assert self.of(con, RULES, **declining) == "declining_watch"
        assert self.of(con, self.edited(champion={"before": "declining_call"}), **declining) == "champion"
        assert self.of(con, self.edited(declining_watch={"off": True}), **declining) == "champion"

    FAULTS = (
        ("champoin: {off: true}", 3, "segments.champoin", "champion"),
        ("champion: {when: {value_rnak: {max: 1}}}", 3, "segments.champion.when.value_rnak", "value_rank"),
        ("champion:\n    when:\n      value_rank: {max: tenth}", 5, "segments.champion.when.value_rank.max", "tenth"),
        ("champion:\n    when:\n      value_rank: {min: 1, max: 0}", 5, "segments.champion.when.value_rank.min", "max"),
        ("lost: {when: {state: {in: [gone]}}}", 3, "segments.lost.when.state.in", "gone"),
        ("lost: {when: {state: {max: 3}}}", 3, "segments.lost.when.state.max", "in"),
        ("lost: {before: lost}", 3, "segments.lost.before", "lost"),
        ("lost: {when: {}}", 3, "segments.lost.when", "only the last"),
        ("promising: {when: {T: {min: 1}}}", 3, "segments.promising.when", "everybody"),
        ("declining_call: {when: {decline: {stays: -0.6}}}", 3, "segments.declining_call.when.decline.stays", "max"),
        ("champion: {title: {vi: ''}}", 3, "segments.champion.title", "vi"),
        ("champion: 3", 3, "segments.champion", "name: value"),
    )

    @pytest.mark.parametrize(("text", "line", "where", "word"), FAULTS)
    def test_a_fault_names_file_line_and_key(self, tmp_path: Path, text: str, line: int, where: str, word: str) -> None:
        """One clear sentence: which file, which line, which key, and what may stand there."""
        (tmp_path / "business.yml").write_text(f"name: x\nsegments:\n  {text}\n", encoding="utf-8")
        from yaml import safe_load

        changes = safe_load((tmp_path / "business.yml").read_text("utf-8"))["segments"]
        with pytest.raises(InputError) as fault:
            rules_for(Business(name="x", sources={}, segments=changes), tmp_path)
        sentence = str(fault.value)
        assert sentence.startswith(f"business.yml, line {line}: “{where}” cannot be used (")
        assert word in sentence


class TestPlaybooksTable:
    """The table is checked on reading."""

    def refused(self, folder: Path, *when: str) -> str:
        """The sentence about rules a, b, … with these conditions."""
        words = "title: {vi: x, en: x}, means: {vi: x, en: x}"
        lines = [f"  - {{id: {i}, {words}, when: {text}}}" for i, text in zip("abc", when, strict=False)]
        path = folder / "segments.yml"
        path.write_text("segments:\n" + "\n".join(lines), encoding="utf-8")
        with pytest.raises(InputError) as fault:
            load_rules(path)
        return str(fault.value)

    def test_the_last_row_must_fit_everybody(self, tmp_path: Path) -> None:
        """A table that could leave somebody out is refused."""
        assert "line 2: “segments.1.when”" in self.refused(tmp_path, "{frequency: {min: 1}}")

    def test_fields_must_be_known(self, tmp_path: Path) -> None:
        """A misspelt field is named with its line."""
        assert "line 3: “segments.2.when.freqency”" in self.refused(
            tmp_path, "{T: {min: 9}}", "{freqency: {min: 1}}", "{}"
        )

    def test_no_row_may_take_everybody_but_the_last(self, tmp_path: Path) -> None:
        """A row in the middle that takes everybody would leave the rows below it empty."""
        assert "only the last may be empty" in self.refused(tmp_path, "{}", "{}")

    def test_ids_must_differ(self, tmp_path: Path) -> None:
        """Two segments of one name are refused."""
        row = "  - {id: a, title: {vi: x, en: x}, means: {vi: x, en: x}, when: {T: {max: 3}}}\n"
        (tmp_path / "s.yml").write_text("segments:\n" + row * 2, encoding="utf-8")
        with pytest.raises(InputError, match="another group has this id"):
            load_rules(tmp_path / "s.yml")

    def test_an_empty_table_is_refused(self, tmp_path: Path) -> None:
        """No rules are no segmentation."""
        (tmp_path / "s.yml").write_text("segments: []\n", encoding="utf-8")
        with pytest.raises(InputError, match="a list is needed"):
            load_rules(tmp_path / "s.yml")
        with pytest.raises(ValueError, match="fit everybody"):
            Rules(())

    def test_every_segment_is_worded_in_both_languages(self) -> None:
        """Titles and meanings exist in Vietnamese and English and differ between segments."""
        for lang in ("vi", "en"):
            assert len({RULES.title(segment, lang) for segment in RULES.ids}) == len(RULES.ids)
            assert len({RULES.means(segment, lang) for segment in RULES.ids}) == len(RULES.ids)
        assert (RULES.title("lost", "vi"), RULES.means("lost", "en")) == (
            "Đã mất",
            "Silent far beyond their own rhythm",
        )


def test_sizes_add_up(con: Any) -> None:
    """Heads, revenue, the last year's spend, the forecast and what is at stake per segment; no forecast is None."""
    late, once = {"state": "late", "frequency": 4, "T": 300}, {"state": "active", "frequency": 0, "T": 10}
    money = {"net_revenue": 10.0, "revenue_year": 4.0, "p_return_90d": 0.75}
    found = sizes(
        assign(
            people(con, [{**late, **money, "clv_12m": 7.0}, {**late, **money, "clv_12m": 5.0}, {**once, **money}]),
            RULES,
        ),
        margin=0.5,
    )
    assert [(s.segment, s.customers, s.revenue, s.revenue_year, s.expected_year, s.at_stake) for s in found] == [
        ("overdue_regular", 2, 20.0, 8.0, 12.0, 1.0), ("new", 1, 10.0, 4.0, None, 0.5),
    ]  # fmt: skip


def test_what_is_gone_is_not_at_stake(con: Any) -> None:
    """With the lost nothing is at stake any more; elsewhere it is said how much of it rests on one customer."""
    money = {"net_revenue": 10.0, "p_return_90d": 0.5, "frequency": 4, "T": 300}
    found = [
        {"state": "lost", "revenue_year": 8.0, **money},
        *({"state": "late", "revenue_year": spent, **money} for spent in (8.0, 2.0)),
    ]
    by_name = {s.segment: s for s in sizes(assign(people(con, found), RULES), margin=0.5)}
    assert (by_name["lost"].at_stake, by_name["lost"].customers) == (None, 1)
    assert (by_name["overdue_regular"].at_stake, by_name["overdue_regular"].largest) == (2.5, 2.0)


def test_nothing_is_at_stake_that_nobody_can_judge(con: Any) -> None:
    """Without chances of returning the sum is missing, not nought."""
    (found,) = sizes(assign(people(con, [{"state": "late", "frequency": 4, "T": 300, "net_revenue": 1.0, "revenue_year": 1.0}]), RULES), margin=0.5)  # fmt: skip
    assert (found.at_stake, found.rated) == (None, 0)


def test_moves(con: Any) -> None:
    """Who stayed, who moved, who is new; who is gone from the data is in no row."""
    before = made(con, {"customer_id": ["a", "b", "c", "gone"], "segment": ["new", "regular", "regular", "lost"]})
    now = made(con, {
        "customer_id": ["a", "b", "c", "d"], "segment": ["regular", "regular", "lost", "new"], "revenue_year": [1.0, 2.0, 3.0, 4.0],
    })  # fmt: skip
    assert set(moves(before, now)) == {
        Move("new", "regular", 1, 1.0), Move("regular", "regular", 1, 2.0), Move("regular", "lost", 1, 3.0), Move(None, "new", 1, 4.0),
    }  # fmt: skip
