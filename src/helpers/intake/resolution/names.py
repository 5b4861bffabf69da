"""When two written names can be one person's: titles, accents, order of words and a slip of the finger do not matter.

A name is only ever asked whether it speaks *against* two records being one person; alike names alone join nobody.
"""

from __future__ import annotations

from typing import Any

import ibis

from helpers.intake.text import folded

TITLES = (
    "anh", "chi", "em", "co", "chu", "bac", "ong", "ba", "a", "c", "e", "mr", "mrs", "ms", "miss", "dr", "kh", "khach",
)  # fmt: skip
"""Words before a name that are not part of it, folded."""

_distance = ibis.udf.scalar.builtin(
    lambda one, other: ..., name="damerau_levenshtein", signature=(("string", "string"), "int64")
)
_has_all = ibis.udf.scalar.builtin(
    lambda words, wanted: ..., name="list_has_all", signature=(("array<string>", "array<string>"), "boolean")
)


def plain(name: Any) -> Any:
    """The name folded, without digits, punctuation and a title in front; missing where nothing is left or it is masked."""
    shown = name.re_search(r"[*•]|[xX]{3}").ifelse(ibis.null("string"), name)
    bare = folded(shown).re_replace(r"[^\p{L} ]+", " ").re_replace(" +", " ").strip()
    return bare.re_replace(rf"^({'|'.join(TITLES)}) ", "").strip().nullif("")


def hint(name: Any) -> Any:
    """The two letters that a name masked like “N*****n” shows; missing for all others."""
    masked = name.re_search(r"^\p{L}[*•]{2,}\p{L}$").fill_null(False)
    return masked.ifelse(folded(name).re_replace("[^a-z]", ""), ibis.null("string")).nullif("")


def ends(plain_name: Any) -> Any:
    """First and last letter of a plain name, as a masked one shows them."""
    return plain_name.left(1) + plain_name.right(1)


def is_full(plain_name: Any) -> Any:
    """Whether a plain name has at least two words; a lone “Lan” contradicts nobody."""
    return plain_name.contains(" ").fill_null(False)


def in_order(plain_name: Any) -> Any:
    """The words of a plain name in alphabetical order, so that “Lan Nguyen” and “Nguyen Lan” are one."""
    return plain_name.split(" ").sort().join(" ")


def alike(one: Any, other: Any) -> Any:
    """Whether two full plain names may be one person's.

    They are when their words are the same in another order, when all words of one are among the other's, when they differ
    by one slip (a letter too many, too few, another, or two swapped – Damerau 1964), or by two in a long name whose first
    and last word differ by one at most: “Nguyễn Thị Lan” and “Nguyễn Thị Mai” are two sisters, not two spellings.
    """
    words, others = one.split(" "), other.split(" ")
    apart = _distance(one, other)
    ends = (_distance(words[0], others[0]) <= 1) & (_distance(words[-1], others[-1]) <= 1)
    long = (one.length() >= 10) & (other.length() >= 10)
    return (
        (apart <= 1)
        | ((apart <= 2) & long & ends)
        | (in_order(one) == in_order(other))
        | _has_all(words, others)
        | _has_all(others, words)
    )
