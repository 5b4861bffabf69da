"""The playbook that comes with the product: complete, bilingual, and every idea leads to something to do."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import get_args

import pytest
import yaml

from helpers import playbook, resources
from helpers.playbook.models import ROWS, TABLES, Segment
from helpers.report.summary import measured
from helpers.tables import SCHEMAS

ROOT = resources.playbook()
PLAYS = {
    "thank-you-check-in", "first-100-days", "second-order-push", "stay-in-touch-calendar", "anniversary-birthday",
    "founder-story", "service-standard", "you-said-we-did", "service-recovery", "response-promise",
    "alternatives-to-no", "identify-at-the-till", "front-line-listening", "overdue-regulars-call", "decline-call",
    "win-back", "loyalty-tiers", "upsell", "cross-sell-replenishment", "referral-reviews", "customer-event",
    "budget-rebalance", "subscription-save",
}  # fmt: skip


@pytest.mark.parametrize("row", ROWS)
def test_every_idea_leads_to_a_message(book: playbook.Playbook, row: str) -> None:
    """S01–S27 each go from a mistake over a question or a metric to a play and to its text."""
    coverage = book.rows()[row]
    assert coverage.missing == ()
    assert all(row in mistake.rows for mistake in coverage.mistakes)
    assert all(any(play.id in mistake.plays for mistake in coverage.mistakes) for play in coverage.plays)


def test_a_row_without_anything_says_what_is_missing(small: Path) -> None:
    """The chain is really looked at: in a playbook of one mistake all other ideas are missing every link."""
    rows = playbook.load(small).rows()
    assert rows["S06"].missing == ()
    assert rows["S01"].missing == ("mistake", "metric or question", "play", "message")


def test_the_agreed_plays_and_scripts_are_all_there(book: playbook.Playbook) -> None:
    """Twenty-three plays and six one-page scripts, by the names other floors use."""
    assert set(book.plays) == PLAYS
    scripts = {"latte", "learn", "alternatives-ladder", "exit-interview", "front-line-cards", "small-print"}
    assert set(book.scripts) == scripts


def test_every_segment_has_a_play(book: playbook.Playbook) -> None:
    """Whatever group a customer is in, there is something to do, easiest first."""
    for segment in get_args(Segment):
        plays = book.plays_for(segment)
        assert plays, segment
        assert [play.effort for play in plays] == sorted(play.effort for play in plays)


def test_segments_are_those_of_the_segment_rules() -> None:
    """Plays cannot be written for a group that the segment rules do not know, nor miss one."""
    rules = yaml.safe_load((ROOT / "rules" / "segments.yml").read_text(encoding="utf-8"))
    assert {segment["id"] for segment in rules["segments"]} == set(get_args(Segment))


def test_tables_are_canonical_tables() -> None:
    """A mistake cannot ask for a table that intake does not make."""
    assert set(TABLES) <= set(SCHEMAS)


def test_a_threshold_belongs_to_its_metric_page_and_stands_once(book: playbook.Playbook) -> None:
    """The key of a threshold is its metric page's id, and no two mistakes set marks for the same number."""
    marked = [mistake for mistake in book.mistakes.values() if mistake.thresholds is not None]
    keys = [mistake.thresholds.metric_key for mistake in marked if mistake.thresholds is not None]
    assert keys == [str(mistake.metric).replace("-", "_") for mistake in marked]
    assert len(keys) == len(set(keys))


def test_everything_is_composed_unicode_and_nothing_is_left_to_do() -> None:
    """Names sort and search alike on every machine, and no placeholder words were forgotten."""
    for path in sorted(ROOT.rglob("*")):
        if path.suffix in (".md", ".yml"):
            text = path.read_text(encoding="utf-8")
            assert unicodedata.is_normalized("NFC", text), path
            assert not re.search(r"TODO|FIXME|lorem|XXX", text), path


