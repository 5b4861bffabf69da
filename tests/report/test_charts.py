"""Charts: what they say and what they plot, never their pixels."""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.language import Language
from helpers.report import charts, style
from helpers.report.charts.cohorts import _SHADES, plot_cohorts
from helpers.report.charts.curves import _apart, plot_calibration, plot_return_curve, plot_weeks
from helpers.report.charts.flows import plot_growth
from helpers.report.charts.frame import nice_top, spread, ticks_to
from helpers.report.pieces import Figure

from .samples import MONTHS, SHARES, WORDS, curve, matrix, one_of_each, parsed

ENGLISH = Language("en")
VIETNAMESE = Language("vi")


def texts(figure: Figure) -> list[str]:
    """Every line of text in a drawing, in its order."""
    root = parsed(figure.svg)
    return ["".join(element.itertext()) for element in root.iter() if element.tag.endswith("}text")]


def axes() -> mpl.axes.Axes:
    """An empty plot."""
    return style.new_canvas(200).add_axes((0, 0, 1, 1))


def test_every_chart_shows_the_finding_the_measure_and_says_both_to_who_cannot_see(drawn: dict[str, Figure]) -> None:
    """Title and subtitle stand as text in the drawing and open its alt text."""
    assert set(drawn) == set(charts.__all__)
    for figure in drawn.values():
        words = " ".join(texts(figure))
        assert WORDS["title"] in words
        assert "120 customers" in words
        assert figure.alt.startswith(WORDS["title"])


def test_no_chart_has_type_smaller_than_eleven_pixels_on_a_phone(drawn: dict[str, Figure]) -> None:
    """At 360 pixels of screen every label is at least 11 pixels high."""
    for figure in drawn.values():
        root = parsed(figure.svg)
        width = float(root.get("viewBox").split()[2])
        sizes = [float(text.get("font-size").removesuffix("em")) for text in root.iter() if text.tag.endswith("}text")]
        assert min(sizes) * float(root.get("font-size")) * style.NARROWEST / width >= 11


def test_a_full_row_of_cohorts_takes_the_columns_it_has_room_for() -> None:
    """Where everybody came back “100” needs more room than “50”, so fewer months are drawn rather than one figure over the next."""
    months = pd.date_range("2025-06-01", periods=13, freq="MS")
    sizes = pd.Series(4, index=months)
    drawn = {
        share: texts(charts.cohorts(pd.DataFrame(share, index=months, columns=range(13)), sizes, **WORDS, language=VIETNAMESE))
        for share in (0.5, 1.0)
    }  # fmt: skip
    assert drawn[0.5].count("50") > drawn[1.0].count("100")
    shown = drawn[1.0].count("100") // 13
    assert drawn[1.0].count("100") == 13 * shown
    assert shown >= 6
    left = max(style.text_width(VIETNAMESE.month(month)) for month in months) + style.text_width("số khách") + 10
    assert shown * (style.text_width("100") + 1) < style.WIDTH - left


def test_months_under_a_chart_stand_apart_when_the_outer_ones_move_inside() -> None:
    """Of two names that would touch the newer is kept, and the newest always."""
    names = ["thg 12/2024", "thg 6/2025", "thg 12/2025", "thg 6/2026"]
    size = style.text_width(names[0])
    kept = _apart([(i, name, i * (size + 10)) for i, name in enumerate(names)], 3 * (size + 10))
    assert [name for _, name in kept] == ["thg 6/2025", "thg 6/2026"]
    apart = _apart([(i, name, 2 * i * (size + 10)) for i, name in enumerate(names)], 6 * (size + 10))
    assert [name for _, name in apart] == names


def test_no_words_stick_out_of_a_chart(drawn: dict[str, Figure]) -> None:
    """Every line of text ends inside the drawing, in both languages."""
    for figure in (*drawn.values(), *one_of_each(VIETNAMESE).values()):
        root = parsed(figure.svg)
        for text in (element for element in root.iter() if element.tag.endswith("}text")):
            size = float(text.get("font-size").removesuffix("em")) * 10
            width = style.text_width("".join(text.itertext()), size, int(text.get("font-weight", "400")))
            start = float(text.get("x")) - {"middle": width / 2, "end": width}.get(text.get("text-anchor", ""), 0.0)
            assert start >= -1
            assert start + width <= style.WIDTH + 1


def test_charts_stay_small(drawn: dict[str, Figure]) -> None:
    """No chart weighs more than 60 kB, so that a report with thirty stays light on a phone."""
    full = pd.DataFrame(0.3, index=pd.date_range("2025-01-01", periods=30, freq="MS").date, columns=range(30))
    largest = charts.cohorts(full, pd.Series(1234, index=full.index), **WORDS, language=ENGLISH)
    assert max(len(figure.svg.encode()) for figure in (*drawn.values(), largest)) < 60_000


