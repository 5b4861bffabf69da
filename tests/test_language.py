"""Words, numbers, dates and money in the reader's language."""

from __future__ import annotations

import math
from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.errors import InputError
from helpers.language import Language, available, language

VI, EN = language("vi"), language("en")


class TestNumber:
    """Figures as people write them."""

    @pytest.mark.parametrize(
        ("value", "digits", "vi", "en"),
        [
            (0, 0, "0", "0"), (1234567, 0, "1.234.567", "1,234,567"), (1234.5, 1, "1.234,5", "1,234.5"), (-1234.56, 2, "-1.234,56", "-1,234.56"),
            (-0.4, 0, "0", "0"), (-0.04, 1, "0,0", "0.0"), (0.999, 2, "1,00", "1.00"), (7, 1, "7,0", "7.0"),
        ],
    )  # fmt: skip
    def test_separators_and_digits(self, value: float, digits: int, vi: str, en: str) -> None:
        """A point and a comma change places; a number that rounds to nought has no minus."""
        assert (VI.number(value, digits), EN.number(value, digits)) == (vi, en)


class TestPercent:
    """Shares."""

    @pytest.mark.parametrize(
        ("share", "digits", "vi", "en"),
        [
            (0, 0, "0%", "0%"), (1, 0, "100%", "100%"), (0.374, 0, "37%", "37%"), (0.3745, 1, "37,4%", "37.4%"), (0.0001, 0, "<1%", "<1%"),
            (0.9999, 0, ">99%", ">99%"), (0.0001, 1, "<0,1%", "<0.1%"), (0.9996, 1, ">99,9%", ">99.9%"), (0.9995, 1, ">99,9%", ">99.9%"),
            (0.004, 0, "<1%", "<1%"), (0.006, 0, "1%", "1%"), (-0.25, 0, "-25%", "-25%"), (-0.001, 0, "0%", "0%"), (1.5, 0, "150%", "150%"),
            (12.34, 0, "1.234%", "1,234%"),
        ],
    )  # fmt: skip
    def test_edges(self, share: float, digits: int, vi: str, en: str) -> None:
        """Nothing and everything are bare; what is nearly nothing or nearly everything says so."""
        assert (VI.percent(share, digits), EN.percent(share, digits)) == (vi, en)

    @given(st.floats(0, 1, exclude_min=True, exclude_max=True), st.integers(0, 2))
    def test_some_is_neither_none_nor_all(self, share: float, digits: int) -> None:
        """No share strictly between 0 and 1 is ever written as a bare 0 % or 100 %."""
        assert EN.percent(share, digits) not in {EN.percent(0, digits), EN.percent(1, digits)}


class TestMoney:
    """Whole amounts with their sign."""

    @pytest.mark.parametrize(
        ("amount", "currency", "vi", "en"),
        [
            (1234567, "VND", "1.234.567 ₫", "₫1,234,567"), (0, "VND", "0 ₫", "₫0"), (-5000, "VND", "-5.000 ₫", "-₫5,000"), (-0.3, "VND", "0 ₫", "₫0"),
            (12.5, "GBP", "12,50 £", "£12.50"), (-12.5, "GBP", "-12,50 £", "-£12.50"), (1234.5, "GBP", "1.234 £", "£1,234"),
        ],
    )  # fmt: skip
    def test_whole(self, amount: float, currency: str, vi: str, en: str) -> None:
        """Đồng have no minor unit, pounds have one up to a thousand; the minus stands before everything."""
        assert (VI.money(amount, currency), EN.money(amount, currency)) == (vi, en)

    @pytest.mark.parametrize(
        ("amount", "vi", "en"),
        [
            (9_999, "9.999 ₫", "₫9,999"), (10_000, "10k ₫", "₫10k"), (250_000, "250k ₫", "₫250k"), (999_499, "999k ₫", "₫999k"),
            (999_999, "1 tr ₫", "₫1m"), (12_500_000, "12,5 tr ₫", "₫12.5m"), (99_970_000, "100 tr ₫", "₫100m"),
            (999_900_000, "1 tỷ ₫", "₫1bn"), (1_250_000_000, "1,2 tỷ ₫", "₫1.2bn"), (-3_400_000, "-3,4 tr ₫", "-₫3.4m"), (0, "0 ₫", "₫0"),
        ],
    )  # fmt: skip
    def test_said_aloud(self, amount: float, vi: str, en: str) -> None:
        """Thousands, millions and billions; an amount that rounds up to the next unit is said in it."""
        assert (VI.short_money(amount, "VND"), EN.short_money(amount, "VND")) == (vi, en)

    @given(st.floats(1, 1e12))
    def test_the_minus_changes_nothing_else(self, amount: float) -> None:
        """A loss is written like a gain with a minus before it."""
        for say in (VI, EN):
            assert say.short_money(-amount, "VND") == "-" + say.short_money(amount, "VND")