def test_the_two_languages_are_two_languages(book: playbook.Playbook) -> None:
    """A text was not simply copied: Vietnamese prose has Vietnamese letters and the English has next to none."""
    for pages in (book.mistakes, book.plays, book.scripts, book.metrics):
        for page in pages.values():
            assert page.body["vi"] != page.body["en"]
            assert re.search(r"[ăâđêôơưạảấầậắằặẹẻếềệịọốồộớờợụứừựỳỹ]", page.body["vi"]), page.path
            words = page.body["en"].split()
            foreign = [word for word in words if re.search(r"[ăơưạảấầậắằặẹẻếềệịọốồộớờợụứừự]", word)]
            assert len(foreign) <= len(words) / 20, page.path


def test_typography_is_one_hand(book: playbook.Playbook) -> None:
    """Real ellipses, dashes and quotation marks, and a space before the per cent sign, wherever people read."""
    for pages in (book.mistakes, book.plays, book.messages, book.scripts, book.metrics):
        for page in pages.values():
            for code in playbook.LANGUAGES:
                for slip in (r"\.\.\.", r'"', r" - ", r"\d%", r"\w’\w"):
                    assert not re.search(slip, page.body[code]), (page.path, slip)


def test_folklore_is_shown_with_its_criticism(book: playbook.Playbook) -> None:
    """Wherever the famous figures appear, the same page says what is known against them."""
    page = book.mistakes["hunting-only"].body
    for code, said in (("vi", "lời đồn"), ("en", "claims")):
        assert "25" in page[code]
        assert "Sharp" in page[code]
        assert "Riebe" in page[code]
        assert said in page[code]


def test_the_session_asks_two_to_five_dozen_questions(book: playbook.Playbook) -> None:
    """Three to five questions for each of about fifteen mistakes, each anchored from 0 to 4, no anchor twice."""
    questions = [question for mistake in book.mistakes.values() for question in mistake.questions]
    assert 15 <= len(book.mistakes) <= 20
    assert 45 <= len(questions) <= 75
    for question in questions:
        assert all(len({anchor[code] for anchor in question.anchors}) == 5 for code in playbook.LANGUAGES)


OPINION = {
    "vi": r"\b(tốt|khá|rất|thường|thường xuyên|đôi khi|thỉnh thoảng|hiếm khi|ít khi|tương đối|hài lòng|kém|ổn)\b",
    "en": r"\b(good|well|often|sometimes|rarely|usually|very|fairly|satisfied|poor|regularly|now and then)\b",
}
"""Words by which an answer would be a matter of taste instead of something one can go and see."""


@pytest.mark.parametrize("code", playbook.LANGUAGES)
def test_a_question_asks_one_thing_and_its_answers_can_be_seen(book: playbook.Playbook, code: str) -> None:
    """No question hides a second one, and no anchor is an opinion (what somebody says, in quotation marks, is a fact)."""
    for mistake in book.mistakes.values():
        for question in mistake.questions:
            asked = re.sub(r"“[^”]*”", "", question.ask[code])
            assert asked.count("?") <= 1, (question.id, asked)
            assert asked.endswith(("?", ".")), (question.id, asked)
            for anchor in question.anchors:
                said = re.sub(r"“[^”]*”", "", anchor[code])
                assert not re.search(OPINION[code], said, re.IGNORECASE), (question.id, said)


@pytest.mark.parametrize(
    ("kind", "headings"),
    [
        ("mistakes", {
            "vi": ["Khách thấy gì", "Vì sao lòng khách nguội đi", "Nói với anh/chị chủ thế nào"],
            "en": ["What the customer sees", "What it does to them", "How to raise it with the owner"],
        }),
        ("plays", {
            "vi": ["Dùng khi nào", "Khách cảm thấy gì", "Làm từng bước", "Cần để ý"],
            "en": ["When to use it", "How it feels for the customer", "Step by step", "What to watch"],
        }),
    ],
)  # fmt: skip
def test_every_page_has_the_same_parts(book: playbook.Playbook, kind: str, headings: dict[str, list[str]]) -> None:
    """Whoever knows one page finds their way in all: the customer's view, the feeling behind it, what to say or do."""
    for page in getattr(book, kind).values():
        for code, wanted in headings.items():
            assert re.findall(r"^#+ (.+)$", page.body[code], re.MULTILINE) == wanted, page.path


