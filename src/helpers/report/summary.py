"""The first page in words: three numbers, three leaks, three actions, guess beside fact, and how far the data can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import chain, islice
from typing import Any

from helpers import session as sessions
from helpers.business import Business
from helpers.language import Language
from helpers.playbook import Play, Playbook
from helpers.playbook.diagnosis import Diagnosed, diagnose, measured
from helpers.report import charts
from helpers.report.calling import call, to_call
from helpers.report.data_words import reasons
from helpers.report.document import Cover, Grade, Summary
from helpers.report.findings.common import WAIT, capital, of_ten, people, tenths
from helpers.report.findings.plans import AT_RISK, OWNERS
from helpers.report.findings.said import guesses, without_personal_data
from helpers.report.pieces import Action, Actions, Compare, Figure, KeyNumber, KeyNumbers, Missing
from helpers.segments import Rules
from helpers.session import Commitment, Session
from helpers.session.leaks import LEAKS
from helpers.session.promises import spoken

IDENTIFY = "identify-at-the-till"
LISTEN = "you-said-we-did"
"""What every business can begin with, whatever is measured; after it, what every one with staff can."""
HEAR = "front-line-listening"
KNOWN_ENOUGH = 0.9
"""Share of revenue with a known customer from which asking for more names is no longer the first thing to do."""


@dataclass(frozen=True)
class Facts:
    """Everything the first page is written from: the run's `metrics.json` and what was said in the session."""

    numbers: Mapping[str, Any]
    session: Session
    business: Business
    say: Language
    book: Playbook
    rules: Rules

    def money(self, amount: float) -> str:
        """An amount as said aloud."""
        return self.say.short_money(amount, self.business.currency)

    @property
    def repeat(self) -> Mapping[str, Any] | None:
        """The 90-day repeat-purchase rate, when it is measured."""
        found = (self.numbers.get("repeat_rate") or {}).get("90")
        return found if found and found.get("value") is not None else None

    @property
    def leaving(self) -> Mapping[str, Any] | None:
        """Share of members who leave in a month, where customers hold contracts and it is measured."""
        accounts = (self.numbers.get("contracts") or {}).get("accounts") or {}
        found = accounts.get("monthly_churn") if "silence" in self.numbers["gate"]["refused"] else None
        return found if found and "value" in found else None


def cover(facts: Facts, as_of: date) -> Cover:
    """Client, period and what the report is built on."""
    say, numbers = facts.say, facts.numbers
    first = date.fromisoformat(numbers["first_day"])
    return Cover(
        client=facts.business.name,
        title=say.text("Who comes back, who is leaving, and what to do on Monday"),
        period=f"{say.month(first)} – {say.month(as_of)}",
        data_until=say.text("Data until {day}", day=as_of),
        facts=(
            (say.text("Orders"), say.number(numbers["orders"])),
            (say.text("Known customers"), say.number(numbers["customers"])),
            (say.text("Revenue"), facts.money(numbers["net_revenue"])),
        ),
    )


def summary(facts: Facts) -> Summary:
    """The page an owner reads in two minutes."""
    return Summary(
        headline=_headline(facts),
        numbers=KeyNumbers((_returning(facts), _leaving(facts), to_call(facts))),
        leaving=_who_is_leaving(facts),
        fix=_fix(facts),
        policy=_policy(facts),
        leaks=_leaks(facts),
        actions=_actions(facts),
        guesses=_guesses(facts),
        grade=grade(facts),
    )


def _worst(facts: Facts) -> Sequence[Diagnosed]:
    """Measured mistakes that cross their threshold, worst first."""
    return [d for d in diagnose(measured(facts.numbers), facts.book) if d.level in ("act", "watch")]


def _guesses(facts: Facts) -> Compare | Missing:
    return guesses(facts.session, facts.numbers, facts.say)


def _headline(facts: Facts) -> str:
    say, found = facts.say, facts.repeat
    if not facts.numbers["customers"]:
        return say.text("Nobody can be recognised in this file, so nobody's return can be measured yet")
    if facts.leaving:
        return say.text("Each month {count} of 100 members leave", count=say.number(100 * facts.leaving["value"], 1))
    if found is None:
        return say.text("Too few first-time buyers so far to say how many come back")
    if found["value"] == 1:
        return say.text("Every first-time buyer came back within 90 days")
    if found["value"] == 0:
        return say.text("No first-time buyer came back within 90 days")
    gone = 1 - found["value"]
    return capital(
        say.plural(
            "{share} first-time buyers does not come back within 90 days",
            "{share} first-time buyers do not come back within 90 days",
            tenths(gone), share=of_ten(gone, say),
        )
    )  # fmt: skip


