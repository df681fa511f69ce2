"""Write docs/reference/lawyer-checks.md: what a lawyer should check first, the weightiest at the top.

python -m tools.lawyer_page           writes the page
python -m tools.lawyer_page --check   changes nothing; fails if the page is not what would be written
"""

import sys
from collections.abc import Iterator, Sequence
from datetime import date

from fairshare.decide.language import Rule, RuleBase
from fairshare.decide.library import load_real_base, load_words
from fairshare.decide.words import Words
from fairshare.law import Law, Provision, load_law
from fairshare.law.provisions import Kind, Version
from fairshare.words import Mark
from tools.reference import ROOT, write_or_check

PAGE = ROOT / "docs" / "reference" / "lawyer-checks.md"
BLOCKING = ("refuse.", "share.refuse", "share.hold_back", "share.redirect", "gate.stopped")
"""How conclusions begin that hold information back without a duty or a prohibition."""
OPENING = """\
# What a lawyer should check first

Fairshare's rules were built from texts, by people who are not your lawyers. This page lists, from the rule base and the
law files, whatever rests on something that was not read whole, not read in the version of the day, or is our own
reconstruction. Nothing here can conclude by itself that something must or must not be shared: `fairshare rules verify`
refuses a rule base in which such a conclusion rests on law that was not read. It can still ask, warn, refer, or stand
behind a *may*, and there it deserves a lawyer's eye. Written by `make docs`.
"""
CLOSING = """\
## 7. Questions that are not decided here

- Whether information must be given under freedom of information or environmental information law. No tool asks it; a
  request under those laws goes to whoever answers them, who also decides on its exemption for personal information.
- Whether the duty under section 5 of the Criminal Law Act (Northern Ireland) 1967 also binds somebody whom the police
  have asked already. The section was not read, so the rules name the duty only where nobody asked
  ([why](../explain/second-encoding.md)).
- Whether a council or another body that is not the police must show a pressing need before it warns somebody under an
  implied power. The rules ask for that of police who rely on common law, and of everybody else whether it is
  proportionate.
"""


class LawyerPage:
    """The rule base with its words and law, looked at for what was not checked."""

    def __init__(self, base: RuleBase, words: Words, law: Law) -> None:
        self.base, self.words, self.law = base, words, law

    def render(self) -> str:
        """The whole page."""
        parts = [
            OPENING,
            self.count_blocking(),
            "## 1. Provisions that are remembered\n",
            self.list_provisions(Mark.REMEMBERED, guidance=False),
            "## 2. Provisions known from secondary sources, or read in another version\n",
            self.list_provisions(Mark.SECONDARY, guidance=False),
            "## 3. Guidance of which only parts were read\n",
            "What stands in its place is built from the law, and is ours.\n",
            self.list_provisions(Mark.SECONDARY, guidance=True),
            "## 4. Commencement that nobody could confirm\n",
            "\n".join(self.list_unconfirmed()) + "\n",
            "## 5. Rules that rest on our own suggestion alone\n",
            "\n".join(self.list_own()) + "\n",
            "## 6. Words\n",
            "All Welsh in the rules, the law, the handbook and the myths is unreviewed by a Welsh speaker.\n",
            CLOSING.rstrip(),
        ]
        return "\n".join(parts) + "\n"

    def count_blocking(self) -> str:
        """How much of the law was read behind rules that block, and behind those that only refer to a person."""
        read, cited = self.find_read(2)
        referring, all_cited = self.find_read(1)
        share = 100 * len(read) // len(cited)
        return (
            f"Of {len(cited)} provisions of law behind rules that block (that compel, forbid, refuse, hold back or "
            f"wait for\nsomething), {len(read)} ({share}%) were read; behind what must or must not be shared, all. "
            f"With the rules that refer a\nquestion to a person, {len(referring)} of {len(all_cited)} were.\n"
        )

    def find_read(self, weight: int) -> tuple[set[str], set[str]]:
        """The provisions of law that were read, and all of them, behind rules of this weight or more."""
        rules = [rule for rule in self.base.rules.values() if self.weigh(rule) >= weight]
        cited = {each for rule in rules for each in rule.cite if self.law.provisions[each].kind.is_law}
        read = {each for each in cited if self.version_of(self.law.provisions[each]).checked.how is Mark.READ}
        return read, cited

    def weigh(self, rule: Rule) -> int:
        """How much hangs on a rule: 3 compels or forbids, 2 refuses or holds back or up, 1 refers, 0 informs."""
        found = self.base.conclusions[rule.conclusion]
        if found.force in ("must", "must_not"):
            return 3
        if found.sort == "need" or found.id.startswith(BLOCKING):
            return 2
        return 1 if found.force == "refer" else 0

    def version_of(self, provision: Provision) -> Version:
        """The version that is in force until further notice, or else the last."""
        return provision.at(date.max) or provision.versions[-1]

    def list_provisions(self, mark: Mark, *, guidance: bool) -> str:
        """A table of the provisions with this mark that rules cite, those with the weightiest rules first."""
        rows = []
        for provision in self.law.provisions.values():
            version = self.version_of(provision)
            rules = [rule for rule in self.base.rules.values() if provision.id in rule.cite]
            if rules and version.checked.how is mark and provision.kind.is_law is not guidance:
                rows.append((-max(map(self.weigh, rules)), -len(rules), self.write_row(provision, version, rules)))
        return "\n".join(
            [
                "| provision | what we know of it | rules that cite it |",
                "|---|---|---|",
                *(row for *_, row in sorted(rows)),
                "",
            ]
        )

    def write_row(self, provision: Provision, version: Version, rules: Sequence[Rule]) -> str:
        """One provision: its link, how it was checked, and what its rules conclude."""
        name = f"{provision.instrument}, {provision.pinpoint}"
        linked = f"[{name}]({provision.link})" if provision.link else name
        note = version.checked.note or version.checked.against
        titles = list(dict.fromkeys(self.words.conclusion(rule.conclusion).title for rule in rules))
        more = f" and {len(titles) - 3} more" if len(titles) > 3 else ""
        return f"| {linked} | {note} | {len(rules)}: {'; '.join(titles[:3])}{more} |"

    def list_unconfirmed(self) -> Iterator[str]:
        """Rules and provisions whose commencement was not confirmed."""
        for rule in self.base.rules.values():
            if not rule.confirmed:
                yield f"- rule `{rule.id}`: {self.words.because(rule.id)}"
        for provision in self.law.provisions.values():
            if any(version.status == "unconfirmed" for version in provision.versions):
                yield f"- {provision.instrument}, {provision.pinpoint}: {provision.title}"

    def list_own(self) -> Iterator[str]:
        """Rules that cite nothing but a policy, those that hold up or refer first."""
        own = [
            rule
            for rule in self.base.rules.values()
            if all(self.law.provisions[each].kind is Kind.POLICY for each in rule.cite)
        ]
        for rule in sorted(own, key=lambda each: (-self.weigh(each), each.id)):
            title = self.words.title_of("gates", rule.gate)
            yield f"- [{title}](decides/gates/{rule.gate}.md): {self.words.because(rule.id)} (`{rule.id}`)"


def render_page() -> str:
    """The page for the rule base and the law that come with Fairshare."""
    return LawyerPage(load_real_base(), load_words("en"), load_law()).render()


if __name__ == "__main__":
    sys.exit(write_or_check({PAGE: render_page()}, check="--check" in sys.argv[1:]))
