"""Scores that customers gave, each with the scale it stands on: stars, marks out of ten, the question of recommending, words.

A score alone says nothing: 5 is the best of five stars and the middle of ten. Every score therefore keeps its scale, and a
`rating` from 0 (worst) to 1 (best) of that scale; scales are never added together without it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir

from helpers.intake import parsing
from helpers.intake.quality import Note
from helpers.intake.text import fold

RANGE = {
    "1-5": (1, 5), "1-10": (1, 10), "0-10": (0, 10), "nps": (0, 10), "0-100": (0, 100), "words": (1, 5),
}  # fmt: skip
"""Scale → its worst and best score. ``nps`` is the question whether one would recommend the business, ``words`` five steps
from “very dissatisfied” to “very satisfied”."""

_OUT_OF = {"5": "1-5", "10": "1-10", "100": "0-100"}
_HEADERS = (
    (r"nps|gioi thieu|recommend", "nps"),
    (r"\b0 *(-|–|den|to) *100\b|%|/ *100\b|phan tram|percent", "0-100"),
    (r"\b0 *(-|–|den|to) *10\b", "0-10"),
    (r"\b1 *(-|–|den|to) *10\b|thang 10|/ *10\b|out of 10", "1-10"),
    (r"\b1 *(-|–|den|to) *5\b|thang 5|/ *5\b|out of 5|\bsao\b|\bstars?\b", "1-5"),
)
"""What a header says about the scale, compared without case and accents; the first that fits."""
_ASSUMED = (
    "{file} does not say on which scale its scores are; {scale} was taken because of the scores in it. "
    "Say `scale:` for this file in business.yml if it is another."
)
_SEVERAL = "{file} holds scores on several scales ({scales}); they are kept apart."


@dataclass(frozen=True)
class Scale:
    """The scale of a file's plain numbers, and whether it had to be assumed from them."""

    name: str
    assumed: bool


def scale_of(con: Any, rows: ir.Table, score: Any, header: str, given: str | None) -> Scale:
    """On which scale a file's plain numbers stand: as business.yml says, as the header says, else as they themselves show.

    Args:
        con: the engine.
        rows: the file's rows.
        score: their score as prepared text or number.
        header: of the score's column.
        given: `scale` of business.yml.
    """
    if given is not None:
        return Scale(given, assumed=False)
    plain = fold(header)
    for pattern, name in _HEADERS:
        if re.search(pattern, plain):
            return Scale(name, assumed=False)
    figure = parsing.number(score).cast("float64")
    row = con.to_pyarrow(rows.aggregate(least=figure.min(), most=figure.max())).to_pylist()[0]
    if row["most"] is None or row["most"] <= 5:
        return Scale("1-5", assumed=row["most"] is not None)
    if row["most"] <= 10:
        return Scale("0-10" if row["least"] < 1 else "1-10", assumed=True)
    return Scale("0-100", assumed=True)


def scored(score: Any, scale: Any, plain: Scale, words: dict[str, tuple[str, ...]]) -> dict[str, Any]:
    """A score however it is written, as `score`, `scale` and `rating`; all missing where it is not understood.

    Args:
        score: prepared text (see :func:`helpers.intake.parsing.bare_figure`) or number.
        scale: the row's own scale where a column names it, else missing.
        plain: the scale of plain numbers.
        words: score → words for it.
    """
    if not score.type().is_string():
        return _rated(score.cast("float64"), ibis.coalesce(scale, ibis.literal(plain.name)))
    figure, out_of = score.re_extract(r"^([0-9.,]+)/(5|10|100)$", 1), score.re_extract(r"^([0-9.,]+)/(5|10|100)$", 2)
    worded = [(fold(word).replace(" ", ""), float(value)) for value, said in words.items() for word in said]
    letters = ibis.literal(None, "float64")
    folded = parsing.folded(score)
    for value in sorted({value for _, value in worded}):
        same = sorted({word for word, of in worded if of == value})
        letters = folded.isin(same).ifelse(ibis.literal(value), letters)
    drawn = score.re_replace(r"[^★⭐]", "").length().cast("float64")
    with_unit = score.re_extract(r"^([0-9]([.,][0-9]+)?)(sao|stars?|★|⭐)", 1)
    percent = score.re_extract(r"^([0-9.,]+)%$", 1)
    kinds: list[tuple[Any, Any, Any]] = [
        (out_of != "", _number(figure), out_of.cases(*_OUT_OF.items(), else_=ibis.null("string"))),
        (with_unit != "", _number(with_unit), ibis.literal("1-5")),
        (score.re_search(r"^[★⭐][★⭐☆️]*$"), drawn, ibis.literal("1-5")),
        (percent != "", _number(percent), ibis.literal("0-100")),
        (letters.notnull(), letters, ibis.literal("words")),
    ]
    value = ibis.cases(*((fits, value) for fits, value, _ in kinds), else_=_number(score))
    named = ibis.cases(
        *((fits, name) for fits, _, name in kinds), else_=ibis.coalesce(scale, ibis.literal(plain.name))
    )
    return _rated(value, named)


def _number(text: Any) -> Any:
    return parsing.number(text).cast("float64")


def _rated(value: Any, scale: Any) -> dict[str, Any]:
    worst = scale.cases(*((name, float(low)) for name, (low, _) in RANGE.items()), else_=ibis.null("float64"))
    best = scale.cases(*((name, float(high)) for name, (_, high) in RANGE.items()), else_=ibis.null("float64"))
    fits = value.between(worst, best).fill_null(False)
    return {
        "score": fits.ifelse(value, ibis.null("float64")),
        "scale": fits.ifelse(scale, ibis.null("string")),
        "rating": fits.ifelse((value - worst) / (best - worst), ibis.null("float64")),
    }


def notes(con: Any, table: ir.Table, plain: Scale, file: str) -> tuple[Note, ...]:
    """What must be said about a file's scales."""
    kept = table.filter(table.reason.isnull() & table.scale.notnull())
    found = sorted(con.to_pyarrow(kept.select("scale").distinct())["scale"].to_pylist())
    said = [Note(_SEVERAL, {"file": file, "scales": found})] if len(found) > 1 else []
    if plain.assumed and plain.name in found:
        said.append(Note(_ASSUMED, {"file": file, "scale": plain.name}))
    return tuple(said)