def test_thresholds_are_held_against_numbers_a_run_really_has(book: playbook.Playbook, example_metrics: Path) -> None:
    """Every threshold's key is worked out from metrics.json, and the example business has a value for each."""
    values = measured(json.loads(example_metrics.read_text(encoding="utf-8")))
    marks = {m.thresholds.metric_key for m in book.mistakes.values() if m.thresholds is not None}
    assert marks == set(values)
    assert {key for key in marks if values[key] is None} == set()


def test_every_work_is_cited_and_every_claim_can_be_looked_up(book: playbook.Playbook) -> None:
    """The list of works has no dead entry; what nobody could check is of low confidence, and only a test speaks of effects."""
    works = book.rules.sources.works
    used = {evidence.source for play in book.plays.values() for evidence in play.evidence}
    assert used == set(works)
    for name, work in works.items():
        assert str(work.year) in work.cite or work.kind in ("claim", "own", "standard") or name == "kumar-2015-offers"
        assert work.seen != "nothing" or work.confidence == "low"


def test_every_play_weighs_evidence_that_is_not_only_its_own(book: playbook.Playbook) -> None:
    """Reasoning may stand on one side; somebody else's work, or counted data, stands behind every play."""
    works = book.rules.sources.works
    for play in book.plays.values():
        kinds = {works[evidence.source].kind for evidence in play.evidence}
        assert kinds - {"claim", "own"} or any(e.source == "till-files" for e in play.evidence), play.id


def test_every_script_is_used_by_a_play(book: playbook.Playbook) -> None:
    """No aid lies about that nobody is sent to."""
    assert {name for play in book.plays.values() for name in play.scripts} == set(book.scripts)


def facts_of(node: object, place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, object]]]:
    """Every mapping with a value, a text or dates of its own that a rules file states as a fact, with its place."""
    if isinstance(node, dict):
        if "value" in node or ({"days", "every_year"} & set(node)) or (place[:1] == ("duties",) and "text" in node):
            yield place, node
        else:
            for key, inner in node.items():
                yield from facts_of(inner, (*place, str(key)))
    elif isinstance(node, list):
        for inner in node:
            yield from facts_of(inner, place)


@pytest.mark.parametrize("file", ["channels.yml", "countries/VN.yml", "countries/GB.yml"])
def test_every_rule_has_a_source_a_date_and_a_confidence(file: str) -> None:
    """Whatever is stated about a channel or a country can be traced to a dated source, and says how sure we are."""
    rules = yaml.safe_load((ROOT / "rules" / file).read_text(encoding="utf-8"))
    stated = [pair for part in set(rules) - {"sources"} for pair in facts_of(rules[part], (part,))]
    assert len(stated) > 10
    for place, fact in stated:
        assert fact["confidence"] in ("high", "medium", "low"), place
        assert isinstance(rules["sources"][fact["source"]]["date"], date), place


class TestLookups:
    """How other floors ask the playbook."""

    def test_cures_come_in_the_order_of_the_mistake_page(self, book: playbook.Playbook) -> None:
        """The first play a mistake names is the first one offered."""
        assert [play.id for play in book.plays_against("forgotten")] == list(book.mistakes["forgotten"].plays)

    def test_messages_can_be_narrowed_to_a_channel(self, book: playbook.Playbook) -> None:
        """A campaign by SMS is offered SMS texts only."""
        assert {message.channel for message in book.messages_of("win-back", "sms")} == {"sms"}
        assert [message.id for message in book.messages_of("win-back")] == list(book.plays["win-back"].messages)


