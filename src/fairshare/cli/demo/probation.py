"""Story two: a probation service gives a university de-identified rows, for research."""

from __future__ import annotations

import shutil
from pathlib import Path

from fairshare.cli.demo.housing import show_assessed, show_decided, show_verified
from fairshare.cli.demo.published import read_rossi
from fairshare.cli.demo.telling import Story, tell_story
from fairshare.cli.screen import Screen
from fairshare.words import ExitCode

NOT_EXERCISED = (
    "Any law that authorises this very disclosure: the story names none, and a real service would have to.",
    "Differential privacy, synthetic rows and the other privacy-enhancing technologies.",
    "A motivated-intruder test: the rows are called de-identified, never anonymous.",
    "A second release to the same university, checked against the first for what the two give away together.",
    "Review, variation and the end of the agreement.",
)
DESK = "--desk desk"


def tell_probation(out: Path, screen: Screen) -> Story:
    """The whole story, from the request to a verified archive and a release sheet."""
    with tell_story("probation", "A probation service gives a university de-identified rows", out, screen) as story:
        write_caseload(story.folder)
        story.say(
            "caseload.csv holds the 432 people of the Rossi study, as the package lifelines ships it. The demo adds a"
            " reference number to each row; in the story the service assigned it."
        )
        prepare(story)
        decide(story)
        agree(story)
        release(story)
        account(story)
        story.not_exercised = NOT_EXERCISED
    return story


def write_caseload(folder: Path) -> None:
    """The probation service's caseload: the published table, with a reference number for each row."""
    (folder / "caseload.csv").write_bytes(number_rows(read_rossi()))


def number_rows(table: bytes) -> bytes:
    r"""The table with a reference number before each row.

    >>> number_rows(b"week,arrest\n20,1\n17,1\n")
    b'reference,week,arrest\nNPS-0001,20,1\nNPS-0002,17,1\n'
    """
    head, *rows = table.splitlines()
    numbered = [b"NPS-%04d,%b" % (number, row) for number, row in enumerate(rows, 1)]
    return b"\n".join([b"reference," + head, *numbered, b""])


def prepare(story: Story) -> None:
    """Two organisations and their keys."""
    story.run(
        "The probation service makes a desk.",
        "fairshare start desk --organisation 'Northshire Probation Service'"
        " --person 'Lena Frost, research officer: handler, releaser'"
        " --person 'Owen Marsh, head of information: decider, signatory, auditor'",
        show=lambda found: (f"Key {found['key']['kid']}",),
    )
    story.run(
        "The university makes a key to sign with...",
        "fairshare keys make-signing university/signing.json --name 'Mid University'",
    )
    story.run("...and a key to receive with.", "fairshare keys make-reader university/reader.key")
    story.run(
        "The service trusts the university's key, having compared it by telephone.",
        f"fairshare keys trust university/signing.public.json {DESK}",
    )
    story.run(
        "The key to receive with is read back too; only to that key may the rows be sealed.",
        "fairshare keys reader university/reader.key.public.txt --of 'Mid University' --checked-by 'Lena Frost'"
        f" --how 'read back by the research office, on the number on its website' {DESK}",
    )


def decide(story: Story) -> None:
    """The request, the assessment on the section 36(4) path, and a person's decision."""
    story.run(
        "The university asks. It names nobody, and for de-identified rows it need not.",
        f"fairshare case receive mu-88 request.yaml {DESK} --as 'Lena Frost'",
        show=lambda found: tuple(f"Not said: {each['needs']}." for each in found["missing"]),
    )
    story.run(
        "Collected for law enforcement, and wanted for research: section 36(4) of the Data Protection Act 2018.",
        "fairshare decide ca.reuse answers.yaml",
        show=show_assessed,
    )
    story.run(
        "A named person decides: de-identified rows, and race not at all.",
        f"fairshare decide ca.reuse answers.yaml --case mu-88 --ruling ruling.yaml --report report.html {DESK}"
        " --as 'Owen Marsh'",
        show=show_decided,
    )
    story.keep("report of the decision", "report.html")


