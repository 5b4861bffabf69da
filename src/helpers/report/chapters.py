"""Executed notebooks become chapters: what a client should read, through nbconvert and our template."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from itertools import count
from typing import Any

from jinja2 import Environment
from nbconvert.exporters.html import HTMLExporter
from nbconvert.exporters.templateexporter import TemplateExporter
from nbconvert.filters.datatypefilter import DataTypeFilter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from traitlets.config import Config

from helpers.language import Language
from helpers.resources import package_file

LEFT_OUT = frozenset({"parameters", "injected-parameters", "no-report"})
"""Cells with one of these tags never reach the client."""
HEADLINE = "headline"
"""A cell with this tag offers its first finding as the chapter's headline."""
HEADLINES = 2
"""Headlines a chapter opens with at most."""
SHOWN = ("image/svg+xml", "text/html", "text/markdown", "text/plain")
"""Of an output's forms the first of these is shown; one that has none of them, or is a live widget, is left out."""
_LIVE = "application/vnd.jupyter.widget-view+json"
_HEADING = re.compile(r"<(/?)h([1-5])\b")
_TITLE = re.compile(r"\A\s*#[ \t]+(.+?)[ \t]*#*[ \t]*(?:\n|\Z)")
_SECTION = re.compile(r"\A\s*##[ \t]")
_FINDING = re.compile(r'<h([1-6]) class="finding( background)?"(?: id="([^"]+)")?>(.*?)</h\1>', re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_ID = re.compile(r'\bid="([^"]+)"')
_REFERENCE = r'(\b(?:id|for|aria-labelledby|aria-describedby)="|href="#|url\(#){name}(?=["\)])'


@dataclass(frozen=True)
class Chapter:
    """One notebook, ready for the page.

    Attributes:
        anchor: its place. title: the question it asks. body: its HTML. headlines: what it found above all, in one or two
            sentences; none when it found nothing. findings: (anchor, headline) of each finding in it, in order.
    """

    anchor: str
    title: str
    body: str
    headlines: tuple[str, ...] = ()
    findings: tuple[tuple[str, str], ...] = ()


class _Exporter(HTMLExporter):
    """nbconvert's HTML exporter on our template: everything escaped, no second parse of the finished HTML.

    The stock exporter reads its output back through an HTML parser to add alt texts; our figures carry theirs, and the
    parser writes SVG's ``viewBox`` in lower case and costs more time than all the rest.
    """

    def _create_environment(self) -> Environment:
        environment: Environment = super()._create_environment()  # type: ignore[no-untyped-call]
        environment.autoescape = True
        environment.filters["markdown"] = markdown
        return environment

    def from_notebook_node(  # type: ignore[override]
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """The notebook as a fragment of HTML."""
        self.register_filter("filter_data_type", DataTypeFilter(parent=self))  # type: ignore[no-untyped-call]
        return TemplateExporter.from_notebook_node(self, nb, resources, **kw)


def markdown(source: str) -> str:
    """Markdown as HTML; HTML inside it is shown as written, links may not run anything."""
    renderer = IPythonRenderer(escape=True, allow_harmful_protocols=False, exclude_anchor_links=True)
    return str(MarkdownWithMath(renderer=renderer).render(source))


def exporter(*, show_code: bool, language: Language) -> HTMLExporter:
    """The exporter behind :func:`chapters`."""
    settings = {
        "NbConvertBase": {"display_data_priority": list(SHOWN)},
        "HighlightMagicsPreprocessor": {"enabled": False},
    }
    made = _Exporter(  # type: ignore[no-untyped-call]
        config=Config(settings),
        template_name="base",
        extra_template_basedirs=[],
        extra_template_paths=[str(package_file("report", "templates"))],
        template_file="chapter.html.j2",
        exclude_input=not show_code,
    )
    made.environment.globals["t"] = language.text
    return made


def chapters(
    notebooks: Sequence[NotebookNode], *, language: Language, show_code: bool = False, taken: set[str] | None = None
) -> tuple[Chapter, ...]:
    """The notebooks as chapters, in their order; headings one level down, ids unique across all of them
    and apart from those in `taken`, which grows by them.

    The title is the first-level heading of the first markdown cell that has one in the report's language (else the
    notebook's ``metadata.title``, else its number).
    """
    export = exporter(show_code=show_code, language=language)
    used = set() if taken is None else taken
    made = []
    for number, notebook in enumerate(notebooks, start=1):
        title, cells = _lift_title(_cells(notebook, language=language, show_code=show_code))
        read = copy.copy(notebook)
        read.cells = cells
        body, _ = export.from_notebook_node(read)
        title = title or str(notebook.metadata.get("title", "")) or language.text("Chapter {number}", number=number)
        anchor = f"chapter-{number}"
        used.add(anchor)
        body = unique_ids(_with_anchors(lower_headings(body), anchor), used)
        findings = tuple((match[3], _text(match[4])) for match in _FINDING.finditer(body))
        made.append(
            Chapter(anchor, title, body, _headlines(cells) or tuple(text for _, text in findings[:1]), findings)
        )
    return tuple(made)


def _headlines(cells: Sequence[NotebookNode]) -> tuple[str, ...]:
    """The first finding of every cell that offers one, up to :data:`HEADLINES`."""
    offered = (
        "".join(str(output.data.get("text/html", "")) for output in cell.get("outputs", ()))
        for cell in cells
        if HEADLINE in cell.metadata.get("tags", ())
    )
    leading = (next((match for match in _FINDING.finditer(html) if not match[2]), None) for html in offered)
    return tuple(_text(match[4]) for match in leading if match)[:HEADLINES]


def _text(heading: str) -> str:
    """What a heading says."""
    return " ".join(unescape(_TAG.sub("", heading)).split())


def _with_anchors(html: str, chapter: str) -> str:
    """Every finding with a place to link to."""
    numbers = count(1)

    def named(match: re.Match[str]) -> str:
        number = next(numbers)
        anchor = match[3] or f"{chapter}-finding-{number}"
        return f'<h{match[1]} class="finding{match[2] or ""}" id="{anchor}">{match[4]}</h{match[1]}>'

    return _FINDING.sub(named, html)


def _cells(notebook: NotebookNode, *, language: Language, show_code: bool) -> list[NotebookNode]:
    """Copies of the cells a client reads, each output in the one form that is shown.

    A section whose code has nothing to say is left out with its heading; one of words alone stays.
    """
    kept: list[NotebookNode] = []
    section: list[NotebookNode] = []
    silent = False
    for cell in notebook.cells:
        if LEFT_OUT & set(cell.metadata.get("tags", ())) or cell.metadata.get("lang", language.code) != language.code:
            continue
        if cell.cell_type == "markdown":
            if _SECTION.match(cell.source):
                kept, section, silent = kept if silent else [*kept, *section], [], False
            section.append(cell)
        elif cell.cell_type == "code":
            read = copy.copy(cell)
            read.outputs = [shown for output in cell.get("outputs", ()) if (shown := _shown(output)) is not None]
            if read.outputs or (show_code and cell.source.strip()):
                section.append(read)
            silent = bool(_SECTION.match(section[0].source if section else "")) and all(
                one.cell_type == "markdown" for one in section
            )
    return kept if silent else [*kept, *section]


def _shown(output: NotebookNode) -> NotebookNode | None:
    """The output as one displayed form; None for streams, errors, live widgets and what has no form we show."""
    if output.output_type not in ("display_data", "execute_result") or _LIVE in output.data:
        return None
    form = next((form for form in SHOWN if form in output.data), None)
    only_repr = (
        form == "text/plain" and len(output.data) > 1
    )  # "<Figure size 640x480>" stands for a picture we do not show
    if form is None or only_repr:
        return None
    content = output.data[form]
    text = content if isinstance(content, str) else "".join(content)
    metadata = output.get("metadata", {}).get(form, {})
    shown = copy.copy(output)
    shown.output_type, shown.data, shown.metadata = "display_data", {form: text}, metadata
    return shown


def _lift_title(cells: list[NotebookNode]) -> tuple[str, list[NotebookNode]]:
    """The first first-level heading, taken out of its cell."""
    for position, cell in enumerate(cells):
        match = _TITLE.match(cell.source) if cell.cell_type == "markdown" else None
        if match:
            rest = copy.copy(cell)
            rest.source = cell.source[match.end() :]
            after = [rest] if rest.source.strip() else []
            return match[1], [*cells[:position], *after, *cells[position + 1 :]]
    return "", cells


def lower_headings(html: str) -> str:
    """Every heading one level down: the page has its own first level."""
    return _HEADING.sub(lambda match: f"<{match[1]}h{int(match[2]) + 1}", html)


def unique_ids(html: str, taken: set[str]) -> str:
    """The fragment with ids nobody has taken yet, references to them following; `taken` grows by the ids used."""
    for name in dict.fromkeys(_ID.findall(html)):
        fresh = name
        number = 2
        while fresh in taken:
            fresh, number = f"{name}-{number}", number + 1
        taken.add(fresh)
        if fresh != name:
            html = re.sub(_REFERENCE.format(name=re.escape(name)), rf"\g<1>{fresh}", html)
    return html
