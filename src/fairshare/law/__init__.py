"""Law as dated data: provisions, the competent-authority register, and gateways that authorise disclosure."""

from fairshare.law.library import Law, UnknownProvision, count_marks, load_law
from fairshare.law.provisions import Checked, Kind, MalformedProvision, Provision, Version

__all__ = ["Checked", "Kind", "Law", "MalformedProvision", "Provision", "UnknownProvision", "Version", "count_marks",
           "load_law"]
