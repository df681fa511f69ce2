"""What is told of a synthetic table: how much noise it has, how near it comes, and what attacks on it found.

What is compared with real people is for the holder alone: it is not differentially private. The Welsh is unreviewed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fairshare.release.pets.synthetic_plan import SyntheticPeople, foresee_accuracy
from fairshare.release.sections import Chart, InBoth, Section, Series

KINDS = {
    "singling_out": InBoth("singling out, by a few columns", "unigoli, drwy ychydig o golofnau"),
    "singling_out_whole": InBoth("singling out, by whole rows", "unigoli, drwy resi cyfan"),
    "linkability": InBoth("linking two halves of a row", "cysylltu dau hanner rhes"),
    "inference": InBoth("guessing a column from the others", "dyfalu colofn o'r lleill"),
}
HOLDER_ALONE = InBoth(
    "This compares with real people, so it is not differentially private. Keep it; do not pass it on.",
    "Mae hyn yn cymharu â phobl go iawn, felly nid yw'n breifat yn wahaniaethol. Cadwch ef; peidiwch â'i rannu.",
)
_WAYS = {1: InBoth("1 column", "1 golofn"), 2: InBoth("2 columns", "2 golofn"), 3: InBoth("3 columns", "3 colofn")}


@dataclass(frozen=True)
class Attacked:
    """One kind of attack: its risk beyond the control group's, with its 95% interval, and how often it went home."""

    kind: str
    tried: int
    risk: float
    low: float
    high: float
    people: float
    control: float


@dataclass(frozen=True)
class Found:
    """What a worker found of one synthetic table."""

    columns: tuple[str, ...]
    target: str
    rho: float
    rows: dict[str, int]
    fidelity: tuple[dict[str, Any], ...]
    learning: dict[str, float] | None
    attacks: tuple[Attacked, ...] = ()

    @classmethod
    def of(cls, columns: list[str], target: int, values: dict[str, Any], attacks: dict[str, Any] | None) -> Found:
        """From what the workers answered."""
        return cls(
            tuple(columns),
            columns[target],
            float(values.get("rho", 0.0)),
            dict(values.get("rows", {})),
            tuple(values["fidelity"]),
            values["learning"],
            list_attacks(attacks),
        )


def list_attacks(answered: dict[str, Any] | None) -> tuple[Attacked, ...]:
    """The attacks of a worker's answer, each with its figures."""
    names = ("tried", "risk", "low", "high", "people", "control")
    given = answered["attacks"] if answered else {}
    return tuple(Attacked(kind, *(each[name] for name in names)) for kind, each in given.items())


def tell_sections(asked: SyntheticPeople, found: Found) -> tuple[Section, ...]:
    """Everything there is to tell of a synthetic table that was learnt from a plan's rows."""
    return (
        tell_noise(asked, found),
        tell_model(found),
        tell_nearness(found),
        *((tell_attacks(found.attacks),) if found.attacks else ()),
    )


def tell_noise(asked: SyntheticPeople, found: Found) -> Section:
    """The noise that was known before any row was read."""
    near = foresee_accuracy(found.rho, len(found.columns))
    return Section(
        "accuracy",
        InBoth("Noise in what was learnt", "Sŵn yn yr hyn a ddysgwyd"),
        (
            InBoth(
                f"Learnt with differential privacy: epsilon {asked.epsilon}, delta {asked.delta:g}. Whether any one "
                "person is in the data changes what could come out by little.",
                f"Dysgwyd gyda phreifatrwydd gwahaniaethol: epsilon {asked.epsilon}, delta {asked.delta:g}. Ychydig y "
                "mae presenoldeb unrhyw un person yn y data yn newid yr hyn a allai ddod allan.",
            ),
            InBoth(
                f"95% of the counts that it learnt are within {near.alone:,.0f} people of the truth for one column, "
                f"and within {near.pair:,.0f} for a pair of columns.",
                f"Mae 95% o'r cyfrifon a ddysgwyd o fewn {near.alone:,.0f} o bobl i'r gwir ar gyfer un golofn, ac o "
                f"fewn {near.pair:,.0f} ar gyfer pâr o golofnau.",
            ),
        ),
    )