def test_the_same_numbers_give_the_same_bytes(drawn: dict[str, Figure]) -> None:
    """A second run on the same data changes nothing in the report."""
    assert {name: figure.svg for name, figure in one_of_each(ENGLISH).items()} == {
        name: figure.svg for name, figure in drawn.items()
    }


def test_labels_follow_the_language() -> None:
    """Months, percentages and the charts' own words are Vietnamese in a Vietnamese report."""
    drawn = one_of_each(VIETNAMESE)
    assert "thg 1/2026" in texts(drawn["cohorts"])
    assert "chưa tới lúc đo" in texts(drawn["cohorts"])
    assert "ngừng mua" in texts(drawn["growth"])
    assert "2,5/4" in texts(drawn["scorecard"])
    assert "chưa đo được" in texts(drawn["bars"])
    english = {"not observed yet", "stopped", "not measured yet", "not asked yet", "balance", "people", "returned"}
    assert not english & {text for figure in drawn.values() for text in texts(figure)}


def test_the_return_curve_starts_at_zero_and_keeps_its_steps() -> None:
    """The plotted line is the table given, from nobody on day 0, drawn as steps, inside its band."""
    plot = axes()
    plot_return_curve(plot, curve(), top=0.4)
    line = plot.lines[0]
    assert line.get_drawstyle() == "steps-post"
    np.testing.assert_allclose(line.get_xydata(), [[0, 0], [7, 0.1], [30, 0.2], [90, 0.3], [200, 0.35]])
    band = plot.collections[0].get_paths()[0].vertices[:, 1]
    assert (band.min(), band.max()) == (0, pytest.approx(0.4))


def test_the_hundred_day_mark_reads_the_curve_there() -> None:
    """The label at day 100 is the curve's last step before it, with its interval."""
    words = texts(charts.return_curve(curve(), **WORDS, language=ENGLISH))
    assert "After 100 days: 30%" in words
    assert "likely 26% to 35%" in words


def test_a_curve_that_ends_before_the_mark_is_not_marked() -> None:
    """Nothing is said about a day nobody has been followed to."""
    words = texts(charts.return_curve(curve(), **WORDS, language=ENGLISH, mark_days=365))
    assert not [word for word in words if "365" in word]


def test_unobserved_cohort_cells_are_hatched_and_never_numbers() -> None:
    """Cells the data do not cover carry hatching; every observed cell carries its own figure."""
    plot = axes()
    shares, _ = matrix()
    plot_cohorts(plot, shares.iloc[:, 1:])
    hatched = [patch for patch in plot.patches if patch.get_hatch()]
    assert sum(patch.get_width() for patch in hatched) == shares.iloc[:, 1:].isna().to_numpy().sum()
    assert sorted(text.get_text() for text in plot.texts) == sorted(
        f"{100 * value:.0f}" for value in shares.iloc[:, 1:].to_numpy().ravel() if not np.isnan(value)
    )


def test_a_cohort_nobody_came_back_from_shows_zeros_not_hatching() -> None:
    """Observed zeros read as 0."""
    plot = axes()
    plot_cohorts(plot, pd.DataFrame([[0.0, 0.0]], index=[MONTHS[0]], columns=[1, 2]))
    assert [text.get_text() for text in plot.texts] == ["0", "0"]


def test_the_heat_map_shows_the_newest_year_with_the_newest_month_last() -> None:
    """Of thirty cohorts the last thirteen are drawn, newest at the bottom, with the size of each."""
    months = pd.date_range("2024-01-01", periods=30, freq="MS").date
    sizes = pd.Series(range(100, 130), index=months)
    words = texts(charts.cohorts(pd.DataFrame(0.2, index=months, columns=range(30)), sizes, **WORDS, language=ENGLISH))
    named = [word for word in words if re.fullmatch(r"[A-Z][a-z]+ \d{4}", word)]
    assert (len(named), named[0], named[-1]) == (13, "Jun 2025", "Jun 2026")
    assert "129" in words
    assert "12" in words
    assert "13" not in words


def test_figures_in_cells_can_be_read_on_every_shade() -> None:
    """The figure in a cell has a contrast of at least 4.5 to 1 on every shade of the map."""
    shades = [_SHADES(shade) for shade in np.linspace(0, 1, 101)]
    assert min(style.contrast(shade, style.readable_on(shade)) for shade in shades) >= 4.5


