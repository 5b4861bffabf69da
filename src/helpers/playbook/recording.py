"""``rules/recording.yml``: how to begin to record what is not measured yet, with least effort, by trade (S15)."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Self

from pydantic import Field, model_validator

from helpers.playbook.models import TABLES, Slug, Strict, Text


class Trade(Strict):
    """A group of businesses that keep records alike; `sectors` are words of business.yml that mean it."""

    title: Text
    sectors: Annotated[tuple[str, ...], Field(min_length=1)]


class Way(Strict):
    """How to begin one record: as most businesses do it, and as some trades do it more easily."""

    usual: Text
    by_trade: dict[Slug, Text] = Field(default_factory=dict)


class Recording(Strict):
    """What to do about each record that is missing.

    Attributes:
        default: the trade of a business whose sector nobody lists. tables: canonical table → how to begin it.
        columns: ``table.column`` → how to begin to fill it.
    """

    default: Slug
    trades: dict[Slug, Trade]
    tables: dict[str, Way]
    columns: dict[str, Text]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.default not in self.trades:
            raise ValueError(f"the default trade “{self.default}” is not among the trades")
        for table in TABLES:
            if table not in self.tables:
                raise ValueError(f"nothing is said on how to begin the table “{table}”")
        for table, way in self.tables.items():
            if table not in TABLES:
                raise ValueError(f"there is no canonical table “{table}”")
            for trade in way.by_trade:
                if trade not in self.trades:
                    raise ValueError(f"“{table}” names a trade “{trade}” that is not among the trades")
        said: dict[str, str] = {}
        for name, group in self.trades.items():
            for sector in group.sectors:
                if said.setdefault(_plain(sector), name) != name:
                    raise ValueError(f"the sector “{sector}” belongs to two trades")
        return self

    def trade(self, sector: str) -> str:
        """The trade of a business's sector, compared without case, accents and spaces."""
        wanted = _plain(sector)
        found = (name for name, trade in self.trades.items() if wanted in {_plain(word) for word in trade.sectors})
        return next(found, wanted if wanted in self.trades else self.default)

    def way(self, missing: str, sector: str) -> Text | None:
        """How a business of this sector begins a table, or to fill a ``table.column``.

        A column nothing is said about is begun like its table; None when nothing is said about that either.
        """
        if missing in self.columns:
            return self.columns[missing]
        way = self.tables.get(missing.split(".")[0])
        return way.by_trade.get(self.trade(sector), way.usual) if way is not None else None


def _plain(word: str) -> str:
    """The word's letters alone: "Cà phê" and "ca-phe" are the same sector."""
    letters = unicodedata.normalize("NFKD", word.casefold().replace("đ", "d"))
    return "".join(letter for letter in letters if letter.isalnum() or letter == "&")
