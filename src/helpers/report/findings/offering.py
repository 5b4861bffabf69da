"""What to offer next (S23): bought together, bought after, about to run out, the next step up – and who is on which list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from helpers.campaigns.offers import NEXT, TOGETHER
from helpers.metrics.baskets import Pair, Step
from helpers.metrics.replenishment import Upgrade, Use
from helpers.metrics.uncertainty import Estimate, Rate
from helpers.report.findings.common import from_silence, people
from helpers.report.pieces import Column, Details, Finding, Missing, Note, Piece, TableView
from helpers.run import Run


def chapter(
    pairs: Sequence[Pair], steps: Sequence[Step], uses: Sequence[Use], ladder: Sequence[Upgrade], *,
    products: int, due: int, lists: Mapping[str, int], run: Run,
) -> tuple[Piece, ...]:  # fmt: skip
    """All there is to say; one sentence where order lines do not name products, and one for all that was not found.

    Args:
        products: how many have a name. due: customers about to run out. lists: name → customers on it.
    """
    if not products:
        return (together(pairs, products, run),)
    found = [
        together(pairs, products, run), together_table(pairs, run), following(steps, run), running_out(uses, due, run),
        stepping_up(ladder, run), unfounded(steps, uses, ladder, run), written(lists, due, run),
    ]  # fmt: skip
    return tuple(piece for piece in found if piece is not None)


def unfounded(steps: Sequence[Step], uses: Sequence[Use], ladder: Sequence[Upgrade], run: Run) -> Note | None:
    """What the order lines do not tell, a sentence each."""
    say = run.say
    absent = []
    if not any(step.leads for step in steps):
        absent.append(say.text("No product is followed by a certain other one more often than after the rest."))
    if not uses:
        absent.append(say.text("Nothing is bought again at intervals steady enough to foretell the day."))
    if not _taken(ladder):
        absent.append(say.text("No next step up can be told: the order lines name no categories with prices far enough apart, or nobody took the step."))  # fmt: skip
    return Note(say.text("What is not offered here, and why"), " ".join(absent)) if absent else None


def together(found: Sequence[Pair], products: int, run: Run) -> Finding | Missing:
    """The pair most surely bought together; or that products are not recorded."""
    say = run.say
    if not products:
        return Missing(
            say.text("What goes with what"),
            say.text("exporting the order lines with the name of each product: the total of a receipt does not say what was in it."), say,
        )  # fmt: skip
    real = [pair for pair in found if pair.together]
    if not real:
        return Finding(
            say.text("No two products are bought together more often than chance explains"),
            say.text("{n} products were looked at. Do not bundle by feeling: nothing in the receipts supports a pair.", n=products),
        )  # fmt: skip
    best = real[0]
    headline = say.text("“{a}” and “{b}” are bought together {lift} times as often as by chance", a=best.a, b=best.b, lift=say.number(best.lift.value, 1))  # fmt: skip
    body = say.text(
        "They were together on {k} of {n} receipts; most likely {range} times as often. Of 100 receipts with “{a}”, {share} have “{b}” too.",
        k=best.baskets, n=best.n, range=_range(best.lift, run), a=best.a, b=best.b, share=round(100 * best.a_to_b.value),
    )  # fmt: skip
    return Finding(headline, body)


def together_table(found: Sequence[Pair], run: Run) -> Details | None:
    """Pairs bought together more often than chance, strongest first."""
    say = run.say
    columns = (
        Column(say.text("bought together"), "left"), Column(say.text("receipts")), Column(say.text("times as often")),
        Column(say.text("most likely")),
    )  # fmt: skip
    rows = tuple(
        (f"{p.a} + {p.b}", say.number(p.baskets), say.number(p.lift.value, 1), _range(p.lift, run)) for p in found if p.together
    )  # fmt: skip
    return _folded(
        say.text("Pairs that are more than chance"), columns, rows, say.text("Products on one receipt"),
        say.text(
            "Lift: how many times as often two products share a receipt as they would if nobody chose one for the other. Pairs are looked at from "
            "10 receipts and 1% of all on; what is shown stands after correction for all pairs looked at (Benjamini–Hochberg, 5%). "
            "All of them are in lists/{file}.csv.", file=TOGETHER,
        ),
        run,
    )  # fmt: skip


def following(found: Sequence[Step], run: Run) -> Details | None:
    """What customers go on to buy, with the order in time."""
    say = run.say
    leading = [step for step in found if step.leads]
    columns = (
        Column(say.text("first → then"), "left"), Column(say.text("after the first, of 100")), Column(say.text("after others, of 100")),
        Column(say.text("customers")), Column(say.text("had it in this order")),
    )  # fmt: skip
    rows = tuple(
        (
            f"{s.first} → {s.then}", say.number(100 * s.rate.value), say.number(100 * s.usual.value), say.number(s.rate.n),
            say.percent(s.ahead.value) if s.ahead else "–",
        )
        for s in leading
    )  # fmt: skip
    return _folded(
        say.text("What customers buy next"), columns, rows, say.text("The next thing they had never bought before"),
        say.text(
            "Of those who went on to something new after the first product and did not have the second, the share who took it next; beside it the "
            "same after any other product. Who buys much does not count more. What is shown stands after correction for all steps looked at. "
            "All of them are in lists/{file}.csv.", file=NEXT,
        ),
        run,
    )  # fmt: skip


@from_silence
def running_out(found: Sequence[Use], due: int, run: Run) -> Finding | None:
    """How many are about to need the same again; None where nothing is bought again at intervals worth a reminder."""
    say = run.say
    if not found:
        return None
    headline = say.plural(
        "{n} customer is about to need the same again", "{n} customers are about to need the same again", due
    )
    first = found[0]
    body = say.text(
        "“{product}” is bought again after about {days} days ({gaps} repeat purchases by {customers}). Dates come from each customer's own interval.",
        product=first.product, days=round(first.typical_days), gaps=first.gaps, customers=people(first.customers, say),
    )  # fmt: skip
    return Finding(headline, body, level=3)


def _taken(ladder: Sequence[Upgrade]) -> list[tuple[Upgrade, Rate]]:
    """Steps up that somebody took."""
    return [(up, up.rate) for up in ladder if isinstance(up.rate, Rate) and up.rate.k]


def stepping_up(found: Sequence[Upgrade], run: Run) -> Details | None:
    """The next dearer product of each category, and how many took that step."""
    say = run.say
    columns = (
        Column(say.text("from → to"), "left"), Column(say.text("price")), Column(say.text("took the step")), Column(say.text("most likely")),
        Column(say.text("customers")),
    )  # fmt: skip
    rows = tuple(
        (
            f"{u.product} → {u.upgrade}", f"{run.money(u.price)} → {run.money(u.upgrade_price)}", say.percent(took.value),
            f"{say.percent(took.low)}–{say.percent(took.high)}", say.number(took.n),
        )
        for u, took in _taken(found)
    )  # fmt: skip
    return _folded(
        say.text("The next step up"), columns, rows, say.text("Within half a year after the smaller one"), "", run
    )


def written(lists: Mapping[str, int], due: int, run: Run) -> Details | Note | None:
    """The lists there are and how many are on each; a sentence where somebody qualifies and nobody may be written to."""
    say = run.say
    there = {name: n for name, n in lists.items() if n}
    if not there:
        return Note(
            say.text("Lists of offers"),
            say.text("There is none: nobody who qualifies has agreed to be sent offers on a channel that can be used."),
        ) if due else None  # fmt: skip
    facts = tuple((f"lists/{name}.csv", people(n, say)) for name, n in there.items())
    return Details(
        say.text("Lists of offers"), facts,
        say.text(
            "Only customers who agreed to advertising on the channel named beside them. Except for the reminder, nobody is offered what they have "
            "bought before. Whoever a campaign leaves out to compare (lists ending in “holdout”) gets no offer from these lists either."
        ),
    )  # fmt: skip


def _range(found: Estimate, run: Run) -> str:
    return f"{run.say.number(found.low, 1)}–{run.say.number(found.high, 1)}"


def _folded(
    title: str, columns: tuple[Column, ...], rows: tuple[tuple[str, ...], ...], caption: str, body: str, run: Run
) -> Details | None:
    """A folded table; None where it would be empty."""
    return Details(title, body=body, table=TableView(columns, rows, caption, language=run.say)) if rows else None
