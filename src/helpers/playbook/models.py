"""What a playbook is made of: one frozen type per kind of page, with exactly the facts its front matter may state."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, RootModel, field_validator, model_validator

LANGUAGES = ("vi", "en")
"""Every text of the playbook exists in each of these."""

ROWS = tuple(f"S{n:02d}" for n in range(1, 28))
"""The ideas of the source articles, S01–S27; described in ``rules/sources.yml``."""

TABLES = (
    "contacts", "tickets", "feedback", "deliveries", "costs", "consent", "subscriptions", "staff_notes", "order_lines",
    "people",
)  # fmt: skip
"""Canonical tables a mistake may need to be measured; named here so that reading the playbook loads no data engine."""

Row = Annotated[str, Field(pattern=r"^S(0[1-9]|1\d|2[0-7])$")]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Segment = Literal[
    "new", "one_time_not_due", "one_time_overdue", "promising", "regular", "champion",
    "declining_watch", "declining_call", "overdue_regular", "lapsed", "lost",
    "trial", "at_renewal", "member_new", "member_reduced", "member", "cancelled", "member_lost",
]  # fmt: skip
Channel = Literal["zns", "oa", "sms", "email", "phone", "till", "in_person"]
WrittenChannel = Literal["zns", "oa", "sms", "email", "phone", "till"]
Share = Annotated[float, Field(ge=0, le=1)]


class Strict(BaseModel):
    """Immutable; a key nobody knows is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(RootModel[dict[str, str]]):
    """One text in every language of the playbook: ``text["vi"]``."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        missing = [code for code in LANGUAGES if not self.root.get(code, "").strip()]
        extra = [code for code in self.root if code not in LANGUAGES]
        if missing:
            raise ValueError(f"the text is missing in: {', '.join(missing)}")
        if extra:
            raise ValueError(f"“{extra[0]}” is not a language of the playbook ({', '.join(LANGUAGES)})")
        return self

    def __getitem__(self, code: str) -> str:
        return self.root[code]


class Item(Strict):
    """What every page has.

    Attributes:
        id: the file's name without ``.md``. path: where it stands, relative to the playbook.
        body: the prose people read. body_lines: line of the file on which each language's prose starts.
    """

    id: str
    path: str
    body: Text
    body_lines: dict[str, int]


class Question(Strict):
    """One interview question; `anchors` are the observable facts for the answers 0, 1, 2, 3 and 4."""

    id: Slug
    ask: Text
    anchors: Annotated[tuple[Text, ...], Field(min_length=5, max_length=5)]


class Thresholds(Strict):
    """From which value on a measured mistake is worth watching, and from which on worth acting."""

    metric_key: str
    watch: float
    act: float
    better: Literal["higher", "lower"]
    basis: Text

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if (self.act > self.watch) if self.better == "higher" else (self.act < self.watch):
            raise ValueError(f"“act” must be worse than “watch” when {self.better} is better")
        return self

    def level(self, value: float) -> Literal["fine", "watch", "act"]:
        """How a measured value reads; a value exactly on a threshold has not crossed it."""
        sign = 1 if self.better == "higher" else -1
        if sign * value < sign * self.act:
            return "act"
        return "watch" if sign * value < sign * self.watch else "fine"


class Mistake(Item):
    """A reason customers do not come back, seen from their side, with what to ask, measure and do."""

    title: Text
    rows: Annotated[tuple[Row, ...], Field(min_length=1)]
    phase: Literal["discover", "develop", "deliver"]
    customer_view: Text
    questions: Annotated[tuple[Question, ...], Field(min_length=3, max_length=5)]
    metric: Slug | None
    tables: tuple[str, ...]
    thresholds: Thresholds | None
    not_measured: Text
    plays: Annotated[tuple[Slug, ...], Field(min_length=1)]

    @field_validator("tables")
    @classmethod
    def _known_tables(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in TABLES:
                raise ValueError(f"there is no canonical table “{name}”")
        return names


class Prior(Strict):
    """What a play is assumed to add to the chance of returning before the business has its own read-out.

    An absolute extra chance (0.03 = three more of a hundred) within `window_days`: a playbook prior, never a finding.
    """

    low: float
    value: float
    high: float
    window_days: Annotated[int, Field(gt=0)]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not -1 <= self.low <= self.value <= self.high <= 1:
            raise ValueError("low, value and high must be shares in this order")
        return self


class Evidence(Strict):
    """A claim for or against a play; `source` is the id of a work in ``rules/sources.yml``."""

    stance: Literal["for", "against"]
    claim: Text
    source: Slug


class Play(Item):
    """Something to do for a group of customers, small enough to start on Monday.

    Attributes:
        segments: groups it is for; none for a way of working that concerns the shop rather than single customers.
        cost_drivers: what makes it dear or cheap, beside the two figures the plan reckons with.
        comparison: how to know that it worked, and whom to leave out (or what to compare where nobody can be left out).
    """

    title: Text
    summary: Text
    rows: Annotated[tuple[Row, ...], Field(min_length=1)]
    segments: tuple[Segment, ...]
    mistakes: Annotated[tuple[Slug, ...], Field(min_length=1)]
    owner: Literal["marketing", "sales", "care"]
    hand_over: Text
    purpose: Literal["sell", "care", "process"]
    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    cadence: Text
    first_step: Text
    steps: Annotated[tuple[Text, ...], Field(min_length=1)]
    effort: Literal[1, 2, 3]
    minutes_per_customer: Annotated[float, Field(ge=0)]
    offer_share_of_order: Share
    prior: Prior | None
    kpi: Text
    holdout_share: Annotated[float, Field(ge=0, lt=1)]
    messages: tuple[str, ...]
    scripts: tuple[Slug, ...]
    evidence: tuple[Evidence, ...]
    not_to_do: Text
    cost_drivers: Text
    comparison: Text

    @field_validator("evidence")
    @classmethod
    def _both_sides(cls, evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
        for stance in ("for", "against"):
            if not any(item.stance == stance for item in evidence):
                raise ValueError(f"nothing is said {stance} it; give both sides")
        return evidence


class Message(Item):
    """A text ready to send, say or print; `{placeholders}` are filled per customer."""

    play: Slug
    channel: WrittenChannel
    zns_tag: Literal[1, 2, 3] | None
    purpose: Literal["transaction", "care", "advertising"]
    subject: Text | None
    placeholders: tuple[str, ...]


class Script(Item):
    """One printed page to learn, practise or hang on the wall."""

    title: Text
    rows: Annotated[tuple[Row, ...], Field(min_length=1)]


class Metric(Item):
    """The definition of one number, in words an owner would use, and the formula behind it."""

    title: Text
    question: Text
    formula: Annotated[str, Field(min_length=1)]
    unit: Text
    censored: Text
    not_meaning: Text
    rows: tuple[Row, ...]
    source: Annotated[str, Field(min_length=1)]
