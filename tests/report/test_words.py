"""Every word of the look exists in every language."""

import re

from babel.messages.pofile import read_po

from helpers.language import Language, available
from helpers.report.typeface import parts_for
from helpers.resources import package_file

HERE = ("pieces.py", "document.py", "chapters.py", "charts/*.py", "templates/*.j2", "templates/pieces/*.j2")
SAID = re.compile(r'(?:\bt|\.text|InputError)\(\s*"([^"]+)"')
COUNTED = re.compile(r'\.plural\(\s*"([^"]+)",\s*"([^"]+)"')


def sentences() -> set[str]:
    """Sentences the pieces, the charts, the document and their templates say."""
    files = [file for pattern in HERE for file in package_file("report").glob(pattern)]
    text = "\n".join(file.read_text(encoding="utf-8") for file in files)
    return set(SAID.findall(text)) | {one for one, _ in COUNTED.findall(text)}


def test_no_sentence_is_missing_in_any_language() -> None:
    """A Vietnamese reader meets no English heading or label, and no catalog line is left that nobody says."""
    said = sentences()
    assert len(said) > 40
    for code in set(available()) - {"en"}:
        with package_file("locale", code, "report.po").open("rb") as file:
            catalog = {m.id[0] if isinstance(m.id, tuple) else m.id: m for m in read_po(file, locale=code) if m.id}
        assert not said - catalog.keys()
        for message in catalog.values():
            forms = [
                form for part in (message.id, message.string) for form in (part if isinstance(part, tuple) else (part,))
            ]
            assert all(forms)
            assert len({frozenset(re.findall(r"\{(\w+)\}", form)) for form in forms}) == 1


def test_vietnamese_is_written_with_composed_letters() -> None:
    """Letters with two marks are single characters, as every phone's font expects."""
    text = package_file("locale", "vi", "report.po").read_text(encoding="utf-8")
    assert not [character for character in text if 0x300 <= ord(character) < 0x370]
    assert parts_for(text) == ("vietnamese", "latin")


def test_a_count_is_worded_in_the_readers_language() -> None:
    """Plural forms are chosen by the language, not by adding an s."""
    one, many = "{n} more row is not shown here.", "{n} more rows are not shown here."
    assert Language("en").plural(one, many, 1) == "1 more row is not shown here."
    assert Language("vi").plural(one, many, 1200) == "Còn 1.200 dòng nữa chưa hiện ở đây."
