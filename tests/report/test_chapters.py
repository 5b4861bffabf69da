"""From executed notebooks to chapters: what a client reads of them."""

from __future__ import annotations

import nbformat
import pytest

from helpers.language import Language
from helpers.report.chapters import chapters, lower_headings, unique_ids
from helpers.report.pieces import Column, Figure, Finding, TableView

from .samples import notebook, says, shows

ENGLISH = Language("en")


def body(*cells: nbformat.NotebookNode, language: Language = ENGLISH, show_code: bool = False) -> str:
    """The HTML of a one-notebook report's chapter."""
    return chapters([notebook(*cells)], language=language, show_code=show_code)[0].body


def prints(**output: str) -> nbformat.NotebookNode:
    """A cell that wrote to a stream."""
    return nbformat.v4.new_code_cell("print()", outputs=[nbformat.v4.new_output("stream", **output)])


def bundle(data: dict[str, object], kind: str = "display_data") -> nbformat.NotebookNode:
    """A cell with one output in these forms."""
    return nbformat.v4.new_code_cell("x", outputs=[nbformat.v4.new_output(kind, data=data)])


def test_the_title_is_the_first_heading_and_is_not_repeated() -> None:
    """The chapter is called what its notebook is called; the rest of that cell stays."""
    made = chapters([notebook(says("# Where does it leak?\n\nWe look for it."))], language=ENGLISH)[0]
    assert (made.anchor, made.title) == ("chapter-1", "Where does it leak?")
    assert made.body.count("leak") == 0
    assert "We look for it." in made.body


def test_a_chapter_opens_with_what_its_notebook_puts_first() -> None:
    """The headlines are the first findings of the cells an author has marked, two at most; nothing found there, nothing said."""
    marked = ("headline",)
    made = chapters(
        [
            notebook(
                says("# Where does it leak?"),
                shows(Finding("Small talk")),
                shows(Finding("How it is counted", leads=False), Finding("4m a month & more"), tags=marked),
                shows(Figure("<svg></svg>", "no finding"), tags=marked),
                shows(Finding("7 of 10 stay away", level=3), tags=marked),
                shows(Finding("Third"), tags=marked),
            )
        ],
        language=ENGLISH,
    )[0]
    assert made.headlines == ("4m a month & more", "7 of 10 stay away")


def test_a_section_that_has_nothing_to_say_is_left_out() -> None:
    """A heading under which no cell of code put anything out is not shown; a section of words alone is, and so is the chapter's opening."""
    quiet = nbformat.v4.new_code_cell("nothing()")
    html = body(
        says("# Who leaves?\n\nOpening."), quiet, says("## Rhythm\n\nHow often?"), quiet, quiet,
        says("## Words alone"), says("## Money"), shows(Finding("4m a month")), quiet, says("## The end"), quiet,
    )  # fmt: skip
    assert "Opening." in html
    assert [name in html for name in ("Rhythm", "How often?", "Words alone", "Money", "The end")] == [
        False,
        False,
        True,
        True,
        False,
    ]


def test_without_a_mark_the_first_finding_leads() -> None:
    """A notebook of somebody's own opens with its first finding; one that finds nothing opens with its question."""
    found, silent = chapters(
        [notebook(shows(Finding("One")), shows(Finding("Two"))), notebook(says("# Why?\n\nNo answer."))],
        language=ENGLISH,
    )
    assert found.headlines == ("One",)
    assert (silent.headlines, silent.findings, silent.title) == ((), (), "Why?")


def test_every_finding_can_be_linked_to() -> None:
    """Anchors are the author's or made up, never used twice across chapters, and stand in the text once."""
    book = notebook(shows(Finding("One", anchor="own")), shows(Finding("Two <b>")), shows(Finding("Three", level=4)))
    made = chapters([book, book], language=ENGLISH)
    assert [text for _, text in made[1].findings] == ["One", "Two <b>", "Three"]
    anchors = [anchor for chapter in made for anchor, _ in chapter.findings]
    assert len({*anchors}) == 6
    html = "".join(chapter.body for chapter in made)
    assert all(html.count(f'id="{anchor}"') == 1 for anchor in anchors)


def test_a_notebook_without_a_heading_gets_a_number() -> None:
    """Every chapter has a name in the table of contents, taken from the metadata or else counted."""
    named = notebook(says("Text"))
    named.metadata["title"] = "Proof"
    made = chapters([notebook(says("## Only a section")), named], language=Language("vi"))
    assert [chapter.title for chapter in made] == ["Phần 1", "Proof"]


def test_only_the_reports_language_is_kept() -> None:
    """Of a bilingual notebook the reader sees one language; cells that name none are for everybody."""
    cells = (says("# Xin chào", lang="vi"), says("# Hello", lang="en"), says("42"))
    assert [chapters([notebook(*cells)], language=Language(code))[0].title for code in ("vi", "en")] == [
        "Xin chào",
        "Hello",
    ]
    assert "42" in body(*cells, language=Language("vi"))
    assert "Hello" not in body(*cells, language=Language("vi"))


