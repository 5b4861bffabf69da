"""Matplotlib's SVG made fit to stand inside a page: small, scaling with it, no unused ids, named by its finding."""

from __future__ import annotations

import re
from xml.etree import ElementTree

SVG = "http://www.w3.org/2000/svg"
_HREF = "{http://www.w3.org/1999/xlink}href"
_NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
_USED = re.compile(r"url\(#([^)]+)\)")
_SPLIT = re.compile(r"^split-(\d+)$")
_ROTATED_BY_NOTHING = re.compile(r"^rotate\(-?0(?:\.0)? [^)]*\)$")
_TEXT_STYLE = ("font-weight", "text-anchor", "fill", "font-style")
_BASE = 10.0
"""Font size of the drawing's root: all text is set in ``em`` of it, so one rule of the page scales the type."""

ElementTree.register_namespace("", SVG)


def split_id(label: str) -> str:
    """The id to give a text whose part after `label` is an aside: :func:`clean` sets that part in grey, right behind
    the label.

    Matplotlib cannot set one line in two colours, and two texts would drift apart when the page makes the type smaller.
    """
    return f"split-{len(label)}"


def clean(raw: str, *, title: str, prefix: str, ink: str, aside: str) -> str:
    """One ``<svg>`` element for use inside HTML.

    Args:
        raw: an SVG document as matplotlib writes it with ``svg.fonttype: none``.
        title: becomes ``<title>``: the name a screen reader says.
        prefix: what the remaining ids begin with.
        ink: colour of text that has none of its own.
        aside: colour of the parts marked with :func:`split_id`.

    Returns:
        No prolog, metadata, width or height; ``viewBox`` kept, numbers to two decimals, text with its size in ``em``.
    """
    root = ElementTree.fromstring(raw)  # noqa: S314 – written by matplotlib a moment ago, not read from anywhere
    drop = {f"{{{SVG}}}metadata", f"{{{SVG}}}style"}
    for parent in list(root.iter()):
        for child in [child for child in parent if child.tag in drop]:
            parent.remove(child)
    _split_asides(root, aside)
    _rename_ids(root, prefix)
    for element in root.iter():
        _tidy(element)
    _unwrap(root)
    head = {"viewBox": root.get("viewBox", ""), "role": "img", "font-size": f"{_BASE:g}"}
    head |= {"font-family": "'Be Vietnam Pro', system-ui, sans-serif", "fill": ink, "stroke-linejoin": "round"}
    root.attrib.clear()
    root.attrib.update(head)
    name = ElementTree.Element(f"{{{SVG}}}title")
    name.text = title
    root.insert(0, name)
    return ElementTree.tostring(root, encoding="unicode")


def _split_asides(root: ElementTree.Element, aside: str) -> None:
    """Texts in a group marked by :func:`split_id`: their tail becomes a ``<tspan>``."""
    for group in list(root.iter(f"{{{SVG}}}g")):
        match = _SPLIT.match(group.get("id", ""))
        text = group.find(f"{{{SVG}}}text") if match else None
        if match and text is not None and text.text:
            tail = ElementTree.SubElement(text, f"{{{SVG}}}tspan", {"dx": "0.35em", "fill": aside})
            text.text, tail.text = text.text[: int(match[1])] + " ", text.text[int(match[1]) :].lstrip()


def _rename_ids(root: ElementTree.Element, prefix: str) -> None:
    """Ids that something refers to become `prefix` with a running number; all others go."""
    used: dict[str, str] = {}
    for element in root.iter():
        href = element.attrib.pop(_HREF, "") or element.get("href", "")
        if href:
            element.set("href", href)
        references = [href[1:]] if href.startswith("#") else []
        for value in element.attrib.values():
            references += _USED.findall(value)
        for reference in references:
            used.setdefault(reference, f"{prefix}-{len(used) + 1}")
    for element in root.iter():
        for key, value in list(element.attrib.items()):
            if key == "id":
                element.attrib.pop("id")
                if value in used:
                    element.set("id", used[value])
            elif key == "href":
                element.set("href", f"#{used[value[1:]]}")
            elif "url(#" in value:
                element.set(key, _USED.sub(lambda match: f"url(#{used[match[1]]})", value))


def _tidy(element: ElementTree.Element) -> None:
    """Styles as attributes, numbers short, text sizes relative."""
    if element.tag not in (f"{{{SVG}}}text", f"{{{SVG}}}tspan"):
        element.text = None
    element.tail = None
    if _ROTATED_BY_NOTHING.match(element.get("transform", "")):
        del element.attrib["transform"]
    style = dict(part.split(":", 1) for part in element.attrib.pop("style", "").split(";") if ":" in part)
    style = {key.strip(): value.strip() for key, value in style.items()}
    if element.tag == f"{{{SVG}}}text":
        size = float(style.get("font-size", f"{_BASE}px").removesuffix("px"))
        style = {key: style[key] for key in _TEXT_STYLE if key in style} | {"font-size": f"{size / _BASE:g}em"}
    for key, value in style.items():
        element.set(key, value)
    for key, value in list(element.attrib.items()):
        if key in ("d", "x", "y", "width", "height", "transform", "stroke-width", "points"):
            element.set(key, _NUMBER.sub(lambda match: f"{round(float(match[0]), 2):g}", " ".join(value.split())))


def _unwrap(parent: ElementTree.Element) -> None:
    """Replace groups that say nothing by what is in them."""
    children: list[ElementTree.Element] = []
    for child in list(parent):
        _unwrap(child)
        if child.tag in (f"{{{SVG}}}g", f"{{{SVG}}}defs") and (
            not child.attrib and (child.tag.endswith("g") or not len(child))
        ):
            children.extend(child)
        else:
            children.append(child)
    parent[:] = children
