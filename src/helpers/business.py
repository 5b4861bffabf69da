"""`business.yml`: everything that is true of one client, checked on loading."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

import yaml
from babel import Locale
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from helpers import schema
from helpers.errors import InputError
from helpers.mistyped import line_of, problem

FILE = "business.yml"
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Source(_Strict):
    """One file (or folder of files), or one `table` of the warehouse at `url`, and how to read it.

    `row` names the column that numbers the rows of a table, such as its primary key. `url` may hold ``${NAME}``.
    `scale` is the scale its scores stand on (feedback). `system` says whose numbering its customer codes belong to.
    """

    file: str | None = None
    table: str | None = Field(None, min_length=1)
    url: str | None = Field(None, repr=False)
    row: str | None = None
    format: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    day_first: bool | None = None
    sheet: str | None = None
    scale: Literal["1-5", "1-10", "0-10", "nps", "0-100", "0-1"] | None = None
    system: str | None = Field(None, min_length=1)


class Warehouse(_Strict):
    """Where the tables of runs are kept and measured, when not on this machine.

    Attributes:
        url: ``postgres://…`` or ``pyspark://``; may hold ``${NAME}``. place: what may be written to: a schema of PostgreSQL, a folder
            or address (``s3a://…``, ``hdfs://…``) for Spark.
    """

    url: str = Field(min_length=1, repr=False)
    place: str = Field(min_length=1, max_length=300)


class Identity(_Strict):
    """Who is one person, where the data alone would not say it, or say it wrongly.

    Attributes:
        plus_tags: an e-mail's “+tag” is no part of it. max_names: a phone number or e-mail used under more clearly
            different names than this belongs to nobody. max_codes: the same for customer codes of one system.
        shared: keys that belong to nobody in particular. ignore: kinds of evidence not used. merge: keys that are one
            person. split: keys that are not.
    """

    plus_tags: bool = False
    max_names: int = Field(3, ge=1, le=100)
    max_codes: int = Field(3, ge=1, le=100)
    shared: list[str] = Field(default_factory=list)
    ignore: list[Literal["code", "phone", "email", "name_birthday", "name_address"]] = Field(default_factory=list)
    merge: list[list[str]] = Field(default_factory=list)
    split: list[list[str]] = Field(default_factory=list)

    @field_validator("shared", "merge", "split", mode="before")
    @classmethod
    def _numbers_are_codes(cls, given: Any) -> Any:
        """A customer code of digits alone needs no quotation marks."""
        if isinstance(given, list):
            return [cls._numbers_are_codes(one) for one in given]
        return str(given) if isinstance(given, int) and not isinstance(given, bool) else given


class Campaign(_Strict):
    """A campaign that was run: two lists and a date, or a file of outcomes.

    Attributes:
        play: which play of the playbook it was. segments: whom it was sent to. holdout_share: part that was to be left out, to
            check the lists against. fingerprint: SHA-256 of the list of those left out, or its first eight digits or more.
    """

    id: str
    name: str = ""
    sent_at: date | None = None
    window_days: int = Field(30, ge=1, le=730)
    cost: float = Field(0.0, ge=0)
    treated: str | None = None
    holdout: str | None = None
    outcomes: str | None = None
    play: str | None = None
    segments: list[str] = Field(default_factory=list)
    holdout_share: float | None = Field(None, gt=0, lt=1)
    fingerprint: str | None = Field(None, pattern=r"^[0-9a-fA-F]{8,64}$")

    @field_validator("holdout", mode="before")
    @classmethod
    def _one_holdout(cls, given: Any) -> Any:
        if isinstance(given, list):
            raise ValueError("two holdouts")
        return given


class ServiceChange(_Strict):
    """Something done differently from a day on, for everybody.

    Attributes:
        on: first day of the new way. measure: what it was to change – ``on_time`` (deliveries by the promised time), ``answered``
            (messages answered within the promised hours) or ``return`` (customers who order again within thirty days).
    """

    id: str
    name: str = ""
    on: date
    measure: Literal["on_time", "answered", "return"] = "return"


class Loyalty(_Strict):
    """What a loyalty programme is designed with.

    Attributes:
        kind: for people (b2c), for businesses (b2b), or what the sector suggests (auto). reward_share: of each sale given back,
            0–0.5. redemption: part of the rewards that is used by those who come back, 0–1.
    """

    kind: Literal["auto", "b2c", "b2b"] = "auto"
    reward_share: float = Field(0.05, ge=0, le=0.5)
    redemption: float = Field(0.7, ge=0, le=1)


class Planning(_Strict):
    """What a campaign plan may use, and the words its messages need.

    Attributes:
        weeks: how long the campaigns of one plan are sent and rung. budget: money for them, None for no limit.
        minutes: staff minutes a week per owner; an owner who is not named has no limit. contact_gap_days: least days
            between two offers to one customer. words: placeholders the shop fills itself (staff, opt_out, offer, until …); a list is said one after the
            other where a message comes again. loyalty: the programme.
    """

    weeks: int = Field(4, ge=1, le=26)
    budget: float | None = Field(None, ge=0)
    minutes: dict[Literal["marketing", "sales", "care"], Annotated[float, Field(ge=0)]] = Field(default_factory=dict)
    contact_gap_days: int = Field(7, ge=0, le=92)
    words: dict[str, str | list[str]] = Field(default_factory=dict)
    loyalty: Loyalty = Loyalty()


class Brand(_Strict):
    """The client's own look: used on the cover and on rules only."""

    colour: str = Field("#0b6e6e", pattern=r"^#[0-9a-fA-F]{6}$")
    logo: str | None = None


class Business(_Strict):
    """One client. Money is in `currency`, times are local to `timezone`, `margin` is the gross margin as a share.

    `model` says whether customers hold contracts where the data would be read otherwise (default: decided from the data);
    `pause_days` is how late a contract may be renewed and still be a renewal. `reply_hours` is what customers who write are promised,
    in hours to the first answer by channel as the tickets name it; ``"*"`` holds for the others (24 when nothing is said).
    `segments` changes rows of the table of groups; what may stand there is checked by :func:`helpers.segments.rules_for`.
    """

    schema_version: Literal[1] = 1
    name: str = Field(min_length=1, max_length=120)
    sector: str = "shop"
    currency: str = Field("VND", pattern=r"^[A-Z]{3}$")
    timezone: str = "Asia/Ho_Chi_Minh"
    country: str = Field("VN", pattern=r"^[A-Z]{2}$")
    lang: str = "vi"
    margin: float = Field(0.5, gt=0, le=1)
    margin_known: bool = False
    message_cost: float | None = Field(None, ge=0)
    minute_cost: float | None = Field(None, ge=0)
    model: Literal["contractual", "non-contractual", "both"] | None = None
    pause_days: int = Field(14, ge=0, le=92)
    reply_hours: dict[str, float] = Field(default_factory=dict)
    segments: dict[str, Any] = Field(default_factory=dict)
    sources: dict[str, list[Source]]
    campaigns: list[Campaign] = Field(default_factory=list)
    changes: list[ServiceChange] = Field(default_factory=list)
    parameters: dict[str, int | float | str | bool] = Field(default_factory=dict)
    warehouse: Warehouse | None = None
    brand: Brand = Brand()
    identity: Identity = Identity()
    planning: Planning = Planning()

    @property
    def usual_reply_hours(self) -> float:
        """Hours to the first answer promised where no channel has a promise of its own; a day when nothing is said."""
        return self.reply_hours.get("*", 24.0)

    @field_validator("currency")
    @classmethod
    def _known_currency(cls, code: str) -> str:
        if code not in Locale("en").currencies:
            raise ValueError("unknown currency")
        return code

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("unknown time zone")
        return name


def slug(name: str) -> str:
    """Folder name for a client: "Tiệm Cà Phê Mây" → ``tiem-ca-phe-may``.

    Raises:
        InputError: nothing is left that can name a folder, or Windows keeps that name for itself.
    """
    plain = unicodedata.normalize("NFKD", name.casefold().replace("đ", "d"))
    # taking characters apart may bring capitals back: № becomes No
    ascii_only = plain.encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")[:60].strip("-")
    if not words:
        raise InputError("The name “{name}” has no letters or digits a folder can be named by; add some.", name=name)
    if is_reserved(words):
        raise InputError("No folder can be called “{name}” on Windows; add a word to the name.", name=name)
    return words


def is_reserved(name: str) -> bool:
    """Whether Windows keeps this name for a device."""
    return name.casefold() in _RESERVED


def load(folder: Path) -> Business:
    """Read and check a client's `business.yml`.

    Raises:
        InputError: it is missing, is not YAML, or says something that cannot be.
    """
    path = folder / FILE
    if not path.is_file():
        raise InputError(
            "There is no {file} in {folder}; create the client with “retention new”.", file=FILE, folder=folder.name
        )
    try:
        text = path.read_text(encoding="utf-8")
        data = schema.parsed(text)
    except (yaml.YAMLError, UnicodeDecodeError) as fault:
        raise InputError(
            "{file}, line {line}: this is not valid YAML; check the indentation and the quotes.",
            file=FILE,
            line=str(line_of(fault)),
        ) from fault
    if not isinstance(data, dict):
        raise InputError(
            "{file} is empty or not a list of “name: value” lines; create it again with “retention new”.", file=FILE
        )
    data = schema.up_to_date(data, schema.BUSINESS, file=FILE, text=text)
    try:
        business = Business.model_validate(data)
    except ValidationError as fault:
        first = fault.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InputError(
            "{file}: “{where}” cannot be used ({problem}); correct it and run again.",
            file=FILE,
            where=where,
            problem=problem(first),
        ) from None  # pydantic's own words repeat the value, which may be an address with its password
    for kind, sources in business.sources.items():
        for source in sources:
            _check_source(source, kind)
    return business


def _check_source(source: Source, kind: str) -> None:
    """Refuse a source that is neither a file nor a table, or both."""
    if source.file is not None and (source.table or source.url):
        raise InputError(
            "{file}, sources, {kind}: a source is a file or a table, not both; make it two sources.",
            file=FILE, kind=kind,
        )  # fmt: skip
    if source.file is not None:
        return
    if source.table is None and source.url is None:
        raise InputError("{file}, sources, {kind}: name a `file:`, or a `table:` and its `url:`.", file=FILE, kind=kind)
    if source.table is None:
        raise InputError(
            "{file}, sources, {kind}: there is a `url:` but no `table:`; name the table.", file=FILE, kind=kind
        )
    if source.url is None:
        raise InputError(
            "{file}, sources, {kind}: the table {table} has no `url:`; add one like postgres://user:${{PASSWORD}}@server/database.",
            file=FILE, kind=kind, table=source.table,
        )  # fmt: skip


def dump(business: Business) -> str:
    """The text of a `business.yml`."""
    data: dict[str, Any] = business.model_dump(mode="json", exclude_defaults=False)
    for sources in data["sources"].values():
        for source in sources:
            for name in [name for name, value in source.items() if value in (None, {})]:
                del source[name]
    for section, untouched in (("identity", Identity()), ("segments", {}), ("changes", []), ("planning", Planning())):
        if getattr(business, section) == untouched:
            del data[section]
    return yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=120)
