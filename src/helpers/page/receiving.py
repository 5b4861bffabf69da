"""The box files are dropped on: a file field, and a hidden line through which its pieces come.

ipywidgets' own upload sends a file as one message. A web socket of Jupyter's server takes ten million bytes and closes on
more, without a word to anybody; and a file would be in memory whole, twice. So the pieces are cut in the browser.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as w
from traitlets import Unicode

from helpers.errors import InputError
from helpers.language import Language
from helpers.page.elements import box
from helpers.resources import package_file


class _Pieces(w.Textarea):  # type: ignore[misc]  # ipywidgets has no types
    """A text field whose content is not sent back to the browser it came from."""

    value = Unicode("", help="String value").tag(sync=True, echo_update=False)


class Receiving:
    """The box, and the files on their way through it.

    Args:
        client: the client's folder. say: the language of the page. refused: called with what is wrong with a file.
        ended: called when the last of the files chosen together has come or was refused.
    """

    def __init__(
        self, client: Path, say: Language, refused: Callable[[InputError], object], ended: Callable[[], object]
    ) -> None:
        self._client, self._say, self._refused, self._ended = client, say, refused, ended
        self._uploads: dict[str, Any] = {}
        self._line = _Pieces()
        self._line.add_class("retention-pieces")
        self._answer = w.HTML()
        self._answer.add_class("retention-answer")
        self._line.observe(lambda change: self._heard(str(change["new"])), names="value")
        self.view = box([w.HTML(self._box()), self._line, self._answer], "retention-receiving")

    def _box(self) -> str:
        from helpers.intake.checking import KNOWN
        from helpers.uploads import LARGEST, PIECE

        say = self._say
        lost = say.text("The connection to the program is lost; reload the page and drop the file again.")
        unreadable = say.text("The browser cannot read this file; close it in other programs and drop it again.")
        hint = say.text(
            "Excel, CSV, Parquet, JSON, or a .zip of them, up to {most} MB. Nothing leaves this machine.",
            most=round(LARGEST / 1e6),
        )
        drop = "this.classList.remove('over');event.preventDefault();const f=this.querySelector('input');f.files=event.dataTransfer.files;f.dispatchEvent(new Event('change'))"
        return (
            f'<div class="retention-drop" data-piece="{PIECE}" data-lost="{escape(lost)}" data-unreadable="{escape(unreadable)}"'
            " ondragover=\"event.preventDefault();this.classList.add('over')\" ondragleave=\"this.classList.remove('over')\""
            f' ondrop="{escape(drop)}">'
            f"<label>{escape(say.text('Drop files on this frame, or choose them:'))}"
            f'<input type="file" multiple accept="{",".join(KNOWN)}" onchange="{escape(_script())}">'
            f'<span class="choose" aria-hidden="true">{escape(say.text("Choose files"))}</span></label>'
            f"<p>{escape(hint)}</p>"
            f'<progress max="1" value="0" aria-label="{escape(say.text("How much has come"))}" hidden></progress>'
            '<p class="retention-lost fault" role="alert"></p></div>'
        )

    def _heard(self, text: str) -> None:
        """One message from the browser; anything that is none is passed over."""
        try:
            message = json.loads(text)
            id, step, what = str(message["id"]), int(message["step"]), message["do"]
        except (ValueError, KeyError, TypeError):
            return
        stop = False
        try:
            self._take(id, what, message)
        except InputError as fault:
            self._uploads.pop(id, None)
            self._refused(fault)
            stop = True
        told = escape(json.dumps({"id": id, "step": step, "stop": stop}))
        self._answer.value = f'<span data-answer="{told}"></span>'
        if what == "done":
            self._ended()

    def _take(self, id: str, what: str, message: dict[str, Any]) -> None:
        from helpers import uploads

        if what == "begin":
            size = message.get("size")
            self._uploads[id] = uploads.begin(
                self._client, str(message.get("name", "")), size if isinstance(size, int) else 0
            )
        elif what == "piece" and id in self._uploads:
            try:
                piece = base64.b64decode(str(message.get("data", "")), validate=True)
            except binascii.Error:
                piece = b""  # what is missing shows at the end
            self._uploads[id].add(piece)
        elif what == "end" and id in self._uploads:
            self._uploads.pop(id).finish()

    def close(self) -> None:
        """Forget what has not come whole."""
        for upload in self._uploads.values():
            upload.give_up()
        self._uploads.clear()


@cache
def _script() -> str:
    return package_file("page", "drop.js").read_text(encoding="utf-8")