def tell_model(found: Found) -> Section:
    """How near the rows come to the model that they were drawn from; this tells nothing new of anybody."""
    told = [each for each in found.fidelity if each["model"]]
    return Section(
        "fidelity",
        InBoth("Rows beside their model", "Y rhesi wrth ymyl eu model"),
        (
            InBoth(
                f"{found.rows.get('synthetic', 0):,} rows were drawn. None of them is a person. Counts of up to two "
                "columns follow the model; finer relations that it did not learn are not there.",
                f"Tynnwyd {found.rows.get('synthetic', 0):,} o resi. Nid oes yr un ohonynt yn berson. Mae cyfrifon hyd "
                "at ddwy golofn yn dilyn y model; nid yw perthnasau manylach nas dysgwyd yno.",
            ),
        ),
        (
            InBoth("margins of", "ymylon o"),
            InBoth("distance, mean", "pellter, cymedr"),
            InBoth("worst", "gwaethaf"),
            InBoth("by chance, mean", "ar siawns, cymedr"),
        ),
        tuple(
            (_WAYS[each["ways"]].en, *map(_show, (*_both(each["model"]), each["model_chance"]["mean"])))
            for each in told
        ),
    )


def tell_nearness(found: Found) -> Section:
    """How near the table comes to the people it stands for, and what a model learns from it. For the holder."""
    learning = found.learning
    says = [HOLDER_ALONE]
    if learning:
        real, made, floor = (f"{learning[name]:.0%}" for name in ("real", "synthetic", "floor"))
        says.append(
            InBoth(
                f"A model that guesses {found.target} is right for {made} of people it never met if it learnt from "
                f"the synthetic table, for {real} if it learnt from the real one, and for {floor} by always saying "
                "the commonest.",
                f"Mae model sy'n dyfalu {found.target} yn gywir i {made} o bobl nas gwelodd os dysgodd o'r tabl "
                f"synthetig, i {real} os dysgodd o'r un go iawn, ac i {floor} drwy ddweud y mwyaf cyffredin bob tro.",
            )
        )
    else:
        says.append(
            InBoth(
                "There were too few people, or too little to guess, to compare what a model learns.",
                "Roedd rhy ychydig o bobl, neu rhy ychydig i'w ddyfalu, i gymharu'r hyn y mae model yn ei ddysgu.",
            )
        )
    return Section(
        "fidelity",
        InBoth("Synthetic beside real people", "Pobl synthetig wrth ymyl rhai go iawn"),
        tuple(says),
        (
            InBoth("margins of", "ymylon o"),
            InBoth("distance, mean", "pellter, cymedr"),
            InBoth("worst", "gwaethaf"),
            InBoth("the worst is", "y gwaethaf yw"),
            InBoth("by chance, mean", "ar siawns, cymedr"),
            InBoth("columns shuffled, mean", "colofnau wedi'u cymysgu, cymedr"),
        ),
        tuple(_row(each, found.columns) for each in found.fidelity),
        (_chart_nearness(found.fidelity),),
        holder_only=True,
    )


def _row(each: dict[str, Any], columns: Sequence[str]) -> tuple[str, ...]:
    where = " x ".join(columns[place] for place in each["data"]["where"])
    mean, worst = _both(each["data"])
    return (
        _WAYS[each["ways"]].en, _show(mean), _show(worst), where,
        _show(each["chance"]["mean"]), _show(each["floor"]["mean"]),
    )  # fmt: skip


def _chart_nearness(fidelity: Sequence[dict[str, Any]]) -> Chart:
    def values(name: str) -> tuple[float, ...]:
        return tuple(round(100 * each[name]["mean"], 2) for each in fidelity)

    return Chart(
        "bars",
        InBoth("Distance of the synthetic table from the real one", "Pellter y tabl synthetig o'r un go iawn"),
        InBoth(
            "For margins of one, two and three columns: the mean distance of the synthetic table, and what shuffling "
            "each column would give. Lower is nearer.",
            "Ar gyfer ymylon o un, dwy a thair colofn: pellter cymedrig y tabl synthetig, a'r hyn a roddai cymysgu pob "
            "colofn. Is yw nes.",
        ),
        tuple(_WAYS[each["ways"]].en for each in fidelity),
        (
            Series(InBoth("synthetic", "synthetig"), values("data")),
            Series(InBoth("columns shuffled", "colofnau wedi'u cymysgu"), values("floor")),
        ),
        InBoth("% of people", "% o bobl"),
    )


