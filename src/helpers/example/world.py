"""The whole invented café, in memory: everything that the files are written from."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from numpy.random import PCG64, Generator, SeedSequence

from helpers.example.campaign import make_consent, opt_outs, run_campaign
from helpers.example.invoices import make_invoices
from helpers.example.office import make_contacts, make_costs
from helpers.example.people import make_customers
from helpers.example.process import Process
from helpers.example.season import visit_clock
from helpers.example.service import make_complaints, make_feedback
from helpers.example.visits import natural_visits, walk_in_visits

SEED = 20240701


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """Tables of one simulated business; positions in `customers` and `invoices` are the keys between them.

    Attributes:
        seed: what the random streams start from.
        process: the truth that was simulated.
        customers: see `helpers.example.people.make_customers`.
        visits: see `helpers.example.visits.natural_visits`; without what the campaign added.
        invoices: see `helpers.example.invoices.make_invoices`.
        lines: see `helpers.example.menu.make_lines`.
        campaign: see `helpers.example.campaign.run_campaign`.
        consent: see `helpers.example.campaign.make_consent`.
        contacts: see `helpers.example.office.make_contacts`.
        complaints: see `helpers.example.service.make_complaints`.
        feedback: see `helpers.example.service.make_feedback`.
        costs: see `helpers.example.office.make_costs`.
    """

    seed: int
    process: Process
    customers: pd.DataFrame
    visits: pd.DataFrame
    invoices: pd.DataFrame
    lines: pd.DataFrame
    campaign: pd.DataFrame
    consent: pd.DataFrame
    contacts: pd.DataFrame
    complaints: pd.DataFrame
    feedback: pd.DataFrame
    costs: pd.DataFrame


def simulate(seed: int = SEED, process: Process | None = None) -> World:
    """Simulate the café; the same seed and process give the same tables.

    Every step has a random stream of its own, so that changing one leaves the draws of the others alone.

    Args:
        seed: a non-negative whole number.
        process: the truth to obey; the committed example's when left out.

    Returns:
        The tables, in memory; nothing is written.

    Raises:
        ValueError: if the seed is negative.
    """
    if seed < 0:
        raise ValueError(f"seed must be 0 or more, got {seed}")
    process = process or Process()
    streams = iter([Generator(PCG64(child)) for child in SeedSequence(seed).spawn(11)])
    clock = visit_clock(process)
    customers = make_customers(clock, process, next(streams))
    visits = natural_visits(customers, clock, process, next(streams))
    walk_ins = walk_in_visits(clock, process, next(streams))
    consent = make_consent(customers, process, next(streams))
    people, added = run_campaign(customers, visits, consent, clock, process, next(streams))
    consent = pd.concat([consent, opt_outs(people, process, next(streams))], ignore_index=True)
    consent = consent.sort_values(["day", "customer"], kind="stable", ignore_index=True)
    invoices, lines = make_invoices(customers, visits, added, walk_ins, people, process, next(streams))
    contacts = make_contacts(customers, visits, consent, people, process, next(streams))
    return World(
        seed=seed,
        process=process,
        customers=customers,
        visits=visits,
        invoices=invoices,
        lines=lines,
        campaign=people,
        consent=consent,
        contacts=contacts,
        complaints=make_complaints(invoices, process, next(streams)),
        feedback=make_feedback(invoices, process, next(streams)),
        costs=make_costs(invoices, contacts, process, next(streams)),
    )