def test_growth_puts_gains_above_zero_and_losses_below() -> None:
    """New and returned customers stack upwards, lost ones hang down, and the dot is their balance."""
    frame = pd.DataFrame({"month": MONTHS[:2], "new": [5, 3], "resurrected": [2, 1], "churned": [4, 6]})
    plot = axes()
    plot_growth(plot, frame, top=10, bottom=10)
    ends = [(bar.get_y(), bar.get_y() + bar.get_height()) for bar in plot.patches]
    assert ends == [(0, 5), (0, 3), (5, 7), (3, 4), (0, -4), (0, -6)]
    np.testing.assert_allclose(plot.lines[-1].get_ydata(), [3, -2])
    assert [bar.get_hatch() for bar in plot.patches] == [None, None, "////", "////", None, None]


def test_growth_names_what_was_lost_without_a_minus() -> None:
    """The axis below zero counts people, and nobody reads "-100 customers"."""
    frame = pd.DataFrame({"month": MONTHS[:2], "new": [90, 80], "resurrected": [20, 10], "churned": [100, 60]})
    assert not [text for text in texts(charts.growth(frame, **WORDS, language=ENGLISH)) if text.startswith(("-", "−"))]


def test_rows_say_value_and_n_beside_the_name() -> None:
    """Each row reads: name, share, number of customers; the interval stands in the alt text too."""
    figure = charts.rates(SHARES, **WORDS, language=ENGLISH)
    assert "Branch 1 n = 300" in texts(figure)
    assert "40%" in texts(figure)
    assert "Branch 1: 40% (35% – 45%)" in figure.alt


def test_small_shares_are_told_apart_by_a_tenth() -> None:
    """0.7 and 0.8 of a hundred are not both written as one; larger shares stay whole."""
    small = [("Counter", 0.008, 0.006, 0.01, 13_039), ("Take-away", 0.007, 0.005, 0.009, 6_551)]
    figure = charts.rates(small, **WORDS, language=ENGLISH, reference=("all", 0.011))
    assert {"0.8%", "0.7%", "all 1.1%"} <= set(texts(figure))
    assert "Take-away: 0.7% (0.5% – 0.9%)" in figure.alt


def test_a_bar_without_a_value_is_hatched_and_says_so() -> None:
    """What was not measured is not drawn as zero."""
    rows = [("Late deliveries", 9.0, 4.0, 17.0, ""), ("Complaints", None, None, None, "")]
    figure = charts.bars(rows, **WORDS, wording=str, language=ENGLISH)
    assert "not measured yet" in texts(figure)
    assert "<pattern" in figure.svg
    assert "<pattern" not in charts.bars(rows[:1], **WORDS, wording=str, language=ENGLISH).svg


def test_bars_refuse_amounts_below_zero() -> None:
    """A bar that starts at zero cannot show a loss as a length."""
    with pytest.raises(ValueError, match="zero"):
        charts.bars([("x", -1.0, None, None, "")], **WORDS, wording=str, language=ENGLISH)


def test_long_names_wrap_and_keep_clear_of_their_value() -> None:
    """A long Vietnamese name runs over several lines, none of which reaches the value at the right."""
    name = "Giao hàng qua ứng dụng, đơn đầu tiên giao trễ hơn giờ hẹn quá ba mươi phút"
    figure = charts.rates([(name, 0.14, 0.1, 0.2, 211)], **WORDS, language=VIETNAMESE)
    lines = [text for text in texts(figure) if text and text in name]
    assert " ".join(lines) == name
    limit = style.WIDTH - style.text_width("14%", weight=600) - 8
    assert max(style.text_width(line) for line in lines) <= limit


def test_the_group_left_out_is_told_apart_without_colour() -> None:
    """The treated arm is a filled dot, the holdout a hollow one."""
    root = parsed(charts.arms(SHARES, **WORDS, language=ENGLISH).svg)
    round_ones = [element for element in root.iter() if "C" in element.get("d", "") or element.tag.endswith("}use")]
    fills = [element.get("fill") for element in round_ones if element.get("fill")]
    assert fills == [style.NOW, style.PAPER]


def test_weeks_show_the_values_and_only_the_events_inside() -> None:
    """The line is the table; an event outside the weeks shown is not drawn, a missing week leaves a gap."""
    frame = pd.DataFrame({"week": pd.date_range("2026-01-05", periods=3, freq="7D").date, "value": [4.0, np.nan, 6.0]})
    plot = axes()
    plot_weeks(plot, frame, top=10)
    np.testing.assert_array_equal(plot.lines[0].get_ydata(), [4, np.nan, 6])
    events = [(date(2026, 1, 14), "Tết"), (date(2020, 1, 1), "long ago")]
    words = texts(charts.weeks(frame, events, **WORDS, language=ENGLISH))
    assert "Tết" in words
    assert "long ago" not in words


