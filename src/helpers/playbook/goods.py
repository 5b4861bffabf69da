"""``rules/goods.yml``: lines of an order that are no product, such as postage and fees."""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated

import yaml
from pydantic import Field

from helpers import resources
from helpers.playbook.models import Strict


class Goods(Strict):
    """Names of lines that are no product, in small letters: whole ones (`named`) and how others begin (`begins`)."""

    named: Annotated[tuple[str, ...], Field(min_length=1)]
    begins: Annotated[tuple[str, ...], Field(min_length=1)]

    @property
    def pattern(self) -> str:
        """A regular expression that finds such a name written in small letters (syntax of RE2 and Java)."""
        whole, start = ("|".join(re.escape(name) for name in names) for names in (self.named, self.begins))
        return rf"^\s*(({whole})\s*$|({start})([\s\d.,:;()\-]|s?$))"


@cache
def load_goods() -> Goods:
    """The names as the playbook has them."""
    text = (resources.playbook() / "rules" / "goods.yml").read_text(encoding="utf-8")
    return Goods.model_validate(yaml.safe_load(text))
