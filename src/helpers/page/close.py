"""The end: the sheet the owner takes home."""

from __future__ import annotations

from datetime import date

import ipywidgets as w

from helpers.errors import InputError, key
from helpers.page import look
from helpers.page.elements import box, button, row, text
from helpers.page.section import Section
from helpers.session import sheet


class Close(Section):
    """Read the promises aloud, print, and leave a file."""

    name = "close"
    title = key("To take home")
    short = key("Print")

    def view(self) -> w.VBox:
        """The sheet, with buttons above."""
        say, frame = self.say, self.frame
        found = sheet.sheet(
            frame.state,
            frame.numbers,
            frame.book,
            say,
            client=frame.name,
            day=date.today(),
            money=frame.money,
        )

        def written() -> None:
            try:
                path = sheet.write(frame.client, found, say, look.style())
            except OSError as fault:
                frame.fault(
                    InputError(
                        "“{file}” could not be written ({reason}).", file=sheet.FILE, reason=fault.strerror or ""
                    )
                )
                return
            frame.tell(say.text("Written: {file}, in the folder of this client.", file=path.name))

        hint = say.text("Let the owner read the promises aloud, and fix the day of the next look.")
        ways = [button(say.text("Save as a file ({file})", file=sheet.FILE), written, "main")]
        ways.append(button(say.text("Print this page"), lambda: None, "quiet print-now"))
        return box([text("p", hint, "small"), row(ways, "gap"), box([w.HTML(sheet.body(found, say))], "block")])