def test_events_close_together_are_named_on_lines_of_their_own() -> None:
    """Two events a week apart do not write over each other."""
    frame = pd.DataFrame({"week": pd.date_range("2025-01-06", periods=60, freq="7D").date, "value": range(60)})
    figure = charts.weeks(
        frame, [(date(2025, 6, 2), "Price rise"), (date(2025, 6, 9), "New menu")], **WORDS, language=ENGLISH
    )
    heights = re.findall(r'y="([\d.]+)"[^>]*>(?:Price rise|New menu)<', figure.svg)
    assert len(set(heights)) == 2


def test_calibration_draws_each_group_where_forecast_and_outcome_meet() -> None:
    """A dot's place is (forecast, outcome) and its area grows with the number of customers."""
    frame = pd.DataFrame({"predicted": [0.1, 0.5], "actual": [0.2, 0.4], "n": [100, 20]})
    plot = axes()
    plot_calibration(plot, frame, top=1)
    dots = plot.collections[-1]
    np.testing.assert_allclose(dots.get_offsets(), [[0.1, 0.2], [0.5, 0.4]])
    assert dots.get_sizes()[0] > dots.get_sizes()[1]


def test_an_empty_table_is_refused_rather_than_drawn() -> None:
    """Nothing is ever drawn from nothing: the caller says "not measured yet" instead."""
    words = {**WORDS, "language": ENGLISH}
    shares, sizes = matrix()
    empty = (
        lambda: charts.return_curve(curve().iloc[:0], **words),
        lambda: charts.cohorts(shares.iloc[:, :1], sizes, **words),
        lambda: charts.rates([], **words),
        lambda: charts.growth(pd.DataFrame(columns=["month", "new", "resurrected", "churned"]), **words),
        lambda: charts.weeks(pd.DataFrame(columns=["week", "value"]), **words),
    )
    for draw in empty:
        with pytest.raises(ValueError, match=r"empty|no rows"):
            draw()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", ["<b>Trà & bánh</b>", "咖啡 ☕", "$x^2$ and $y$", "", "a" * 120])
def test_any_product_name_can_stand_in_a_chart(name: str) -> None:
    """Markup, other scripts, dollar signs, nothing at all: the name is drawn as it is, without a warning."""
    figure = charts.bars([(name, 1.0, None, None, "")], **WORDS, wording=str, language=ENGLISH)
    assert name in "".join(texts(figure))
    assert "<b>" not in figure.svg


def test_drawing_leaves_matplotlib_as_it_was(drawn: dict[str, Figure]) -> None:
    """An analyst's own settings survive a chart, also one that fails."""
    with mpl.rc_context({"font.size": 33.0, "svg.fonttype": "path"}):
        one_of_each(ENGLISH)
        with pytest.raises(ValueError, match="no rows"):
            charts.rates([], **WORDS, language=ENGLISH)
        assert (mpl.rcParams["font.size"], mpl.rcParams["svg.fonttype"]) == (33.0, "path")


def test_an_analysts_own_style_does_not_change_the_report(drawn: dict[str, Figure]) -> None:
    """A private matplotlibrc with another font or colour leaves the client's chart untouched."""
    with mpl.rc_context({"lines.linewidth": 9.0, "axes.facecolor": "red", "font.family": "monospace"}):
        assert charts.rates(SHARES, reference=("All", 0.33), **WORDS, language=ENGLISH).svg == drawn["rates"].svg


@given(st.floats(1e-6, 1e12))
def test_an_axis_covers_its_values_in_a_few_round_steps(value: float) -> None:
    """The end of an axis is at or above the largest value, not far above it, with two to seven labels."""
    top = nice_top(value)
    assert value <= top * (1 + 1e-9)
    assert top <= 3 * value
    assert 2 <= len(ticks_to(top)) <= 7


@given(st.lists(st.floats(0, 100), min_size=1, max_size=6))
def test_labels_moved_apart_keep_order_and_distance(positions: list[float]) -> None:
    """Names beside a chart never write over each other, stay in their order and inside the plot."""
    placed = spread(positions, 10, 0, 100)
    ordered = [placed[i] for i in np.argsort(positions, kind="stable")]
    assert all(after - before >= 10 - 1e-6 for before, after in pairwise(ordered))
    assert min(placed) >= -1e-6
    assert max(placed) <= 100 + 1e-6
