"""What became of promises between two reports: nothing is told twice, nothing disappears silently, and the clock is the data's."""

from __future__ import annotations

from datetime import date

from helpers.proof.promises import Promise, promises
from helpers.records import plain
from helpers.session import Commitment, Session

AS_OF = date(2026, 6, 30)
CALL = Commitment(what="Gọi năm khách quen", owner="Tú", due=date(2026, 6, 20), play="overdue-regulars-call")
ASK = Commitment(what="Hỏi số điện thoại", owner="Lan", due=date(2026, 7, 15), first_step="Dán câu hỏi.")
NO_DAY = Commitment(what="Viết chuyện của quán")


def told(*made: Commitment, before: list[object] | None = None, as_of: date = AS_OF) -> list[tuple[str, str, bool]]:
    """What, what became of it, and whether the last report told it."""
    found = promises(Session(commitments=made), before, as_of=as_of)  # type: ignore[arg-type]
    return [(one.what, one.became, one.told_before) for one in found]


def report(*made: Commitment, as_of: date = AS_OF) -> list[object]:
    """The promises as the last report's metrics.json holds them."""
    return plain(promises(Session(commitments=made), None, as_of=as_of))


def test_a_promise_is_overdue_as_of_the_data_not_of_the_clock() -> None:
    """Its own day is still in time, the day after is not; without a day nothing is overdue."""
    for day, became in ((date(2026, 6, 19), "open"), (date(2026, 6, 20), "open"), (date(2026, 6, 21), "overdue")):
        assert told(CALL, as_of=day) == [("Gọi năm khách quen", became, False)]
    assert told(NO_DAY, as_of=date(2036, 1, 1)) == [("Viết chuyện của quán", "open", False)]


def test_what_needs_somebody_stands_first() -> None:
    """Overdue, open by day, kept, given up."""
    kept, dropped = ASK.model_copy(update={"status": "kept"}), NO_DAY.model_copy(update={"status": "dropped"})
    later = CALL.model_copy(update={"what": "Gọi lại", "due": date(2026, 8, 1), "play": ""})
    found = told(dropped, kept, later, NO_DAY.model_copy(update={"what": "Treo bảng"}), CALL)
    assert [became for _, became, _ in found] == ["overdue", "open", "open", "kept", "dropped"]
    assert [what for what, *_ in found][:3] == ["Gọi năm khách quen", "Gọi lại", "Treo bảng"]


def test_what_became_of_the_promises_of_last_time() -> None:
    """Kept and given up are told once, as promises the last report named; at the report after that they are history."""
    before = report(CALL, ASK, NO_DAY)
    now = [c.model_copy(update={"status": s}) for c, s in ((CALL, "kept"), (ASK, "dropped"), (NO_DAY, "open"))]
    assert told(*now, before=before) == [
        ("Viết chuyện của quán", "open", True),
        ("Gọi năm khách quen", "kept", True),
        ("Hỏi số điện thoại", "dropped", True),
    ]
    after = plain(promises(Session(commitments=tuple(now)), before, as_of=AS_OF))  # type: ignore[arg-type]
    assert told(*now, before=after) == [("Viết chuyện của quán", "open", True)]


def test_a_promise_taken_off_the_list_is_told() -> None:
    """Deleting an open promise is an answer too; deleting one that was settled is tidying up."""
    before = report(CALL, ASK.model_copy(update={"status": "kept"}))
    assert told(before=before) == [("Gọi năm khách quen", "withdrawn", True)]
    (gone,) = promises(Session(), before, as_of=AS_OF)  # type: ignore[arg-type]
    assert gone == Promise(
        "Gọi năm khách quen", "Tú", date(2026, 6, 20), "", "overdue-regulars-call", "withdrawn", True
    )


def test_reworded_it_is_the_same_promise() -> None:
    """The same play with the same day is the same promise; capitals never matter; other words and another day are another."""
    before = report(CALL, ASK)
    reworded = CALL.model_copy(update={"what": "Gọi khách quen", "status": "kept"})
    shouted = ASK.model_copy(update={"what": "HỎI SỐ ĐIỆN THOẠI"})
    assert told(reworded, shouted, before=before) == [
        ("HỎI SỐ ĐIỆN THOẠI", "open", True),
        ("Gọi khách quen", "kept", True),
    ]
    other = CALL.model_copy(update={"what": "Gọi khách quen", "due": date(2026, 9, 1)})
    assert told(other, before=report(CALL)) == [
        ("Gọi khách quen", "open", False),
        ("Gọi năm khách quen", "withdrawn", True),
    ]


def test_two_promises_with_the_same_words_are_two() -> None:
    """One of them kept does not settle the other."""
    kept = ASK.model_copy(update={"status": "kept"})
    assert told(kept, ASK, before=report(ASK, ASK)) == [
        ("Hỏi số điện thoại", "open", True),
        ("Hỏi số điện thoại", "kept", True),
    ]
    assert told() == []
