"""A playbook of one page of each kind, small enough to read, on the real rules."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers import playbook, resources

BODY = "---\n<!-- vi -->\nLời nói.\n\n<!-- en -->\nWords.\n"
SEQUENCES = """sequences:
  - id: care
    play: call
    title: {vi: Chăm sóc, en: Care}
    anchor: plan_start
    lasts_days: 30
    steps:
      - {id: note, every_days: 14, title: {vi: Hỏi thăm, en: Ask}, messages: [call.sms]}
"""
MISTAKE = """---
id: forgotten
title: {vi: Quên, en: Forgotten}
rows: [S06]
phase: develop
customer_view: {vi: Tôi quên, en: I forgot}
questions:
  - id: one
    ask: {vi: Một?, en: One?}
    anchors: &anchors
      - {vi: không, en: none}
      - {vi: một, en: one}
      - {vi: hai, en: two}
      - {vi: ba, en: three}
      - {vi: bốn, en: four}
  - {id: two, ask: {vi: Hai?, en: Two?}, anchors: *anchors}
  - {id: three, ask: {vi: Ba?, en: Three?}, anchors: *anchors}
metric: contact-gap
tables: [contacts]
thresholds: {metric_key: contact_gap, watch: 0.4, act: 0.6, better: lower, basis: {vi: mốc, en: mark}}
not_measured: {vi: Ghi lại, en: Write it down}
plays: [call]
"""
PLAY = """---
id: call
title: {vi: Gọi, en: Call}
summary: {vi: Gọi hỏi thăm, en: Call and ask}
rows: [S06]
segments: [overdue_regular]
mistakes: [forgotten]
owner: care
hand_over: {vi: Ghi lại, en: Write it down}
purpose: care
channels: [in_person, sms]
cadence: {vi: mỗi tuần, en: weekly}
first_step: {vi: Gọi hai người, en: Call two}
steps:
  - {vi: Gọi, en: Call}
effort: 1
minutes_per_customer: 5
offer_share_of_order: 0
prior: {low: 0, value: 0.02, high: 0.05, window_days: 60}
kpi: {vi: Số người quay lại, en: How many return}
holdout_share: 0.1
messages: [call.sms]
scripts: [latte]
evidence:
  - {stance: for, claim: {vi: có, en: "yes"}, source: kumar-2015}
  - {stance: against, claim: {vi: không, en: "no"}, source: reasoning}
not_to_do: {vi: Đừng ép, en: Do not press}
cost_drivers: {vi: Giờ gọi, en: Hours of calling}
comparison: {vi: Chừa ra một phần mười, en: Leave out a tenth}
"""
MESSAGE = """---
id: call.sms
play: call
channel: sms
zns_tag: null
purpose: care
subject: null
placeholders: [title, given_name, shop]
---
<!-- vi -->

{shop} hỏi thăm {title} {given_name}.

<!-- en -->

{shop}: how are you, {title} {given_name}?
"""
SCRIPT = "---\nid: latte\ntitle: {vi: LATTE, en: LATTE}\nrows: [S10]\n"
METRIC = """---
id: contact-gap
title: {vi: Khoảng lặng, en: Silence}
question: {vi: Bao nhiêu?, en: How many?}
formula: quiet / active
unit: {vi: phần, en: share}
censored: {vi: không, en: nothing}
not_meaning: {vi: không, en: nothing}
rows: [S06]
source: Definition of this playbook
"""
PAGES = {
    "mistakes/forgotten.md": MISTAKE + BODY,
    "plays/call.md": PLAY + BODY,
    "messages/call.sms.md": MESSAGE,
    "scripts/latte.md": SCRIPT + BODY,
    "metrics/contact-gap.md": METRIC + BODY,
}


@pytest.fixture(scope="session")
def book() -> playbook.Playbook:
    """The playbook of the product."""
    return playbook.load()


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """Folder of a playbook with one page of each kind."""
    shutil.copytree(resources.playbook() / "rules", tmp_path / "rules")
    (tmp_path / "rules" / "sequences.yml").write_text(SEQUENCES, encoding="utf-8")
    for name, text in PAGES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def edited(small: Path) -> Callable[[str, str, str], Path]:
    """Replace one piece of text in a page of the small playbook; the piece must be there."""

    def edit(file: str, old: str, new: str) -> Path:
        text = (small / file).read_text(encoding="utf-8")
        assert old in text
        (small / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        return small

    return edit