def _returning(facts: Facts) -> KeyNumber:
    say, found = facts.say, facts.repeat
    if facts.leaving:
        note = say.text(
            "most likely between {low} and {high}",
            low=say.number(100 * facts.leaving["low"], 1),
            high=say.number(100 * facts.leaving["high"], 1),
        )
        return KeyNumber(say.number(100 * facts.leaving["value"], 1), say.text("of 100 members leave in a month"), note)
    label = say.text("of 10 first-time buyers return within 90 days")
    if found is None:
        return KeyNumber("–", label, say.text("too few to conclude"))
    note = say.text(
        "most likely between {low} and {high}; {n} customers counted",
        low=say.percent(found["low"]),
        high=say.percent(found["high"]),
        n=found["n"],
    )
    return KeyNumber(say.number(10 * found["value"], 1), label, note)


def _leaving(facts: Facts) -> KeyNumber:
    say, leaks = facts.say, facts.numbers.get("leaks") or ()
    label = say.text("a month leaves through the largest leak")
    if not leaks:
        return KeyNumber("–", label, say.text("too few to conclude"))
    note = say.text(
        "most likely between {low} and {high}", low=facts.money(leaks[0]["low"]), high=facts.money(leaks[0]["high"])
    )
    return KeyNumber(facts.money(leaks[0]["monthly"]), label, note)


def _who_is_leaving(facts: Facts) -> str:
    say = facts.say
    sizes = {s["segment"]: s for s in facts.numbers.get("segments") or ()}
    risky = [sizes[name] for name in AT_RISK if name in sizes]
    if not risky:
        return say.text("Nobody who is slipping away can be named yet.")
    count, money = sum(s["customers"] for s in risky), sum(s["revenue_year"] for s in risky)
    text = say.plural(
        "{n} customer is slipping away and spent {money} in the last year.",
        "{n} customers are slipping away; together they spent {money} in the last year.", count, money=facts.money(money),
    )  # fmt: skip
    most = max(risky, key=lambda s: s["revenue_year"])
    text += " " + say.text(
        "The largest part of it is in “{segment}” ({customers}).",
        segment=facts.rules.title(most["segment"], say.code),
        customers=people(most["customers"], say),
    )
    lost = sizes.get("lost")
    return (
        text + " " + say.text("Lost already: {customers}.", customers=people(lost["customers"], say)) if lost else text
    )


def _fix(facts: Facts) -> str:
    """What hurts customers most among what is measured, with the play that cures it."""
    say, worst = facts.say, _worst(facts)
    if not worst:
        text = say.text("No measured mistake crosses its threshold. Ask about what is not measured yet.")
        return " ".join(filter(None, (text, _own_answers(facts))))
    mistake = worst[0].mistake
    play = facts.book.plays[mistake.plays[0]]
    if play.purpose != "process" and _out_of_reach(facts):
        text = say.text(
            "{mistake}. No e-mail or phone number is on record, so begin with “{play}”.",
            mistake=mistake.title[say.code], play=facts.book.plays[IDENTIFY].title[say.code],
        )  # fmt: skip
    else:
        text = say.text("{mistake}. Begin with “{play}”.", mistake=mistake.title[say.code], play=play.title[say.code])
    return " ".join(filter(None, (text, _own_answers(facts))))


def _out_of_reach(facts: Facts) -> bool:
    """Whether the records say who bought but nothing by which to reach them."""
    quality = facts.numbers["quality"]
    return bool(facts.numbers["customers"]) and not quality["phone_coverage"] and not quality["email_coverage"]


def _own_answers(facts: Facts) -> str:
    """The weakest point by the owner's own answers in the session."""
    given = {name: score for name, score in sessions.scores(facts.session, facts.book).items() if score is not None}
    if not given:
        return ""
    name = min(given, key=lambda n: (given[n], n))
    title = facts.book.mistakes[name].title[facts.say.code]
    return facts.say.text(
        "By your own answers the weakest point is “{mistake}” ({score} of 4).",
        mistake=title,
        score=float(given[name]),
    )


def _policy(facts: Facts) -> str:
    """What to make a rule of: the first cure that changes how the shop works rather than what it sends."""
    say, play = facts.say, facts.book.plays[_process_plays(facts, LISTEN)[0]]
    return say.text("“{play}”: {step}", play=play.title[say.code], step=play.first_step[say.code])