def tell_attacks(attacks: Sequence[Attacked]) -> Section:
    """What attacks found, with their intervals, and a plain verdict. For the holder."""
    percent = tuple(f"{each.risk:.1%} ({each.low:.1%} to {each.high:.1%})" for each in attacks)
    return Section(
        "attacks",
        InBoth("Attacks on the synthetic table", "Ymosodiadau ar y tabl synthetig"),
        (_judge(attacks), LIMITS, HOLDER_ALONE),
        (
            InBoth("attack", "ymosodiad"),
            InBoth("risk beyond chance (95% interval)", "risg y tu hwnt i siawns (cyfwng 95%)"),
            InBoth("went home on people in the data", "llwyddodd ar bobl yn y data"),
            InBoth("on people who were not", "ar bobl nad oeddent"),
            InBoth("tried", "ceisiwyd"),
        ),
        tuple(
            (KINDS[each.kind].en, shown, f"{each.people:.1%}", f"{each.control:.1%}", f"{each.tried:,}")
            for each, shown in zip(attacks, percent, strict=True)
        ),
        (_chart_attacks(attacks),),
        holder_only=True,
    )


LIMITS = InBoth(
    "These are the attacks of one library, on a sample, by somebody who has the table and part of a row. They can show "
    "that a table leaks; they cannot show that it does not. What protects people is the privacy loss, not this test.",
    "Ymosodiadau un llyfrgell yw'r rhain, ar sampl, gan rywun sydd â'r tabl a rhan o res. Gallant ddangos bod tabl yn "
    "gollwng; ni allant ddangos nad yw. Y golled preifatrwydd sy'n amddiffyn pobl, nid y prawf hwn.",
)


def _judge(attacks: Sequence[Attacked]) -> InBoth:
    """The verdict in a sentence."""
    better = [each for each in attacks if each.low > 0]
    if not better:
        return InBoth(
            "Attacks of these three kinds did no better on people in the data than on people who were not in it.",
            "Ni lwyddodd ymosodiadau o'r tri math hyn yn well ar bobl yn y data nag ar bobl nad oeddent ynddo.",
        )
    worst = max(better, key=lambda each: each.low)
    kind = KINDS[worst.kind]
    return InBoth(
        f"The attack by {kind.en} did better on people in the data than on people who were not in it: beyond chance it "
        f"went home on {worst.low:.0%} of them or more.",
        f"Llwyddodd yr ymosodiad drwy {kind.cy} yn well ar bobl yn y data nag ar bobl nad oeddent ynddo: y tu hwnt i "
        f"siawns llwyddodd ar {worst.low:.0%} ohonynt neu fwy.",
    )


def _chart_attacks(attacks: Sequence[Attacked]) -> Chart:
    def percent(name: str) -> tuple[float, ...]:
        return tuple(round(100 * getattr(each, name), 2) for each in attacks)

    return Chart(
        "intervals",
        InBoth("Risk beyond the control group", "Risg y tu hwnt i'r grŵp rheoli"),
        InBoth(
            "For each kind of attack, the risk to people in the data beyond what people outside it face, with its 95% "
            "interval. An interval that reaches 0 is no more than chance.",
            "Ar gyfer pob math o ymosodiad, y risg i bobl yn y data y tu hwnt i'r hyn sy'n wynebu pobl y tu allan, "
            "gyda'i gyfwng 95%. Nid yw cyfwng sy'n cyrraedd 0 yn fwy na siawns.",
        ),
        tuple(KINDS[each.kind].en for each in attacks),
        (Series(InBoth("risk", "risg"), percent("risk"), percent("low"), percent("high")),),
        InBoth("% of attacks", "% o ymosodiadau"),
    )


def _both(summed: dict[str, Any]) -> tuple[float, float]:
    return summed["mean"], summed["worst"]


def _show(distance: float) -> str:
    return f"{distance:.3f}"
