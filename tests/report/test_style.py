"""Palette, type and the clean-up of a drawing."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import font_manager

from helpers.report import style
from helpers.report.svg import clean
from helpers.resources import package_file

from .samples import parsed


def test_text_colours_are_readable_on_paper() -> None:
    """Every colour used for words has a contrast of at least 4.5 to 1; marks have at least 3 to 1."""
    assert style.contrast("#ffffff", "#000000") == pytest.approx(21)
    assert (
        min(style.contrast(colour, style.PAPER) for colour in (style.INK, style.MUTED, style.NOW, style.ATTENTION))
        >= 4.5
    )
    assert style.contrast(style.CONTEXT, style.PAPER) >= 3


def test_the_typeface_measures_every_vietnamese_letter() -> None:
    """No letter of the language, and no currency sign we print, falls out of the font that sets the widths."""
    style.text_width("x")
    letters = "aăâeêioôơuưyđ" + "àáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ"
    wanted = letters + letters.upper() + "₫€£$–…“”·×−0123456789%"
    for weight in (400, 600):
        file = font_manager.findfont(font_manager.FontProperties(family=style.FAMILY, weight=weight))
        assert file.endswith(f"BeVietnamPro-{weight}.ttf")
        assert not [letter for letter in wanted if ord(letter) not in font_manager.get_font(file).get_charmap()]


def test_the_fonts_are_small_and_come_with_their_licence() -> None:
    """The family, its licence and how it was made travel in the package, in less than 350 kB."""
    folder = package_file("report", "fonts")
    assert sum(file.stat().st_size for file in folder.iterdir()) < 350_000
    assert "SIL OPEN FONT LICENSE" in (folder / "OFL.txt").read_text(encoding="utf-8")


@given(st.text("abc đượ ", max_size=200), st.floats(40, 400))
def test_wrapping_loses_no_word_and_keeps_to_the_width(text: str, width: float) -> None:
    """Lines joined again are the text; only a single word may be wider than the column."""
    lines = style.wrap(text, width)
    assert " ".join(lines).split() == text.split()
    assert all(style.text_width(line) <= width or " " not in line for line in lines)


def test_wrapped_titles_have_no_lonely_last_word() -> None:
    """Two lines of a title are about as long as each other."""
    first, second = style.wrap("Mỗi tháng khoảng 69 triệu đồng đang rò rỉ ở ba chỗ", 340, style.TITLE, 600)
    assert style.text_width(second) > 0.6 * style.text_width(first)


def _canvas(text: str = "Cà phê & <trà>") -> str:
    with style.drawing():
        canvas = style.new_canvas(100)
        plot = canvas.add_axes((0.1, 0.1, 0.8, 0.8))
        plot.plot([0, 1, 2], [0, 1, 0])
        plot.bar([1], [0.5], hatch="//")
        plot.set_title(text)
        return style.to_figure(canvas, "It says “a < b”", "caption", name="demo").svg


def test_a_drawing_is_one_element_that_scales_and_has_a_name() -> None:
    """No prolog, no metadata, no size of its own; a screen reader says its finding."""
    svg = _canvas()
    root = parsed(svg)
    assert svg.startswith("<svg ")
    assert (root.get("role"), root[0].text) == ("img", "It says “a < b”")
    assert root.get("viewBox") == "0 0 360 100"
    assert not {"width", "height"} & set(root.keys())
    assert not re.search("metadata|<style|xlink|DOCTYPE|<!--", svg)


def test_ids_are_few_and_belong_to_the_chart() -> None:
    """Only what something refers to keeps an id, and it begins with the chart's name."""
    root = parsed(_canvas())
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert ids
    assert len(ids) == len(set(ids))
    assert all(identity.startswith("demo-") for identity in ids)
    referred = set(re.findall(r"url\(#([^)]+)\)", _canvas())) | set(re.findall(r'href="#([^"]+)"', _canvas()))
    assert referred == set(ids)


def test_text_in_a_drawing_is_text() -> None:
    """Words can be selected and searched, signs like & and < included, in a size relative to the drawing's."""
    text = next(e for e in parsed(_canvas()).iter() if e.text == "Cà phê & <trà>")
    assert text.tag.endswith("}text")
    assert text.get("font-size").endswith("em")


def test_two_drawings_that_differ_share_no_id() -> None:
    """Charts of the same kind can stand in one page."""
    ids = [set(re.findall(r'\bid="([^"]+)"', _canvas(text))) for text in ("one", "two")]
    assert not ids[0] & ids[1]


def test_an_aside_follows_its_label_in_one_line_of_text() -> None:
    """Label and grey note are one text, so that they stay together when the page makes the type smaller."""
    raw = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><g id="split-5"><text>Label n = 3</text></g></svg>'
    shown = clean(raw, title="t", prefix="p", ink="#000000", aside="#555555")
    assert re.search(r'>Label <tspan dx="0.35em" fill="#555555">n = 3</tspan></text>', shown)