class TestDates:
    """Days and months."""

    def test_days(self) -> None:
        """Day before month in Vietnamese, the month's name in English; a moment is its day."""
        assert (VI.date(date(2026, 6, 3)), EN.date(date(2026, 6, 3))) == ("03/06/2026", "3 Jun 2026")
        assert VI.date(datetime(2026, 12, 31, 23, 59)) == "31/12/2026"

    def test_months(self) -> None:
        """A month has its year."""
        assert (VI.month(date(2025, 3, 1)), EN.month(date(2025, 3, 1))) == ("thg 3/2025", "Mar 2025")


class TestText:
    """Sentences with values."""

    def test_values_are_worded(self) -> None:
        """Numbers and dates are formatted for the reader, text and True go in as they are, lists are joined."""
        say = "{n}|{x}|{big}|{day}|{word}|{many}|{flag}|{none}"
        values = {
            "n": 1234,
            "x": 2.55,
            "big": 1234.5,
            "day": date(2026, 1, 2),
            "word": "a.b",
            "many": [1, 2.5, "c"],
            "flag": True,
            "none": None,
        }
        assert EN.text(say, **values) == "1,234|2.5|1,234|2 Jan 2026|a.b|1, 2.5, c|True|None"
        assert VI.text(say, **values) == "1.234|2,5|1.234|02/01/2026|a.b|1, 2,5, c|True|None"

    def test_numbers_of_the_engine_are_numbers(self) -> None:
        """A count that comes from numpy is grouped like any other."""
        assert EN.text("{n} {x}", n=np.int64(12345), x=np.float64(3.0)) == "12,345 3"

    def test_an_unknown_sentence_is_said_in_english(self) -> None:
        """What has no translation yet appears in English rather than not at all."""
        assert VI.text("No such sentence: {n}.", n=3) == "No such sentence: 3."

    def test_braces_in_a_value_are_text(self) -> None:
        """A customer called {x} cannot break a sentence."""
        assert EN.text("{name}", name="{x}") == "{x}"

    def test_plural(self) -> None:
        """One customer and two in English; Vietnamese has one form."""
        assert EN.plural("{n} customer", "{n} customers", 1) == "1 customer"
        assert EN.plural("{n} customer", "{n} customers", 0) == "0 customers"
        assert EN.plural("{n} {kind} customer", "{n} {kind} customers", 1234, kind="old") == "1,234 old customers"
        assert VI.plural("{n} customer", "{n} customers", 1).replace("1", "5") == VI.plural(
            "{n} customer", "{n} customers", 5
        )
        assert VI.plural("{n} unheard-of thing", "{n} unheard-of things", 2) == "2 unheard-of things"

    def test_faults(self) -> None:
        """A fault can be said in either language."""
        fault = InputError("There is no language “{code}”; choose one of: {known}.", code="xx", known=["en", "vi"])
        assert EN.error(fault) == "There is no language “xx”; choose one of: en, vi."
        assert VI.error(fault) == "Chưa có ngôn ngữ “xx”; anh/chị chọn một trong: en, vi."


class TestLanguages:
    """Which there are."""

    def test_available(self) -> None:
        """English, the source, and Vietnamese."""
        assert {"en", "vi"} <= set(available())

    def test_unknown(self) -> None:
        """A language without a catalog is refused with those there are."""
        with pytest.raises(InputError, match="no language “xx”"):
            language("xx")

    def test_not_a_number_is_not_hidden(self) -> None:
        """A value that could not be computed shows as such rather than as nought."""
        assert EN.number(math.nan) == "NaN"
        assert isinstance(Language("vi").number(math.nan), str)
