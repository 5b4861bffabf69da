"""The five lenses of the customer-base audit (Fader, Hardie & Ross, *The Customer-Base Audit*, 2022), and the identity they share.

revenue = customers × share active × orders per active customer × revenue per order, as ratios of totals.
"""

from helpers.metrics.lenses.factors import Factors, Period, effects
from helpers.metrics.lenses.grid import Grid, grid
from helpers.metrics.lenses.one_cohort import OneCohort, one_cohort
from helpers.metrics.lenses.one_period import OnePeriod, one_period
from helpers.metrics.lenses.second_purchase import CohortReturn, SecondPurchase, second_purchase
from helpers.metrics.lenses.two_periods import Bridge, TwoPeriods, two_periods
from helpers.metrics.lenses.whole_base import WholeBase, whole_base

__all__ = [
    "Bridge",
    "CohortReturn",
    "Factors",
    "Grid",
    "OneCohort",
    "OnePeriod",
    "Period",
    "SecondPurchase",
    "TwoPeriods",
    "WholeBase",
    "effects",
    "grid",
    "one_cohort",
    "one_period",
    "second_purchase",
    "two_periods",
    "whole_base",
]