@pytest.mark.parametrize("tag", ["parameters", "injected-parameters", "no-report"])
@pytest.mark.parametrize("show_code", [False, True])
def test_tagged_cells_are_left_out_entirely(tag: str, show_code: bool) -> None:
    """Parameters and what an author marks as not for the report appear in neither variant."""
    assert body(shows(Finding("secret"), source="as_of = 1", tags=(tag,)), show_code=show_code).strip() == ""


def test_noise_never_reaches_the_client() -> None:
    """Prints, warnings, tracebacks, live widgets and pictures without words are not part of a report."""
    error = nbformat.v4.new_output("error", ename="E", evalue="boom", traceback=["boom"])
    noisy = (
        prints(name="stdout", text="progress 10 %"),
        prints(name="stderr", text="warning"),
        nbformat.v4.new_code_cell("x", outputs=[error]),
        bundle({"application/vnd.jupyter.widget-view+json": {}, "text/plain": "HBox()"}),
        bundle({"image/png": "iVBORw==", "text/plain": "<Figure size 640x480>"}),
    )
    assert body(*noisy).strip() == ""


def test_the_best_form_of_an_output_is_chosen() -> None:
    """A drawing before HTML, HTML before Markdown, Markdown before plain text; results count as well as displays."""
    forms = {
        "text/plain": "plain",
        "text/markdown": "**mark**",
        "text/html": "<p>hyper</p>",
        "image/svg+xml": "<svg></svg>",
    }
    order = ["image/svg+xml", "text/html", "text/markdown", "text/plain"]
    expected = ["<svg></svg>", "<p>hyper</p>", "<strong>mark</strong>", '<pre class="plain">plain</pre>']
    for first, words in enumerate(expected):
        shown = body(bundle({form: forms[form] for form in order[first:]}, "execute_result"))
        assert words in shown
        assert not [other for other in ("hyper", "mark", "plain") if other in shown and other not in words]


def test_code_is_hidden_unless_asked_for() -> None:
    """The client sees results; the analyst's variant folds the code above each result and escapes it."""
    cell = shows(Finding("Most leave"), source="if a < b: show('<b>')")
    assert "show(" not in body(cell)
    with_code = body(cell, show_code=True)
    assert with_code.index("if a &lt; b") < with_code.index("Most leave")
    assert "<b>" not in with_code
    assert "import" in body(nbformat.v4.new_code_cell("import helpers"), show_code=True)
    assert body(nbformat.v4.new_code_cell("import helpers")).strip() == ""


def test_a_figure_keeps_its_drawing_its_case_and_its_caption(drawn: dict[str, Figure]) -> None:
    """SVG goes in unchanged, viewBox and all, inside a figure with how to read it."""
    figure = Figure(drawn["rates"].svg, "alt", "How to read <this>")
    shown = body(shows(figure))
    assert drawn["rates"].svg in shown
    assert 'viewBox="0 0 360' in shown
    assert "<figcaption>How to read &lt;this&gt;</figcaption>" in shown
    assert "figcaption" not in body(shows(Figure(drawn["rates"].svg, "alt")))


def test_headings_go_one_level_down() -> None:
    """The notebook's sections stand below the chapter's own heading."""
    shown = body(says("# Title"), says("## Section"), shows(Finding("Found")))
    assert "<h3>Section</h3>" in shown
    assert '<h3 class="finding" id="chapter-1-finding-1">Found</h3>' in shown
    assert (
        lower_headings("<h1>a</h1><header><h5 id='x'>b</h5></header>") == "<h2>a</h2><header><h6 id='x'>b</h6></header>"
    )


def test_outputs_stored_as_lists_of_lines_are_joined() -> None:
    """Notebooks saved by Jupyter split long outputs into lines; the report shows them whole."""
    assert "<p>one\ntwo</p>" in body(bundle({"text/html": ["<p>one\n", "two</p>"]}))


def test_markdown_runs_nothing() -> None:
    """HTML in markdown is shown as written, a javascript link leads nowhere, dollar signs are money."""
    shown = body(says("<img src=x onerror=alert(1)> [x](javascript:alert(1)) costs $5 and $6"))
    assert "<img" not in shown
    assert "javascript:" not in shown
    assert "$5 and $6" in shown


def test_tables_come_through_the_notebook_as_they_are() -> None:
    """A piece shown in a notebook is the same fragment in the report."""
    table = TableView((Column("Group", "left"), Column("n")), (("<b>Trà</b>", "1"),), "Groups")
    assert str(table.html()).strip() in body(shows(table))


def test_ids_are_renamed_with_what_refers_to_them() -> None:
    """When an id is taken, the second bearer gets a new one and its own references follow; other text stays."""
    taken = {"a"}
    fragment = '<g id="a"/><g id="ab"/><use href="#a"/><path clip-path="url(#a)"/><p>#a id=a</p><a href="#ab">a</a>'
    expected = (
        '<g id="a-2"/><g id="ab"/><use href="#a-2"/><path clip-path="url(#a-2)"/><p>#a id=a</p><a href="#ab">a</a>'
    )
    assert unique_ids(fragment, taken) == expected
    assert taken == {"a", "a-2", "ab"}
