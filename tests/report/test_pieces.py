"""The pieces a notebook cell ends with."""

import html

import pytest

from helpers.language import Language
from helpers.report.pieces import (
    Action,
    Actions,
    Column,
    Compare,
    Details,
    Figure,
    Finding,
    Guess,
    Missing,
    Piece,
    TableView,
)


def test_every_piece_shows_itself_as_markup_and_as_readable_text(every_piece: list[Piece]) -> None:
    """In Jupyter a piece appears formatted; in a terminal or a diff it is still readable."""
    for piece in every_piece:
        data, metadata = piece._repr_mimebundle_(include=None, exclude=None)
        assert {"text/html", "image/svg+xml"} & data.keys()
        assert "Mây" in data["text/plain"]
        assert metadata.keys() <= data.keys()


def test_a_hostile_name_stays_a_name(every_piece: list[Piece]) -> None:
    """A customer or product called <script> is printed, never run, wherever the text stands."""
    for piece in every_piece:
        shown = str(piece.html())
        assert "<script" not in shown
        assert "“Sons”" in html.unescape(shown)


def test_a_finding_is_a_heading_of_its_level_with_its_paragraphs() -> None:
    """The headline is a real heading that can be linked to; blank lines part the paragraphs under it."""
    shown = str(Finding("7 of 10 never return", "First.\n\nSecond.", level=3, anchor="return").html())
    assert '<h3 class="finding" id="return">7 of 10 never return</h3>' in shown
    assert shown.count("<p") == 2
    with pytest.raises(ValueError, match="level"):
        Finding("x", level=1)


def test_a_figure_carries_its_words_as_metadata() -> None:
    """Who exports the notebook finds the alt text and the caption beside the drawing."""
    data, metadata = Figure("<svg/>", "Most leave", "How to read it")._repr_mimebundle_()
    assert data == {"image/svg+xml": "<svg/>", "text/plain": "[Most leave] How to read it"}
    assert metadata == {"image/svg+xml": {"alt": "Most leave", "caption": "How to read it"}}


def test_a_table_shows_seven_rows_and_says_what_is_missing() -> None:
    """Long tables stop at seven rows; the reader learns how many more there are, in the report's language."""
    rows = tuple((f"group {number}", str(number)) for number in range(9))
    columns = (Column("Group", "left"), Column("Customers"))
    assert str(TableView(columns, rows, "Groups").html()).count("<tr>") == 1 + 7
    assert "2 more rows are not shown here." in TableView(columns, rows, "Groups").plain()
    assert "Còn 2 dòng nữa" in str(TableView(columns, rows, "Nhóm", language=Language("vi")).html())
    assert TableView(columns, rows, "Groups", "The rest is in lists/all.csv.").rest == "The rest is in lists/all.csv."
    assert TableView(columns, rows[:7], "Groups").rest == ""


def test_a_table_names_its_rows_and_sets_figures_to_the_right() -> None:
    """A screen reader hears the group with each figure; figures line up by their last digit."""
    shown = str(TableView((Column("Group", "left"), Column("Customers")), (("regulars", "412"),), "Groups").html())
    assert '<th scope="row" class="left">regulars</th>' in shown
    assert '<td class="right">412</td>' in shown
    assert "<caption>Groups</caption>" in shown


def test_a_ragged_table_is_refused() -> None:
    """A row with a cell too few is a mistake of the caller and is named, not drawn crooked."""
    with pytest.raises(ValueError, match="row 2 has 1 cells"):
        TableView((Column("a"), Column("b")), (("1", "2"), ("3",)), "c")


def test_missing_says_how_to_start_in_the_readers_language() -> None:
    """Instead of an empty chart the owner reads what is not known and the least effort that changes it."""
    assert Missing("On-time rate", "writing down the hour.").plain() == (
        "On-time rate: Not measured yet. Start by writing down the hour."
    )
    vietnamese = str(Missing("Tỷ lệ giao đúng giờ", "ghi lại giờ giao.", Language("vi")).html())
    assert "Chưa đo được" in vietnamese
    assert "Bắt đầu bằng cách ghi lại giờ giao." in vietnamese


def test_details_open_on_demand() -> None:
    """Definition and n are there for who wants them and out of the way for who does not."""
    shown = str(Details("Definition and n", (("n", "120"),), "Method.").html())
    assert shown.startswith("<details>")
    assert "<dt>n</dt><dd>120</dd>" in shown


def test_an_action_without_a_first_step_has_no_empty_label() -> None:
    """Optional parts leave no dangling words behind."""
    assert "First step" not in str(Actions((Action("Call", "Lan", "Monday"),)).html())
    assert Actions((Action("Call", "Lan", "Monday"),)).plain() == "1. Call · Lan · Monday"


def test_a_question_nobody_asked_says_so() -> None:
    """Without a guess the fact still stands there, and the guess reads as not asked."""
    compare = Compare((Guess("How many return?", "", "3 of 10"),), Language("vi"))
    assert "chưa hỏi" in str(compare.html())
    assert "3 of 10" in compare.plain()
