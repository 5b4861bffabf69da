"""Keys that several people use: told apart by name where that can be done, trusted for nobody where it cannot.

A telephone number under two clearly different full names is a household: each name keeps its own half of it. Under more
names than `max_names`, or on more customer codes of one system than `max_codes`, it is the shop's own, a till's placeholder
or a helper's, and joins nobody. A customer code whose second owner has another name *and* another number begins a new
life with the first order of the new owner.
"""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir
from ibis import _

from helpers.business import Identity
from helpers.intake.resolution import names
from helpers.intake.resolution.graph import components, count, kept

NAMES_COMPARED = 30
"""A key under more different spellings than this is shared without comparing them pair by pair."""


def own_codes(con: Any, records: ir.Table, settings: Identity, made: list[str]) -> tuple[ir.Table, ir.Table | None]:
    """Records with `code_life` (1: the code's first or only owner, 2: the next …; 0: cannot be told) beside `code`.

    Where other people's names and numbers stand on orders of a code in the same months – presents, a family card – the
    code stays one customer, the main owner's, and the others' numbers are no evidence: their phone_key and email_key are
    blanked. A code used by more people than `max_names` (a till's staff code) is no key at all.

    Returns:
        The records, and such codes: kind, system, value, orders.
    """
    codes = records.filter(records.code.notnull()).group_by("system", "code").agg(
        names=records.who.nunique(where=records.full), births=records.birthday.nunique(),
        contacts=ibis.coalesce(records.phone_key, records.email_key).nunique(),
    )  # fmt: skip
    doubtful = kept(con, codes.filter((codes.names > 1) | ((codes.contacts > 1) & (codes.births > 1))), made)
    plain = with_one_life(records)
    if not count(con, doubtful):
        return plain, None
    owners = _owners(con, records.semi_join(doubtful, ["system", "code"]), made)
    lives = _lives(con, owners, settings, made)
    joined = plain.left_join(lives, plain.record == lives.of_record)
    joined = kept(con, joined.mutate(shared=joined.shared.fill_null(False)), made)
    foreign = joined.foreign.fill_null(False)
    found = joined.mutate(
        code=joined.shared.ifelse(ibis.null("string"), joined.code),
        code_life=joined.shared.ifelse(ibis.null("int64"), ibis.coalesce(joined.life, joined.code_life)),
        phone_key=foreign.ifelse(ibis.null("string"), joined.phone_key),
        email_key=foreign.ifelse(ibis.null("string"), joined.email_key),
    )
    nobodys = joined.filter(joined.shared).group_by("system", value="code").agg(orders=joined.orders.sum())
    return kept(con, found.drop("of_record", "life", "shared", "foreign"), made), nobodys.mutate(
        kind=ibis.literal("code")
    )


def with_one_life(records: ir.Table) -> ir.Table:
    """Records whose codes all belong to their first owner."""
    return records.mutate(code_life=records.code.notnull().ifelse(ibis.literal(1, "int64"), ibis.null("int64")))


def _owners(con: Any, records: ir.Table, made: list[str]) -> ir.Table:
    """Records of doubtful codes with the `owner` they are about: linked by number, e-mail, birthday or a similar name."""
    records = kept(con, records, made)
    links = []
    for by in ("phone_key", "email_key", "birthday", "who"):
        usable = records[by].notnull() & (records.full if by == "who" else ibis.literal(True))
        first = records.record.min().over(ibis.window(group_by=[records.system, records.code, records[by]]))
        links.append(records.mutate(one=first).filter(usable).select("one", other="record"))
    spelled = records.filter(records.full).group_by("system", "code", "who").agg(record=records.record.min())
    links.append(_alike(spelled, ["system", "code"], "record"))
    found = components(con, ibis.union(*links))
    made.append(found.get_name())
    joined = records.left_join(found, records.record == found.node)
    return joined.mutate(owner=ibis.coalesce(joined.component, joined.record)).drop("node", "component")


def _alike(spelled: ir.Table, within: list[str], node: str) -> ir.Table:
    """Pairs of similar names among few enough of one key."""
    few = spelled.mutate(spellings=spelled.count().over(ibis.window(group_by=within)))
    few = few.filter(few.spellings <= NAMES_COMPARED)
    other = few.view()
    pairs = few.inner_join(other, [few[name] == other[name] for name in within] + [few.who < other.who])
    pairs = pairs.select(one=few[node], other=other[node], a=few.who, b=other.who)
    return pairs.filter(names.alike(pairs.a, pairs.b)).select("one", "other")