def agree(story: Story) -> None:
    """Routine sharing needs an agreement, signed by both; without one nothing goes."""
    story.run(
        "A key to pseudonymise with, for this agreement only.", f"fairshare keys make-pseudonym rossi-study {DESK}"
    )
    story.run(
        "Somebody is too quick: this is routine sharing, and there is no agreement yet.",
        f"fairshare release run mu-88 release.yaml --to university/reader.key.public.txt {DESK} --as 'Lena Frost'",
        expect=ExitCode.REFUSED,
    )
    story.run(
        "The agreement is drafted from the decision.",
        f"fairshare agree draft mu-88 terms.yaml {DESK} --as 'Owen Marsh'",
        show=lambda found: (f"{len(found['agreement']['items'])} items, in force until both have signed: no",),
    )
    story.run(
        "The service signs, and sends the file.",
        f"fairshare agree sign mu-88 --out agreement.json {DESK} --as 'Owen Marsh'",
    )
    story.run(
        "The university reads it and signs too.",
        "fairshare agree countersign agreement.json --key university/signing.json --trust desk/public-key.json"
        " --out agreement-signed.json",
    )
    story.run(
        "The service takes it back: both signatures hold.",
        f"fairshare agree take mu-88 agreement-signed.json {DESK} --as 'Owen Marsh'",
        show=lambda found: (f"In force: {'yes' if found['in_force'] else 'no'}",),
    )
    story.keep("agreement, signed by both", "agreement-signed.json")


def release(story: Story) -> None:
    """What the plan would do, the release, a flipped bit in what was handed over, and the receipt."""
    story.run("What would the plan do? No row is read for this.", "fairshare plan explain plan.yaml")
    released = story.run(
        "The rows go, sealed to the university's key.",
        "fairshare release run mu-88 release.yaml --to university/reader.key.public.txt --sheet sheet.html"
        f" {DESK} --as 'Lena Frost'",
        show=lambda found: (
            f"{found['counts']['rows_sent']} of {found['counts']['rows_read']} rows went;"
            f" {found['counts']['rows_suppressed']} were in groups too small.",
        ),
    )
    story.keep("release sheet", "sheet.html")
    shutil.copytree(released["folder"], "university/inbox")
    shutil.copytree(released["folder"], "university/damaged")
    flip_bit(Path("university/damaged/0001.age"))
    opening = "--key university/reader.key --trust desk/public-key.json --into university/opened"
    story.run(
        "One bit of the sealed table is flipped on the way. Nothing of it is opened.",
        f"fairshare release open university/damaged {opening}",
        expect=ExitCode.UNSOUND,
    )
    opened = story.run(
        "What arrived whole is opened, and receipted.",
        f"fairshare release open university/inbox {opening} --receipt university/receipt.json"
        " --sign-with university/signing.json --by 'Idris Vale, principal investigator'",
        show=lambda found: (f"Opened: {', '.join(found['files'])}",),
    )
    story.keep("what the university opened", f"university/opened/{Path(opened['folder']).name}")
    story.run(
        "The receipt comes back into the case.",
        f"fairshare release take-receipt mu-88 university/receipt.json {DESK} --as 'Lena Frost'",
    )


def flip_bit(path: Path) -> None:
    """Changes one bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def account(story: Story) -> None:
    """The archive, verified with trusted keys and without."""
    shutil.copy("desk/trusted-keys.json", "trusted-keys.json")
    story.run(
        "The case is exported as one archive.",
        f"fairshare case export mu-88 --out case.fairshare --plain {DESK} --as 'Owen Marsh'",
        show=lambda found: (f"{found['bytes']:,} bytes",),
    )
    story.run(
        "With the keys of both, everything is verified.",
        "fairshare verify case.fairshare --trust trusted-keys.json",
        show=show_verified,
    )
    story.run(
        "Without any keys it can only be said that it is consistent in itself.",
        "fairshare verify case.fairshare",
        expect=ExitCode.SIGNERS_UNKNOWN,
        show=show_verified,
    )
    story.keep("archive of the case", "case.fairshare")
    story.keep("keys to verify it with", "trusted-keys.json")
