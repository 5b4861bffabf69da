"""Charts: small plain tables in, :class:`~helpers.report.pieces.Figure` out.

Every chart takes `title` (the finding; empty where a headline right above says it), `subtitle` (measure, unit, period,
n), `language` (of numbers, dates, labels) and `caption` (how to read it), all worded by the caller. An empty table is
a ValueError: what was not measured is said with :class:`~helpers.report.pieces.Missing`.
"""

from helpers.report.charts.amounts import bars, bridge, scorecard
from helpers.report.charts.cohorts import cohorts, stack
from helpers.report.charts.curves import calibration, return_curve, weeks
from helpers.report.charts.flows import growth, rhythm
from helpers.report.charts.shares import arms, ladder, rates
from helpers.report.charts.staying import staying
from helpers.report.charts.swings import swings

__all__ = [
    "arms",
    "bars",
    "bridge",
    "calibration",
    "cohorts",
    "growth",
    "ladder",
    "rates",
    "return_curve",
    "rhythm",
    "scorecard",
    "stack",
    "staying",
    "swings",
    "weeks",
]