def _lives(con: Any, records: ir.Table, settings: Identity, made: list[str]) -> ir.Table:
    """What each record of a doubtful code is to it: of_record, life, shared, foreign."""
    records = kept(con, records, made)
    people = _people(records)
    codes = people.group_by("system", "code").agg(
        people=people.count(), at_once=(people["first"] <= people.ended).fill_null(False).any()
    )
    codes = codes.rename(s="system", c="code")
    told = records.left_join(codes, [records.system == codes.s, records.code == codes.c])
    mine = people.select("turn", "rank", of_owner="owner")
    told = told.left_join(mine, told.owner == mine.of_owner)
    crowds = _crowds(records, settings).rename(crowd_s="system", crowd_c="code")
    told = told.left_join(crowds, [told.system == crowds.crowd_s, told.code == crowds.crowd_c])
    told = kept(con, told.mutate(crowd=told.crowd_s.notnull()).drop("crowd_s", "crowd_c"), made)
    at_once = told.at_once.fill_null(False)
    settled = told.select(
        of_record="record",
        life=(at_once | (told.people.fill_null(1) <= 1)).ifelse(ibis.literal(1, "int64"), told.turn),
        shared=told.crowd,
        foreign=(at_once & (told["rank"] > 1)).fill_null(False),
    )
    return settled.filter(settled.life.notnull() | settled.shared).union(_by_era(told, people))


def _crowds(records: ir.Table, settings: Identity) -> ir.Table:
    """Codes under more names than one customer has, none of them on most of its orders: a till's or a seller's own."""
    names_of = records.filter(records.full).group_by("system", "code", "owner").agg(orders=_.orders.sum())
    codes = names_of.group_by("system", "code").agg(
        names=names_of.count(), most=names_of.orders.max(), every=names_of.orders.sum()
    )
    crowd = (codes.names > settings.max_names) & (codes.most * 2 < codes.every)
    return codes.filter(crowd).select("system", "code")


def _people(records: ir.Table) -> ir.Table:
    """Owners of a code in the order of their first purchase: two of name, number and birthday are known, or the name twice.

    `ended`: last purchase of those before. `turn`: 1 for the first; one who stands in a list only is the last.
    `rank`: 1 for the one with most orders.
    """
    contact = ibis.coalesce(records.phone_key, records.email_key)
    named = records.full.any()
    facts = named.cast("int8") + contact.notnull().any().cast("int8") + records.birthday.notnull().any().cast("int8")
    owners = records.group_by("system", "code", "owner").agg(
        named=named, facts=facts, first=records["first"].min(), last=records["last"].max(), orders=records.orders.sum(), label=records.who.min(),
    )  # fmt: skip
    owners = owners.filter((owners.facts > 1) | (owners.named & (owners.orders > 1)))
    of_code, since = ["system", "code"], [owners["first"].isnull(), owners["first"], owners.label]
    ranked = ibis.window(group_by=of_code, order_by=[owners.orders.desc(), owners["first"], owners.label])
    return owners.mutate(
        turn=ibis.row_number().over(ibis.window(group_by=of_code, order_by=since)) + 1,
        rank=ibis.row_number().over(ranked) + 1,
        ended=owners["last"].max().over(ibis.rows_window(group_by=of_code, order_by=since, preceding=(None, 1))),
    )


def _by_era(told: ir.Table, people: ir.Table) -> ir.Table:
    """Records of a re-used code that name nobody: the owner of their time, or 0 where they span two."""
    lives = (told.people > 1) & ~told.crowd & ~told.at_once & told.turn.isnull()
    loose = told.filter(lives.fill_null(False)).select("record", "system", "code", "first", "last")
    begun = people.select(s="system", c="code", begin="first")
    pairs = loose.inner_join(begun, [loose.system == begun.s, loose.code == begun.c])
    counts = pairs.group_by("record").agg(
        early=(pairs.begin <= pairs["first"]).fill_null(False).sum(),
        late=(pairs.begin <= pairs["last"]).fill_null(False).sum(),
    )
    early = ibis.greatest(counts.early, 1)
    return counts.select(
        of_record="record",
        life=(early == ibis.greatest(counts.late, 1)).ifelse(early, 0).cast("int64"),
        shared=ibis.literal(False), foreign=ibis.literal(False),
    )  # fmt: skip


def with_calls(con: Any, records: ir.Table, made: list[str]) -> ir.Table:
    """Records with `calls`: their full name, or the one most used with their customer code, or with their e-mail."""
    by_code = _usual(records, ["system", "code", "code_life"], "name_of_code")
    by_email = _usual(records, ["email_key"], "name_of_email")
    joined = records.left_join(by_code, ["system", "code", "code_life"]).drop(
        "system_right", "code_right", "code_life_right"
    )
    joined = joined.left_join(by_email, "email_key").drop("email_key_right")
    own = joined.full.ifelse(joined.who, ibis.null("string"))
    calls = ibis.coalesce(own, joined.name_of_code, joined.name_of_email)
    return kept(con, joined.mutate(calls=calls).drop("name_of_code", "name_of_email"), made)


def _usual(records: ir.Table, owner: list[str], called: str) -> ir.Table:
    """The full name most used with each key."""
    used = records.filter(records[owner[-1]].notnull() & records.full)
    used = used.group_by(*owner, "who").agg(orders=used.orders.sum())
    best = ibis.window(group_by=owner, order_by=[used.orders.desc(), used.who])
    return used.filter(ibis.row_number().over(best) == 0).select(*owner, **{called: "who"})


