"""Gateways that authorise disclosure by law: who may disclose what to whom, for what, on which conditions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated

from pydantic import Field, StringConstraints

from fairshare.law.checking import Checked, Source, Written, WrittenCheck, fill_check, gather
from fairshare.law.provisions import Nation, Nations, ProvisionId
from fairshare.words.reading import build, parse_yaml
from fairshare.words.values import Line, Mark, Text, Value

GatewayId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,59}$")]


class _Described(Value):
    id: GatewayId
    title: Line
    title_cy: Line
    provisions: tuple[ProvisionId, ...] = Field(min_length=1)
    """The law or policy it rests on, with the pinpoint."""
    who: Text
    """Who may disclose."""
    to: Text
    """To whom."""
    purposes: Text
    conditions: tuple[Line, ...] = Field(min_length=1)
    nations: Nations
    duty: bool = False
    """True where it obliges, not only permits."""
    start: date | None = None
    """Commencement; none where it was not looked up."""


class Gateway(_Described):
    """One way in which law authorises a disclosure; most are permissive."""

    checked: Checked

    def applies_in(self, nation: Nation, day: date) -> bool:
        """Whether it extends to the nation and had commenced by the day, so far as that is known."""
        return nation in self.nations and (self.start is None or self.start <= day)

    @property
    def was_read(self) -> bool:
        """Whether its words were read, so that it may carry a must or a must-not."""
        return self.checked.how is Mark.READ


class _WrittenGateway(_Described):
    checked: WrittenCheck


class _GatewayFile(Written):
    gateways: tuple[_WrittenGateway, ...]


def parse_gateways(raw: bytes, sources: Mapping[str, Source], *, where: str) -> dict[str, Gateway]:
    """The gateways in one file, by id. Raises BadInput or MalformedLaw, naming the file and the gateway."""
    written = build(_GatewayFile, parse_yaml(raw, where=where), where=where)
    filled = (
        build(
            Gateway,
            {
                **each.model_dump(exclude={"checked"}),
                "checked": fill_check(each.checked, sources, where=f"{where}:{each.id}"),
            },
            where=f"{where}:{each.id}",
        )
        for each in written.gateways
    )
    return gather(((each.id, each) for each in filled), what="gateway", where=where)
