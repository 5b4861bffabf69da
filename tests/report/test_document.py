"""The one HTML file: what is in it, what must never be in it."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest

from helpers.errors import InputError
from helpers.language import Language
from helpers.report.analyst import Analyst, Lead
from helpers.report.document import Appendix, Cover, Summary, css_string, logo, render
from helpers.report.pieces import Figure, Finding, KeyNumber, KeyNumbers, Missing
from helpers.report.tracing import Trace

from .samples import notebook, says, shows

ENGLISH = Language("en")
VOID = {"meta", "img", "br", "hr", "input", "link"}


class Page(HTMLParser):
    """What a browser would find: tags in order, ids, references, whether every element is closed in turn."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag."""
        self.tags.append(tag)
        self.attributes.append((tag, {key: value or "" for key, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that closes itself, as SVG's do."""
        self.tags.append(tag)
        self.attributes.append((tag, {key: value or "" for key, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        """Every element ends before the one around it."""
        assert self.open.pop() == tag

    def values(self, name: str) -> list[str]:
        """All values of one attribute."""
        return [attributes[name] for _, attributes in self.attributes if name in attributes]


@pytest.fixture
def report(cover: Cover, summary: Summary, appendix: Appendix, drawn: dict[str, Figure]) -> str:
    """A small report with every chart in it, two of them twice."""
    chapters = [
        notebook(says("# 1 · Diagnosis"), shows(Finding("Most never return", anchor="return"), drawn["rates"])),
        notebook(says("# 2 · Who leaves"), shows(Finding("They leave early", anchor="return"), *drawn.values())),
    ]
    return render(chapters, cover=cover, summary=summary, appendix=appendix, language=ENGLISH)


def test_the_file_asks_nobody_for_anything(report: str) -> None:
    """No address, no script, no frame: the file opens the same without a network, and its policy forbids the rest."""
    page = Page(report)
    assert not {"script", "link", "iframe", "object", "embed", "form", "base"} & set(page.tags)
    assert all(value.startswith(("#", "data:")) for name in ("href", "src") for value in page.values(name))
    assert all(found.startswith(('"data:', "#")) for found in re.findall(r"url\(([^)]{0,20})", report))
    assert "@import" not in report
    assert not [name for _, attributes in page.attributes for name in attributes if name.startswith("on")]
    policy = next(a["content"] for t, a in page.attributes if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:;")


def test_the_page_is_sound(report: str) -> None:
    """Every element is closed, no id stands twice, every link within the page leads somewhere."""
    page = Page(report)
    assert not page.open
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    links = {value[1:] for value in page.values("href")} | set(re.findall(r"url\(#([^)]+)\)", report))
    assert links <= set(ids)


def test_two_findings_of_the_same_name_keep_links_of_their_own(report: str) -> None:
    """The same anchor in two notebooks, and the same chart on two pages, do not collide."""
    assert 'id="return"' in report
    assert 'id="return-2"' in report
    hatches = re.findall(r'<pattern[^>]*id="(bars-[^"]+)"', report)
    assert len(hatches) == 2
    assert all(f"url(#{identity})" in report for identity in hatches)


def test_headings_step_down_one_at_a_time(report: str) -> None:
    """One first-level heading, the client's; below it no level is left out, so that headings can be walked through."""
    levels = [int(tag[1]) for tag in Page(report).tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_reading_order_is_cover_summary_contents_chapters_appendix(report: str) -> None:
    """Who scrolls on a phone meets the summary before the table of contents, and the appendix last."""
    places = [
        report.index(f'id="{name}"') for name in ("main", "summary", "contents", "chapter-1", "chapter-2", "appendix")
    ]
    assert places == sorted(places)
    assert report.index("<h1>") < places[0]
    contents = report[report.index("<nav") : report.index("</nav>")]
    assert re.findall(r">([^<]+)(?:<small>([^<]+)</small>)?</a>", contents) == [
        ("Summary in two minutes", ""),
        ("1 · Diagnosis", "Most never return"),
        ("2 · Who leaves", "They leave early"),
        ("Appendix", ""),
    ]


def test_an_amount_of_money_is_never_torn_apart(cover: Cover, summary: Summary) -> None:
    """Figure, unit and sign stay on one line; the spaces between words stay spaces."""
    worded = replace(summary, leaving="Mất 4,4 tr ₫, 287k ₫ hay 1 tỷ ₫ một tháng, 12 £ một lần")
    html = render([], cover=cover, summary=worded, language=Language("vi"))
    assert "Mất 4,4\u00a0tr\u00a0₫, 287k\u00a0₫ hay 1\u00a0tỷ\u00a0₫ một tháng, 12\u00a0£ một lần" in html


def test_the_first_page_has_what_an_owner_needs(report: str) -> None:
    """Numbers, the three things, leaks, actions with owner and date, guess and fact, grade and reason."""
    first = report[report.index('id="summary"') : report.index('id="contents"')]
    for words in (
        "3 of 10",
        "186 regulars.",
        "Late deliveries.",
        "promised time",
        "One-time buyers",
        "Call 38 regulars",
    ):
        assert words in first
    for words in ("Lan", "6 Jul 2026", "You guessed", "How far to trust these data", "31 of every 100"):
        assert words in first


def test_the_appendix_may_be_missing(cover: Cover, summary: Summary) -> None:
    """Without an appendix there is no empty section and no link to one."""
    page = render([notebook(says("# One"))], cover=cover, summary=summary, language=ENGLISH)
    assert "appendix" not in page[page.index("<body>") :]


def test_the_words_around_the_chapters_follow_the_language(cover: Cover, summary: Summary, appendix: Appendix) -> None:
    """A Vietnamese report has Vietnamese headings throughout and says so to screen readers and hyphenation."""
    page = render([], cover=cover, summary=summary, appendix=appendix, language=Language("vi"))
    assert '<html lang="vi">' in page
    for words in ("Tóm tắt trong hai phút", "Ai đã đi hoặc đang rời đi", "Phụ lục", "Những điều chưa đo được"):
        assert words in page
    for words in ("Summary in two minutes", "Who left", "Appendix", "What is known"):
        assert words not in page


def test_hostile_names_stay_names_everywhere(cover: Cover, summary: Summary, appendix: Appendix) -> None:
    """A client called <script>, a finding with </style>, a coach with quotes: all are printed, none acts."""
    bad = "<script>alert(1)</script></style>\"'&"
    evil = replace(cover, client=bad, title=bad, period=bad, data_until=bad, facts=((bad, bad),))
    first = replace(
        summary, headline=bad, leaving=bad, numbers=KeyNumbers((KeyNumber(bad, bad, bad),)), leaks=Missing(bad, bad)
    )
    chapter = notebook(says(f"# {bad}\n\n{bad}"), shows(Finding(bad, bad)), says(f"[link](javascript:alert(1)) {bad}"))
    code = nbformat.v4.new_code_cell(bad, outputs=shows(Finding("x")).outputs)
    chapter.cells.append(code)
    trace = Trace(bad, 3, "a-3", (bad,), ((bad, bad, True),), (bad,), bad)
    told = Analyst(
        ({len(chapter.cells) - 1: trace},), (Lead(bad, ((bad, bad, "a-3"),)),), ((bad, bad, bad),), ((bad, bad),), ((bad, bad),), ((bad, bad),),
        ((bad, bad, bad, bad),), bad, bad,
    )  # fmt: skip
    page = render([chapter], cover=evil, summary=first, appendix=appendix, language=ENGLISH, analyst=told)
    assert "<script" not in page
    assert page.count("</style>") == 1
    assert 'href="javascript' not in page
    assert not Page(page).open


@pytest.mark.parametrize("text", ['a"b', "</style>", "line\nbreak", "back\\slash", "Tiệm Cà Phê Mây · 2026"])
def test_the_running_header_cannot_break_out_of_its_string(text: str) -> None:
    """Whatever a client is called, the print header stays one CSS string that reads as the name."""
    string = css_string(text)
    assert not re.search(r'["<>\n/]', string[1:-1])
    assert re.sub(r"\\([0-9a-f]+) ", lambda match: chr(int(match[1], 16)), string[1:-1]) == text


def test_the_clients_colour_is_on_rules_and_the_logo_on_the_cover(
    cover: Cover, summary: Summary, tmp_path: Path
) -> None:
    """Colour and logo of business.yml appear; the logo's alternative text is the client's name."""
    file = tmp_path / "logo.PNG"
    file.write_bytes(b"\x89PNG")
    page = render([], cover=cover, summary=summary, language=ENGLISH, colour="#7A4B2A", logo=logo(file))
    assert "--brand: #7A4B2A" in page
    assert '<img src="data:image/png;base64,iVBORw==" alt="Tiệm Cà Phê Mây">' in page


@pytest.mark.parametrize("wrong", [{"colour": "red; } body { display: none"}, {"logo": "https://example.org/logo.png"}])
def test_colour_and_logo_cannot_smuggle_anything_in(cover: Cover, summary: Summary, wrong: dict[str, str]) -> None:
    """Only a colour is taken as a colour, only an embedded picture as a logo."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        render([], cover=cover, summary=summary, language=ENGLISH, **wrong)


def test_a_logo_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    """A missing file, a Word document or a photo of several megabytes gives one sentence with the file's name."""
    (tmp_path / "logo.docx").write_bytes(b"x")
    (tmp_path / "large.png").write_bytes(b"x" * 300_001)
    for name in ("none.png", "logo.docx", "large.png"):
        with pytest.raises(InputError) as fault:
            logo(tmp_path / name)
        assert name in str(fault.value)
        assert name in Language("vi").error(fault.value)
        assert str(fault.value) != Language("vi").error(fault.value)


def test_the_file_is_light(cover: Cover, summary: Summary, appendix: Appendix, report: str) -> None:
    """Fonts, styles and words together stay below 250 kB before the first chart."""
    bare = replace(summary, leaks=Missing("Leaks", "recording customers."))
    assert len(render([], cover=cover, summary=bare, appendix=appendix, language=Language("vi")).encode()) < 250_000
    assert len(report.encode()) < 1_000_000


def test_only_the_fonts_the_text_needs_travel(cover: Cover, summary: Summary) -> None:
    """An English report for an English name carries no Vietnamese letters, a Vietnamese name brings them."""
    plain = replace(cover, client="Cloud Coffee")
    sizes = [
        page.count("@font-face")
        for page in (render([], cover=c, summary=summary, language=ENGLISH) for c in (plain, cover))
    ]
    assert sizes == [4, 6]
    polish = render([], cover=replace(cover, client="Łódź"), summary=summary, language=ENGLISH)
    assert polish.count("@font-face") == 6


def test_print_has_page_numbers_a_header_and_open_details(report: str) -> None:
    """On A4 each page says client, period and number, chapters begin a page, folded definitions are printed."""
    for rule in ("size: A4; margin: 16mm 18mm 14mm", "counter(page)", "break-before: page", "::details-content"):
        assert rule in report
    assert '@top-left { content: "Tiệm Cà Phê Mây' in report


def test_the_inputs_are_not_changed(cover: Cover, summary: Summary, drawn: dict[str, Figure]) -> None:
    """Rendering twice, or in two languages, starts from the same notebooks each time."""
    chapter = notebook(says("# One\n\nText"), shows(drawn["rates"]), says("# Eins", lang="de"))
    before = nbformat.writes(chapter)
    first = render([chapter], cover=cover, summary=summary, language=ENGLISH)
    assert render([chapter], cover=cover, summary=summary, language=ENGLISH) == first
    assert nbformat.writes(chapter) == before
