"""What the guards of a release found and the recipient is not meant to learn, and how its receipt still proves it.

The signed receipt, which the recipient gets, holds one commitment: the SHA-256 of the facts with a random salt. The
facts themselves stay at the desk in a file whose SHA-256 it is, so that they can be shown to an auditor later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256

from fairshare.records.canonical import encode
from fairshare.records.commitments import Entropy, new_salt
from fairshare.release.engines import EngineReport
from fairshare.release.sections import InBoth, Section

ON_RECEIPT = "facts kept by the holder"


@dataclass(frozen=True)
class KeptByHolder:
    """Facts of one release that stay at the desk, with the salt that keeps anybody from guessing them."""

    salt: str = field(repr=False)
    facts: Mapping[str, str] = field(repr=False)

    def write(self) -> bytes:
        """The file that stays at the desk: canonical JSON."""
        return encode({"facts": dict(self.facts), "salt": self.salt})

    @property
    def commitment(self) -> str:
        """What the receipt says in place of the facts: the SHA-256 of the file."""
        return f"sha256:{sha256(self.write()).hexdigest()}"

    def tell(self) -> Section:
        """The part of the holder's sheet about them."""
        return Section(
            "kept",
            InBoth("Kept by you, and not sent", "Cadwyd gennych chi, ac nis anfonwyd"),
            (
                InBoth(
                    f"The receipt that went holds only the SHA-256 of these facts with a random salt: "
                    f"{self.commitment}. The file with that SHA-256 is at the desk, beside this sheet.",
                    f"Dim ond SHA-256 y ffeithiau hyn gyda halen ar hap sydd yn y dderbynneb: {self.commitment}. "
                    "Mae'r ffeil â'r SHA-256 hwnnw wrth y ddesg, wrth ymyl y daflen hon.",
                ),
            ),
            (InBoth("Fact", "Ffaith"), InBoth("What it says", "Beth mae'n ei ddweud")),
            tuple(self.facts.items()),
            holder_only=True,
        )


def keep_facts(report: EngineReport, entropy: Entropy) -> tuple[EngineReport, KeptByHolder | None]:
    """The report with a commitment in place of what the holder keeps, and what the holder keeps; None if nothing."""
    if not report.kept_by_holder:
        return report, None
    kept = KeptByHolder(new_salt(entropy), report.kept_by_holder)
    told = replace(
        report,
        sections=(*report.sections, kept.tell()),
        kept_on_receipt={**report.kept_on_receipt, ON_RECEIPT: kept.commitment},
    )
    return told, kept
