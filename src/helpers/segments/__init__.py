"""One segment and its reason per customer, from one readable table of rules (`playbook/rules/segments.yml`)."""

from helpers.segments.assigning import assign
from helpers.segments.movement import Move, moves
from helpers.segments.rules import Rule, Rules, Test, load_rules, rules_for
from helpers.segments.sizing import GONE, SegmentSize, sizes

__all__ = [
    "GONE",
    "Move",
    "Rule",
    "Rules",
    "SegmentSize",
    "Test",
    "assign",
    "load_rules",
    "moves",
    "rules_for",
    "sizes",
]