def _process_plays(facts: Facts, otherwise: str) -> list[str]:
    """Cures that change how the shop works, worst mistake first; one that knows its customers is not told to begin knowing them."""
    known = 1 - facts.numbers["anonymous_revenue_share"] >= KNOWN_ENOUGH
    names = [name for d in _worst(facts) for name in d.mistake.plays if facts.book.plays[name].purpose == "process"]
    names = [name for name in (*names, otherwise, LISTEN, HEAR) if name != IDENTIFY or not known]
    return list(dict.fromkeys(names))


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def _leaks(facts: Facts) -> Figure | Missing:
    say, leaks = facts.say, facts.numbers.get("leaks") or ()
    if not leaks:
        how = say.text(WAIT) if facts.numbers["customers"] else say.text("recording a customer on every order.")
        return Missing(say.text("Leaks in money"), how, language=say)
    items = [
        (say.text(LEAKS[leak["leak"]]), leak["monthly"], leak["low"], leak["high"], people(leak["customers"], say))
        for leak in leaks[:3]
    ]
    return charts.bars(
        items, title=say.text("Where money leaves every month"), subtitle=say.text("Revenue per month at stake; the thin line is the range"),
        wording=facts.money, language=say,
    )  # fmt: skip


def _actions(facts: Facts) -> Actions:
    """Three: the session's commitments first, then one call, one campaign and changes in how the shop works."""
    kept = [c for c in facts.session.commitments if c.status == "open"]
    promised = (_promised(c, facts) for c in kept)
    proposed = (action for make in (call, _campaign) if (action := make(facts)) is not None)
    new = [name for name in _process_plays(facts, IDENTIFY) if name not in {c.play for c in kept}]
    changes = (_change(facts.book.plays[name], facts) for name in new)
    return Actions(tuple(islice(chain(promised, proposed, changes), 3)), language=facts.say)


def _promised(promise: Commitment, facts: Facts) -> Action:
    """A promise as it was made, the playbook's words in the report's language."""
    words = partial(spoken, promise.play, book=facts.book, say=facts.say)
    what, step = words(promise.what), words(promise.first_step, part="first_step")
    return Action(without_personal_data(what), promise.owner or "–", _until(promise, facts), step)


def _until(promise: Commitment, facts: Facts) -> str:
    """A promise's day; that it has passed is said as of the end of the data."""
    if promise.due is None:
        return "–"
    day = facts.say.date(promise.due)
    late = promise.due < date.fromisoformat(facts.numbers["as_of"])
    return facts.say.text("{day}, overdue", day=day) if late else day


def _campaign(facts: Facts) -> Action | None:
    """Send the best campaign of the plan that has lists."""
    say = facts.say
    listed = facts.numbers.get("campaign_lists") or {}
    for p in facts.numbers.get("plan") or ():
        drawn = listed.get(f"{p['play']}-{p['segment'].replace('_', '-')}")
        if drawn:
            play = facts.book.plays[p["play"]]
            what = say.text("{play}: {customers} in “{segment}”", play=play.title[say.code], customers=people(drawn[0], say),
                            segment=facts.rules.title(p["segment"], say.code))  # fmt: skip
            return Action(what, say.text(OWNERS[p["owner"]]), say.text("next Monday"), play.first_step[say.code])
    return None


def _change(play: Play, facts: Facts) -> Action:
    """One thing to change in how the shop works: against a measured mistake, or to start knowing and hearing customers."""
    say = facts.say
    return Action(
        play.title[say.code], say.text(OWNERS[play.owner]), say.text("the end of the week"), play.first_step[say.code]
    )


def grade(facts: Facts) -> Grade:
    """A to D for what the data can carry (:mod:`helpers.metrics.quality.grade`), with the one reason that decides; an A with both."""
    quality = facts.numbers["data_quality"]
    said = reasons(quality, facts.say)
    return Grade(quality["grade"]["mark"], said[0] if quality["grade"]["reasons"] else " ".join(said))


PARTS: Mapping[str, tuple[Callable[[Facts], object], ...]] = {
    "cover": (lambda facts: cover(facts, date.fromisoformat(facts.numbers["as_of"])),),
    "headline": (_headline, _returning),
    "leaks": (_leaving, _leaks),
    "calls": (to_call,),
    "leaving": (_who_is_leaving,),
    "fix": (_fix,),
    "policy": (_policy,),
    "guesses": (_guesses,),
    "actions": (_actions,),
    "grade": (grade,),
}
"""Part of the first page → what writes it, each from the facts alone."""
