"""Law as dated data: provisions, the competent-authority register, and gateways that authorise disclosure."""

from fairshare.law.checking import Checked, MalformedLaw, Source
from fairshare.law.gateways import Gateway
from fairshare.law.library import Law, UnknownProvision, count_marks, describe_marks, load_law
from fairshare.law.provisions import Kind, Nation, Provision, Version
from fairshare.law.register import Body, Candidate, Entry, Function, Register, Status, UnknownEntry

__all__ = [
    "Body",
    "Candidate",
    "Checked",
    "Entry",
    "Function",
    "Gateway",
    "Kind",
    "Law",
    "MalformedLaw",
    "Nation",
    "Provision",
    "Register",
    "Source",
    "Status",
    "UnknownEntry",
    "UnknownProvision",
    "Version",
    "count_marks",
    "describe_marks",
    "load_law",
]
