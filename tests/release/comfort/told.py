"""Sections as steps of a release give them, one for each kind of chart."""

from __future__ import annotations

from fairshare.release.sections import Chart, InBoth, Section, Series


def both(english: str, welsh: str = "") -> InBoth:
    """Words in both languages."""
    return InBoth(english, welsh or f"{english} (cy)")


BEFORE, AFTER = both("before", "cyn"), both("after", "wedyn")
BARS = Chart(
    "bars",
    both("Chance that one person is found", "Y siawns y deuir o hyd i un person"),
    both("Three pairs of bars; after treatment each is below the limit of 20 %."),
    ("prosecutor", "journalist", "marketer"),
    (Series(BEFORE, (100.0, 50.0, 41.2)), Series(AFTER, (20.0, 10.0, 4.75))),
    both("% chance", "% o siawns"),
    limit=20.0,
)
STEPS = Chart(
    "steps",
    both("Budget spent so far"),
    both("A line that rises in four steps to 2 of 3."),
    ("1 May", "1 June", "1 July", "1 August"),
    (Series(both("this source"), (0.5, 1.0, 1.5, 2.0)), Series(both("this recipient"), (0.25, 0.5, 0.5, 1.0))),
    both("epsilon"),
    limit=3.0,
)
INTERVALS = Chart(
    "intervals",
    both("What an attacker gains"),
    both("Three intervals, all of which hold nought."),
    ("singling out", "linking", "guessing"),
    (Series(both("gain"), (0.01, 0.0, 0.02), (-0.02, -0.01, -0.01), (0.04, 0.02, 0.05)),),
    both("share of attacks"),
)
RISK = Section(
    "risk",
    both("Risk that somebody is found", "Y perygl y deuir o hyd i rywun"),
    (both("After treatment, the largest chance is 20 %.", "Ar ôl triniaeth, y siawns fwyaf yw 20 %."),),
    (both("Attacker", "Ymosodwr"), BEFORE, AFTER),
    (("prosecutor", "100 %", "20 %"), ("journalist", "50 %", "10 %"), ("marketer", "41.2 %", "4.75 %")),
    (BARS,),
)
BUDGET = Section("budget", both("Budget spent"), (both("2 of 3 are spent."),), charts=(STEPS,), holder_only=True)
ATTACKS = Section("attacks", both("Attacks"), (both("None did better than chance."),), charts=(INTERVALS,))
SECTIONS = (ATTACKS, BUDGET, RISK)
"""Not in the order of the sheet, which it must put right."""
