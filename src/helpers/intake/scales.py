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

from helpers.errors import InputError
from helpers.intake import parsing
from helpers.intake.quality import Note
from helpers.intake.text import fold, folded

RANGE = {
    "1-5": (1, 5), "1-10": (1, 10), "0-10": (0, 10), "nps": (0, 10), "0-100": (0, 100), "0-1": (0, 1), "words": (1, 5),
}  # fmt: skip
"""Scale → its worst and best score. ``nps`` is the question whether one would recommend the business, ``0-1`` a share of one
as spreadsheets keep a percentage, ``words`` five steps from “very dissatisfied” to “very satisfied”."""
CHOICES = tuple(name for name in RANGE if name != "words")
"""What `scale:` of business.yml may be."""
SLIPS = 0.02
"""Scores above a scale, as a share of all, that are slips of the pen: the scale stands, they are set aside."""
CLEAR = {"1-5": 0.1, "10": 0.5}
"""Share of scores above a scale from which on it is surely not the scale: ten marks above five stars are used by more than a
tenth of the customers, and most percentages lie above ten."""
ENOUGH = 30
"""Scores from which on what they show is taken without a remark."""

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
    """The scale of a file's plain numbers, and whether it had to be taken from few of them."""

    name: str
    assumed: bool


def scale_of(con: Any, rows: ir.Table, score: Any, header: str, given: str | None, *, file: str) -> Scale:
    """On which scale a file's plain numbers stand: as business.yml says, as the header says, else as they themselves show.

    Args:
        con: the engine.
        rows: the file's rows.
        score: their score as prepared text or number.
        header: of the score's column.
        given: `scale` of business.yml.
        file: name for messages.

    Raises:
        InputError: the scores fit no scale clearly, and nobody said which it is.
    """
    if given is not None:
        return Scale(given, assumed=False)
    figure = parsing.number(score).cast("float64")
    found = con.to_pyarrow(rows.aggregate(
        n=figure.count(), least=figure.min(), most=figure.max(), zeros=(figure == 0).mean(),
        above_1=(figure > 1).mean(), above_5=(figure > 5).mean(), above_10=(figure > 10).mean(),
        above_100=(figure > 100).mean(), parts=(figure % 1 != 0).any(),
    )).to_pylist()[0]  # fmt: skip
    plain = fold(header)
    named = next((name for pattern, name in _HEADERS if re.search(pattern, plain)), None)
    if named is not None:
        as_share = named == "0-100" and bool(found["n"]) and found["most"] <= 1 and found["parts"]
        return Scale("0-1" if as_share else named, assumed=False)
    if not found["n"]:
        return Scale("1-5", assumed=False)
    shown = _shown(found)
    if shown is None:
        raise InputError(
            "{file} does not show on which scale its scores are (they lie between {least} and {most}); say `scale:` for "
            "this file in business.yml: {known}.",
            file=file, least=found["least"], most=found["most"], known=list(CHOICES),
        )  # fmt: skip
    return Scale(shown, assumed=found["n"] < ENOUGH)


def _shown(found: dict[str, Any]) -> str | None:
    """The scale that the scores themselves show; missing where they can be read in two ways."""
    if found["above_1"] == 0 and found["zeros"] < 1 and (found["zeros"] or found["parts"]):
        return "0-1" if found["parts"] else None  # noughts and ones may be thumbs, or stars with nought for no answer
    if found["above_5"] <= SLIPS:
        return "1-5" if found["zeros"] <= SLIPS else None
    if found["above_5"] < CLEAR["1-5"]:
        return None
    if found["above_10"] <= SLIPS:
        return "0-10" if found["zeros"] else "1-10"
    return "0-100" if found["above_10"] >= CLEAR["10"] and found["above_100"] <= SLIPS else None


def scored(
    con: Any, rows: ir.Table, scale: Any, plain: Scale, words: dict[str, tuple[str, ...]]
) -> tuple[ir.Table, dict[str, Any]]:
    """Scores however they are written.

    Args:
        con: the engine.
        rows: the file's rows, their score as `r_score`: prepared text (see :func:`helpers.intake.parsing.bare_figure`) or
            number.
        scale: the row's own scale where a column names it, else missing.
        plain: the scale of plain numbers.
        words: score → words for it.

    Returns:
        The rows (a table of its own: read once, not once for every rule), and as columns of it `score`, `scale` and
        `rating`, missing where the score is not understood, and `outside`: understood, but beyond its scale.
    """
    own = ibis.coalesce(scale, ibis.literal(plain.name))
    if rows.r_score.type().is_string():
        value, named = _written(rows.r_score, own, words)
    else:
        value, named = rows.r_score.cast("float64"), own
    made = con.create_table(ibis.util.gen_name("intake_scores"), rows.mutate(s_value=value, s_scale=named), temp=True)
    return made, _rated(made.s_value, made.s_scale)


def _written(score: Any, own: Any, words: dict[str, tuple[str, ...]]) -> tuple[Any, Any]:
    """The figure in a text, and the scale it stands on."""
    out_of = score.re_extract(r"^[0-9.,]+/(5|10|100)$", 1)
    worded = {fold(word).replace(" ", ""): float(value) for value, said in words.items() for word in said}
    in_words = folded(score).cases(*worded.items(), else_=ibis.null("float64")) if worded else ibis.null("float64")
    figure = score.re_extract(r"^([0-9.,]+)(/(5|10|100)|%|sao|stars?|★|⭐)$", 1).nullif("")
    value = ibis.coalesce(
        in_words,
        score.re_search(r"^[★⭐][★⭐☆️]*$").ifelse(score.re_replace(r"[^★⭐]", "").length().cast("float64"), None),
        parsing.number(ibis.coalesce(figure, score)).cast("float64"),
    )
    scale = ibis.cases(
        (in_words.notnull(), "words"),
        (out_of != "", out_of.cases(*_OUT_OF.items(), else_=ibis.null("string"))),
        (score.re_search(r"^[0-9.,]+%$"), "0-100"),
        (score.re_search(r"(sao|stars?|[★⭐☆️])$"), "1-5"),
        else_=own,
    )
    return value, scale


def _rated(value: Any, scale: Any) -> dict[str, Any]:
    worst = scale.cases(*((name, float(low)) for name, (low, _) in RANGE.items()), else_=ibis.null("float64"))
    best = scale.cases(*((name, float(high)) for name, (_, high) in RANGE.items()), else_=ibis.null("float64"))
    fits = value.between(worst, best).fill_null(False)
    return {
        "score": fits.ifelse(value, ibis.null("float64")),
        "scale": fits.ifelse(scale, ibis.null("string")),
        "rating": fits.ifelse((value - worst) / (best - worst), ibis.null("float64")),
        "outside": (value.notnull() & worst.notnull() & ~fits).fill_null(False),
    }


def notes(con: Any, table: ir.Table, plain: Scale, file: str) -> tuple[Note, ...]:
    """What must be said about a file's scales."""
    kept = table.filter(table.reason.isnull() & table.scale.notnull())
    found = sorted(con.to_pyarrow(kept.select("scale").distinct())["scale"].to_pylist())
    said = [Note(_SEVERAL, {"file": file, "scales": found})] if len(found) > 1 else []
    if plain.assumed and plain.name in found:
        said.append(Note(_ASSUMED, {"file": file, "scale": plain.name}))
    return tuple(said)
