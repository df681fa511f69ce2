"""Make a desk: a folder with its own signing key, the people who work there, and an empty log."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairshare.cli.commands import Page
from fairshare.cli.files import write_file
from fairshare.cli.screen import Screen
from fairshare.words import BadInput

if TYPE_CHECKING:
    from fairshare.desk.who import Actor
    from fairshare.words import Organisation


People = Annotated[
    list[str],
    typer.Option(
        "--person",
        metavar="'NAME, JOB: ROLES'",
        help="Somebody who works there, such as 'Sam Field, housing officer: handler, releaser'. Repeat it.",
    ),
]


def start(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A new folder.")],
    organisation: Annotated[str, typer.Option("--organisation", metavar="NAME", help="Whose desk it is.")],
    person: People,
    identifier: Annotated[
        str | None, typer.Option("--identifier", help="A registered number, such as ico:ZA123456.")
    ] = None,
    log: Annotated[
        str | None, typer.Option("--log", help="A name for its log, like a web address without https://.")
    ] = None,
) -> Page:
    """Make a desk in a new folder, with a signing key of its own.

    The roles are handler, decider, approver, releaser, signatory, records_manager, auditor, relinker and front_line.
    """
    from fairshare.desk.workspace import start_desk
    from fairshare.records import write_keys
    from fairshare.words import Organisation
    from fairshare.words.reading import build

    whose = build(Organisation, {"name": organisation, "identifier": identifier}, where="--organisation")
    people = [read_actor(each, whose) for each in person]
    public = start_desk(folder, whose, people, log=log or name_log(organisation))
    given = folder / "public-key.json"
    write_file(given, write_keys([public]), mode=0o644)
    document = {
        "desk": str(folder),
        "organisation": whose.model_dump(),
        "key": public.model_dump(),
        "public_key_file": str(given),
        "people": [actor.model_dump(mode="json") for actor in people],
    }
    return Page(document, lambda screen: show_desk(screen, document))


def show_desk(screen: Screen, made: dict[str, Any]) -> None:
    """What was made, and what to do with it."""
    from fairshare.desk.workspace import KEY_FILE, TRUST_FILE

    screen.line(f"A desk for {made['organisation']['name']} is ready in {made['desk']}.", "bold")
    screen.pairs(
        [
            ("signs with", f"{KEY_FILE} (key id {made['key']['kid']}); keep it safe, and back it up"),
            ("trusts", TRUST_FILE),
            ("give to partners", made["public_key_file"]),
        ]
    )
    for actor in made["people"]:
        screen.bullet(f"{actor['person']['name']}, {actor['person']['role']}: {', '.join(sorted(actor['roles']))}")


def read_actor(text: str, organisation: Organisation) -> Actor:
    """Somebody who works at the desk, from `NAME, JOB: ROLES`; without a job, the roles say it.

    >>> from fairshare.words import Organisation
    >>> actor = read_actor("Sam Field, housing officer: handler, releaser", Organisation(name="Harbour Homes"))
    >>> actor.person.role, sorted(str(role) for role in actor.roles)
    ('housing officer', ['handler', 'releaser'])
    """
    from fairshare.desk.who import Actor
    from fairshare.words.reading import build

    named, colon, listed = text.rpartition(":")
    roles = [each.strip() for each in listed.split(",") if each.strip()]
    name, _, job = (each.strip() for each in named.partition(","))
    if not colon or not name or not roles:
        raise BadInput("this does not say who works there", fix="Write 'NAME, JOB: ROLES'.", where="--person")
    person = {"name": name, "role": job or ", ".join(roles), "organisation": organisation.name}
    return build(Actor, {"person": person, "roles": roles}, where="--person")


def name_log(organisation: str) -> str:
    """A name for an organisation's log.

    >>> name_log("Harbour Homes (North) Ltd")
    'harbour-homes-north-ltd.example/log'
    """
    words = re.findall(r"[a-z0-9]+", organisation.lower())
    return f"{'-'.join(words)[:60].strip('-') or 'desk'}.example/log"
