"""What the owner promises to do."""

from __future__ import annotations

from typing import Any

import ipywidgets as w

from helpers.errors import key
from helpers.page.elements import WIDE
from helpers.page.section import Section
from helpers.session import Commitment


class Choose(Section):
    """Three commitments."""

    name = "choose"
    title = key("Three promises for the next 30 days")

    def view(self) -> w.VBox:
        """What, who, until when – three times."""
        say, known = self.say, self.frame.state.commitments
        rows = []
        for i in range(3):
            promise = known[i] if i < len(known) else None
            what = w.Text(
                value=promise.what if promise else "",
                placeholder=say.text("what"),
                layout=WIDE,
                continuous_update=False,
            )
            owner = w.Text(value=promise.owner if promise else "", placeholder=say.text("who"), continuous_update=False)
            rows.append((what, owner, w.DatePicker(value=promise.due if promise else None)))

        def changed(_: Any) -> None:
            made = tuple(
                Commitment(what=a.value.strip(), owner=b.value.strip(), due=c.value)
                for a, b, c in rows
                if a.value.strip()
            )
            self.frame.keep(lambda s: s.commit(*made))

        for row in rows:
            for field in row:
                field.observe(changed, names="value")
        return w.VBox([w.VBox(row) for row in rows])
