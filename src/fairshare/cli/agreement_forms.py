"""What a person writes down before an agreement is composed: the parties, and all that the decision does not say."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from fairshare.agree.terms import AgreementTerms
from fairshare.cli.forms import WrittenParty
from fairshare.records.agreed import FullParty
from fairshare.words import BadInput, Person
from fairshare.words.values import Line


class WrittenFullParty(WrittenParty):
    """One party of a full agreement; without a key file it signs in ink."""

    key_file: Line | None = None  # type: ignore[assignment]
    turn: int = Field(default=1, ge=1, le=99)
    rights_contact: Line | None = None
    dpo: Person | None = None


class FullTermsForm(AgreementTerms):
    """What `fairshare agree new` is given: the parties, and all that the decision does not say."""

    parties: tuple[WrittenFullParty, ...]

    def find_parties(self, base: Path) -> list[FullParty]:
        """The parties with their key ids; key files are looked for in `base`."""
        return [find_full_party(each, base) for each in self.parties]

    def find_terms(self) -> AgreementTerms:
        """The terms without the parties."""
        return AgreementTerms.model_validate(self.model_dump(exclude={"parties"}))


def find_full_party(written: WrittenFullParty, base: Path) -> FullParty:
    """A party as the agreement names it, with the id of the key in its file, if it has one."""
    from fairshare.records import read_keys

    kid = None
    if written.key_file is not None:
        keys = list(read_keys(base / written.key_file))
        if len(keys) != 1:
            raise BadInput("a party signs with one key", fix="Give a file with one public key.", where=written.key_file)
        kid = keys[0].kid
    return FullParty(
        organisation=written.organisation,
        role=written.role,
        key=kid,
        contact=written.contact,
        turn=written.turn,
        rights_contact=written.rights_contact,
        dpo=written.dpo,
    )
