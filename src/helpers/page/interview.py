"""How the shop works today: the mistakes one by one."""

from __future__ import annotations

from typing import Any

import ipywidgets as w

from helpers.errors import key
from helpers.page.elements import WIDE, text
from helpers.page.section import Section
from helpers.playbook import Mistake, Question


class Interview(Section):
    """Anchored answers and notes."""

    name = "interview"
    title = key("How do you work today?")

    def view(self) -> w.VBox:
        """Every mistake, folded."""
        return w.VBox([self._mistake(mistake) for mistake in self.frame.book.mistakes.values()])

    def _mistake(self, mistake: Mistake) -> w.Accordion:
        rows = [text("p", mistake.customer_view[self.say.code])] + [self._question(q) for q in mistake.questions]
        box = w.Accordion([w.VBox(rows)], titles=(mistake.title[self.say.code],))
        box.selected_index = None
        return box

    def _question(self, question: Question) -> w.VBox:
        say, given = self.say, self.frame.state.answers.get(question.id)
        options = [(say.text("skip"), None)] + [
            (f"{i} – {anchor[say.code]}", i) for i, anchor in enumerate(question.anchors)
        ]
        choice = w.Dropdown(options=options, value=given.score if given else None, layout=WIDE)
        note = w.Text(
            value=given.note if given else "", placeholder=say.text("note"), layout=WIDE, continuous_update=False
        )

        def changed(_: Any) -> None:
            self.frame.keep(lambda s: s.answer(question.id, choice.value, note.value))

        choice.observe(changed, names="value")
        note.observe(changed, names="value")
        return w.VBox([text("p", question.ask[say.code]), choice, note])