class TestRules:
    """Law and calendar as data."""

    def test_every_fact_of_a_country_names_a_source_with_a_date(self, book: playbook.Playbook) -> None:
        """Nothing is stated that cannot be looked up, and every file says that it is not legal advice."""
        for country in book.rules.countries.values():
            facts = [country.phone, country.date_format, country.ad_markers, country.opt_out]
            facts += [*country.duties, *country.holidays, *country.consent.values()]
            facts += [*country.hours.values(), *country.daily_limits.values()]
            assert all(country.sources[fact.source].date <= date(2026, 12, 31) for fact in facts)
            assert "not legal advice" in country.disclaimer["en"]
            assert "không phải tư vấn pháp lý" in country.disclaimer["vi"]

    def test_vietnamese_hours_and_limits(self, book: playbook.Playbook) -> None:
        """Decree 91/2020: SMS 07–22, calls 08–17, at most 3 SMS, 3 e-mails and 1 call in 24 hours."""
        law = book.rules.countries["VN"]
        assert {name: (rule.value.start, rule.value.end) for name, rule in law.hours.items()} == {
            "sms": ("07:00", "22:00"),
            "phone": ("08:00", "17:00"),
        }
        assert {name: rule.value for name, rule in law.daily_limits.items()} == {"sms": 3, "email": 3, "phone": 1}
        assert law.consent["advertising"].value == "opt_in"

    def test_tet_follows_the_vietnamese_calendar(self, book: playbook.Playbook) -> None:
        """The first day of Tết in known years; a year the file does not know gives no day rather than a wrong one."""
        tet = next(holiday for holiday in book.rules.countries["VN"].holidays if holiday.id == "tet")
        assert tet.in_year(2026) == (date(2026, 2, 17),)
        assert tet.in_year(2019) == (date(2019, 2, 5),)
        assert tet.in_year(2040) == ()

    def test_fixed_holidays_come_every_year(self, book: playbook.Playbook) -> None:
        """National Day needs no list."""
        day = next(holiday for holiday in book.rules.countries["VN"].holidays if holiday.id == "national-day")
        assert day.in_year(2033) == (date(2033, 9, 2),)


class TestDocuments:
    """Pages made from, or kept in step with, the front matter."""

    def test_the_coverage_page_is_up_to_date(self, book: playbook.Playbook) -> None:
        """`docs/coverage.md` is what the front matter says today."""
        page = resources.root() / "docs" / "coverage.md"
        if not page.is_file():
            pytest.skip("docs/ does not travel with the installed package")
        assert page.read_text(encoding="utf-8") == playbook.coverage_table(book)

    def test_the_coverage_page_links_to_pages_that_exist(self, book: playbook.Playbook) -> None:
        """Every link of the table leads somewhere, and every idea has its line."""
        table = playbook.coverage_table(book)
        assert all((ROOT / target).is_file() for target in re.findall(r"\(\.\./playbook/([^)]+)\)", table))
        assert all(f"| {row} | " in table for row in ROWS)

    @pytest.mark.parametrize("name", ["README.md", "README.vi.md"])
    def test_the_guide_credits_every_source_article(self, book: playbook.Playbook, name: str) -> None:
        """The coach's guide names each article the playbook owes its questions to."""
        guide = (ROOT / name).read_text(encoding="utf-8")
        for article in book.rules.sources.articles:
            assert article.title.strip("()") in guide, article.id

    @pytest.mark.parametrize("name", ["README.md", "README.vi.md"])
    def test_the_guide_counts_right(self, book: playbook.Playbook, name: str) -> None:
        """The guide does not promise more or fewer pages than there are."""
        guide = (ROOT / name).read_text(encoding="utf-8")
        assert f"| [mistakes](mistakes) | {len(book.mistakes)} " in guide
        assert f"| [plays](plays) | {len(book.plays)} " in guide

    @pytest.mark.parametrize("name", ["README.md", "README.vi.md"])
    def test_the_guide_refers_to_pages_that_exist(self, name: str) -> None:
        """No link in the coach's guide is broken."""
        guide = (ROOT / name).read_text(encoding="utf-8")
        links = re.findall(r"\]\((?!https?:)([^)#]+)\)", guide)
        assert links
        assert all((ROOT / link).exists() for link in links), links