def told_apart(
    con: Any, records: ir.Table, kind: str, settings: Identity, made: list[str]
) -> tuple[ir.Table, ir.Table]:
    """One kind of contact – telephone or e-mail – split by the names that stand beside it.

    Args:
        records: as :func:`own_codes` leaves them, with `calls` (the plain full name, the code's own where a record has none).
        kind: ``phone`` or ``email``.

    Returns:
        The records with `<kind>_half` (1, 2, …: which name's half of it; 0: nobody's in particular) and `<kind>_key` blanked
        where it is shared; and the shared values, one column `value`.
    """
    key, half = f"{kind}_key", f"{kind}_half"
    known = records.filter(records[key].notnull())
    named = known.filter(known.calls.notnull())
    spelled = named.group_by(value=named[key], who=named.calls).agg(
        first=named["first"].min(), record=named.record.min(), orders=named.orders.sum()
    )
    several = spelled.mutate(spellings=spelled.count().over(ibis.window(group_by="value")))
    several = kept(con, several.filter(several.spellings > 1), made)
    halves = None
    shared = several.filter(several.spellings > NAMES_COMPARED).select("value").distinct()
    if count(con, several):
        halves = _halves(con, several, made)
        sizes = halves.group_by("value").agg(people=halves.half.max())
        shared = shared.union(sizes.filter(sizes.people > settings.max_names).select("value"))
    codes = known.group_by(value=known[key], who=known.calls, system=known.system).agg(codes=known.code.nunique())
    many = codes.filter(codes.codes > settings.max_codes)
    shared = kept(con, shared.union(many.select("value")).distinct(), made)
    return _with_halves(con, records, key, half, halves, shared, made), shared


def _halves(con: Any, spelled: ir.Table, made: list[str]) -> ir.Table:
    """Value, who, half: similar names share a half; the halves are numbered as their names appeared."""
    found = components(con, _alike(spelled, ["value"], "record"))
    made.append(found.get_name())
    joined = spelled.left_join(found, spelled.record == found.node)
    joined = joined.mutate(group=ibis.coalesce(joined.component, joined.record))
    whole = ibis.window(group_by=[joined.value, joined.group])
    joined = joined.mutate(since=joined["first"].min().over(whole), label=joined.who.min().over(whole))
    order = [joined.since.isnull(), joined.since, joined.label]
    half = ibis.dense_rank().over(ibis.window(group_by="value", order_by=order)) + 1
    return kept(con, joined.select("value", "who", half=half), made)


def _with_halves(
    con: Any, records: ir.Table, key: str, half: str, halves: ir.Table | None, shared: ir.Table, made: list[str]
) -> ir.Table:
    first = ibis.literal(1, "int64")
    shared = shared.select(nobodys="value")
    joined = records.left_join(shared, records[key] == shared.nobodys)
    usable = joined.nobodys.isnull().ifelse(joined[key], ibis.null("string"))
    found = joined.mutate(**{key: usable}).drop("nobodys")
    found = _with_strangers(found, key)
    number: Any = first
    if halves is not None:
        households = (
            halves.group_by(household="value").agg(people=halves.half.max()).filter(_.people > 1).drop("people")
        )
        halves = halves.rename(v="value", w="who")
        found = found.left_join(halves, [found[key] == halves.v, found.calls == halves.w]).drop("v", "w")
        found = found.left_join(households, found[key] == households.household)
        number = ibis.coalesce(found["half"], found.household.isnull().ifelse(first, 0))
    number = found.stranger.ifelse(0, number)
    number = found[key].notnull().ifelse(number, ibis.null("int64"))
    kept_columns = [*records.columns, half]
    return kept(con, found.mutate(**{half: number}).select(*kept_columns), made)


def _with_strangers(records: ir.Table, key: str) -> ir.Table:
    """Records without a name with `stranger`: something else says that they are not about whom the key is known to name.

    Either the key stands under several customer codes of their system – two members of one shop are two people until a name
    says otherwise; a number alone, which may be a family's, does not – or the letters a masked name shows are not the name's.
    """
    theirs = records.filter(records[key].notnull())
    codes = theirs.group_by(k=theirs[key], s=theirs.system).agg(codes=theirs.code.nunique())
    codes = codes.filter(codes.codes > 1).drop("codes")
    named = theirs.filter(theirs.calls.notnull())
    shown = named.select(n=named[key], letters=names.ends(named.calls)).distinct()
    known = shown.select(of="n").distinct()
    joined = records.left_join(codes, [records[key] == codes.k, records.system == codes.s])
    joined = joined.left_join(known, joined[key] == known.of)
    joined = joined.left_join(shown, [joined[key] == shown.n, joined.hint == shown.letters])
    masked = joined.hint.notnull() & joined.of.notnull() & joined.letters.isnull()
    stranger = joined.calls.isnull() & ((joined.k.notnull() & joined.code.notnull()) | masked)
    return joined.mutate(stranger=stranger).drop("k", "s", "n", "letters", "of")
