"""What is wrong with a value or a line that somebody typed into a YAML file, in words: for `business.yml` and `session.yml`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from helpers.errors import InputError, key

_PROBLEMS = {
    "extra_forbidden": key("this name is not known"),
    "missing": key("it is missing"),
    "string_pattern_mismatch": key("it is not written as it must be"),
    "float_parsing": key("“{value}” is not a number"),
    "float_type": key("“{value}” is not a number"),
    "int_parsing": key("“{value}” is not a whole number"),
    "int_type": key("“{value}” is not a whole number"),
    "int_from_float": key("“{value}” is not a whole number"),
    "string_type": key("“{value}” is not text"),
    "list_type": key("a list is needed, each item behind a dash"),
    "dict_type": key("lines of “name: value” are needed"),
    "model_type": key("lines of “name: value” are needed"),
    "date_from_datetime_parsing": key("“{value}” is not a day like 2026-03-31"),
    "date_parsing": key("“{value}” is not a day like 2026-03-31"),
    "literal_error": key("it may be one of: {expected}"),
    "string_too_short": key("it is empty"),
    "string_too_long": key("it is longer than {max_length} characters"),
    "bool_parsing": key("“{value}” is neither true nor false"),
    "bool_type": key("“{value}” is neither true nor false"),
    "greater_than": key("it must be more than {gt}"),
    "greater_than_equal": key("it must be at least {ge}"),
    "less_than_equal": key("it must be at most {le}"),
    "holdout": key("a campaign has one list of those left out: the one that was drawn before sending"),
    "less_than": key("it must be less than {lt}"),
    "currency": key("“{value}” is not an ISO 4217 currency code"),
    "timezone": key("“{value}” is not a time zone; write one like Asia/Ho_Chi_Minh or Europe/London"),
}
"""Kind of fault, or the field that has a check of its own → what is wrong (catalog keys)."""


def line_of(fault: yaml.YAMLError | UnicodeDecodeError) -> int:
    """The line of a text file at which reading it as UTF-8 and YAML gave up."""
    if isinstance(fault, UnicodeDecodeError):
        return fault.object[: fault.start].count(b"\n") + 1
    mark = getattr(fault, "problem_mark", None)
    return mark.line + 1 if mark else 1


def problem(fault: Mapping[str, Any]) -> InputError | str:
    """What pydantic found wrong with one value, still to be worded; a fault nobody has foreseen keeps pydantic's words."""
    kind = str(fault["loc"][-1]) if fault["type"] == "value_error" else fault["type"]
    if kind not in _PROBLEMS:
        return str(fault["msg"])
    limits = {
        name: limit for name, limit in fault.get("ctx", {}).items() if name in ("gt", "ge", "lt", "le", "max_length")
    }
    if "expected" in fault.get("ctx", {}):
        limits["expected"] = str(fault["ctx"]["expected"]).replace(" or ", ", ")
    value = str(fault["input"])
    secret = "url" in fault["loc"] or "://" in value  # an address may hold a password
    return InputError(_PROBLEMS[kind], value="…" if secret else value[:80], **limits)
