"""Many cases of one program settled side by side: each bit of a number is one case, so one `&` serves them all.

As exact as settling them one by one. Three-valued evaluation decides most; completions that worked for earlier cases
show what is open; and what the solver proves for one case is proved for every case that has the same few answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fairshare.decide.clauses import TRUE, Assignment, outcome_key
from fairshare.decide.masks import MaskEvaluator, join, list_needed, meet
from fairshare.decide.program import Program
from fairshare.decide.settle import Seen, Status, explore
from fairshare.decide.solving import DEFAULT_BUDGET, Budget, Session

FILLS_KEPT = 64
PROOFS_KEPT = 20_000
"""For each key. Rules settle a key in this many ways at most, as far as anybody has seen; past it, the oldest go."""

Known = Sequence[Sequence[int]]
"""For each variable and each of its values, the cases in which that was answered, as a mask of bits."""
Fill = tuple[int, ...]
"""A value for each variable, to take where nothing was answered."""
Masks = dict[str, int]
"""From what something stands at to the cases in which it does."""


Proof = tuple[tuple[int, int], ...]
"""Answers, as variables and values, that settle something in every case that has them all."""
CLASH = ""
"""The key of proofs that answers clash."""


class _Batch:
    """Some cases, and how far settling them has come."""

    def __init__(self, full: int, known: Known, keys: Iterable[str]) -> None:
        self.full, self.known = full, known
        self.unasked = [full & ~join(row) for row in known]
        self.stands: dict[str, Masks] = {key: {} for key in keys}
        """What is final, by the ref of an item or the key of a goal."""
        self.seen: dict[str, Masks] = {key: {} for key in self.stands}
        """What some completion has reached."""
        self.left = dict.fromkeys(self.stands, full)
        """The cases in which a key is not final."""
        self.unproved = full
        """The cases that are not known to have any completion."""
        self.clash = 0
        """The cases that are known to have none."""
        self.learnt = False

    def all_left(self) -> int:
        """The cases in which anything is not final."""
        return self.unproved | join(self.left.values())

    def put(self, key: str, text: str, mask: int) -> None:
        """`key` stands at `text` in these cases, as far as it was not final."""
        mask &= self.left[key]
        if mask:
            self.stands[key][text] = self.stands[key].get(text, 0) | mask
            self.left[key] &= ~mask

    def put_clash(self, mask: int) -> None:
        """In these cases the answers clash, and nothing stands anywhere."""
        self.clash |= mask
        self.unproved &= ~mask
        for key in self.left:
            self.left[key] &= ~mask

    def put_consistent(self, mask: int) -> None:
        """In these cases some completion is allowed."""
        self.learnt |= bool(self.unproved & mask)
        self.unproved &= ~mask

    def note_seen(self, key: str, reached: Masks) -> None:
        """Completions reach these; what has reached two of them in one case is not settled there."""
        seen = self.seen[key]
        for text, mask in reached.items():
            if mask & self.left[key] & ~seen.get(text, 0):
                seen[text] = seen.get(text, 0) | mask
                self.learnt = True
        once = twice = 0
        for mask in seen.values():
            twice |= once & mask
            once |= mask
        self.put(key, Status.NOT_SETTLED.value, twice)


class Lanes:
    """One program, and what its batches have taught so far. Not to be shared between threads, or across a fork."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.fills: list[Fill] = []
        self.proofs: dict[str, dict[Proof, str]] = {key: {} for key in (CLASH, *program.outcomes, *program.goals)}
        """For each item and goal, what settles it, and at what."""
        self.goals = [(key, program.conclusions[key]) for key in program.goals]
        self.checks = [node for _, node in program.constraints]
        self.needed = list_needed(program)
        self._evaluate = MaskEvaluator(program, self.needed)
        self._session: Session | None = None

    def settle(self, known: Known, cases: int) -> tuple[dict[str, Masks], int]:
        """Where each item and each goal stands, in the words of `compare.stand`; and the cases whose answers clash.

        Takes    known: the answers, with what the tool fixes; the highest of `cases` bits is the first case.
        """
        batch = _Batch((1 << cases) - 1, known, (*self.program.outcomes, *self.program.goals))
        self._settle_partly(batch)
        for key, proofs in self.proofs.items():
            _apply_proofs(batch, key, proofs)
        self._apply_fills(batch)
        while left := batch.all_left():
            self._settle_one(batch, 1 << (left.bit_length() - 1))
        return {
            key: {text: mask & ~batch.clash for text, mask in found.items()} for key, found in batch.stands.items()
        }, batch.clash

    def _settle_partly(self, batch: _Batch) -> None:
        """Three-valued evaluation: node by node, where it surely holds and where it surely does not."""
        sure, never = [0] * len(self.program.nodes), [0] * len(self.program.nodes)
        for at in self.needed:
            node = self.program.nodes[at]
            if node.sort == "value":
                variable = node.of[0]
                sure[at] = join(batch.known[variable][value] for value in node.among)
                never[at] = batch.full & ~(sure[at] | batch.unasked[variable])
            elif node.sort == "not":
                sure[at], never[at] = never[node.of[0]], sure[node.of[0]]
            elif node.sort == "and":
                sure[at], never[at] = (
                    meet(batch.full, (sure[each] for each in node.of)),
                    join(never[each] for each in node.of),
                )
            else:
                sure[at], never[at] = (
                    join(sure[each] for each in node.of),
                    meet(batch.full, (never[each] for each in node.of)),
                )
        batch.put_clash(join(never[each] for each in self.checks))
        batch.put_consistent(meet(batch.full, (sure[each] for each in self.checks)))
        for key, goal in self.goals:
            batch.put(key, Status.TRUE.value, sure[goal])
            batch.put(key, Status.FALSE.value, never[goal])
        for item, rows in self.program.outcomes.items():
            none_before = batch.full
            for outcome, row in rows:
                batch.put(item, outcome, none_before & sure[row])
                none_before &= never[row]

    def _apply_fills(self, batch: _Batch) -> None:
        """Complete the cases in the ways that worked before; those that worked again stay in front."""
        useful: list[Fill] = []
        idle: list[Fill] = []
        for fill in self.fills:
            (useful if self._apply_fill(batch, fill) else idle).append(fill)
        self.fills = [*useful, *idle]

    def _apply_fill(self, batch: _Batch, fill: Fill) -> bool:
        """Complete every case in one way, and note what is reached where the constraints allow it."""
        if not batch.all_left():
            return False
        values = [
            mask | unasked if fill[variable] == value else mask
            for variable, (row, unasked) in enumerate(zip(batch.known, batch.unasked, strict=True))
            for value, mask in enumerate(row)
        ]
        holds = self._evaluate(values, batch.full)
        allowed = meet(batch.full, (holds[each] for each in self.checks))
        batch.learnt = False
        batch.put_consistent(allowed)
        for key, goal in self.goals:
            if batch.left[key]:
                batch.note_seen(key, {"true": allowed & holds[goal], "false": allowed & ~holds[goal]})
        for item, rows in self.program.outcomes.items():
            if not batch.left[item]:
                continue
            reached: Masks = {}
            none_before = allowed
            for outcome, row in rows:
                reached[outcome] = reached.get(outcome, 0) | (none_before & holds[row])
                none_before &= ~holds[row]
            batch.note_seen(item, reached)
        return batch.learnt

    def _settle_one(self, batch: _Batch, bit: int) -> None:
        """Settle one case with the solver, and others by what that proves and finds."""
        session = self._session = self._session or Session(self.program)
        answers = {
            variable: next(value for value, mask in enumerate(row) if mask & bit)
            for variable, row in enumerate(batch.known)
            if not batch.unasked[variable] & bit
        }
        keys = [key for key, mask in batch.left.items() if mask & bit]
        seen = explore(session, answers, Budget(DEFAULT_BUDGET), self._targets_of(keys))
        if seen is None:
            batch.put_clash(bit)
            self._keep_proof(batch, CLASH, _find_reason(session, answers), "")
            return
        batch.put_consistent(bit)
        still_open = []
        for key in keys:
            text, literal = self._read(session, seen, key)
            batch.put(key, text, bit)
            if literal is None:
                still_open.append(key)
            else:
                self._keep_proof(batch, key, _find_reason(session, answers, -literal), text)
        if len(self.fills) < FILLS_KEPT:
            self._show_open(batch, session, answers, still_open)

    def _targets_of(self, keys: Iterable[str]) -> list[str]:
        """What to settle for these items and goals."""
        found = []
        for key in keys:
            outcomes = dict.fromkeys(outcome for outcome, _ in self.program.outcomes.get(key, ()))
            found += [outcome_key(key, outcome) for outcome in outcomes] or [key]
        return found

    def _show_open(self, batch: _Batch, session: Session, answers: Assignment, keys: list[str]) -> None:
        """Find completions of a case in which something stands differently, for other cases to try."""
        assumptions, shown = session.assume(answers), 0
        literals = [session.clauses.targets[each] for each in self._targets_of(keys[:1])]
        for literal in dict.fromkeys(sign * each for each in literals for sign in (1, -1)) or (TRUE,):
            shown += self._try_fill(batch, session, [*assumptions, literal])
            if shown == 2:
                return

    def _try_fill(self, batch: _Batch, session: Session, assumptions: list[int]) -> bool:
        if not session.solve(assumptions, Budget(DEFAULT_BUDGET)):
            return False
        fill = session.read_model()
        if self._apply_fill(batch, fill) and fill not in self.fills:
            self.fills.append(fill)
        return True

    def _read(self, session: Session, seen: Seen, key: str) -> tuple[str, int | None]:
        """What a key stands at in one case and, if that is settled, the literal that always holds there."""
        targets = session.clauses.targets
        if key in self.program.outcomes:
            literals = {outcome: targets[outcome_key(key, outcome)] for outcome, _ in self.program.outcomes[key]}
            statuses = {outcome: seen.status_of(literal) for outcome, literal in literals.items()}
            for outcome, status in statuses.items():
                if status is Status.TRUE:
                    return outcome, literals[outcome]
            open_still = Status.UNDECIDED in statuses.values()
            return (Status.UNDECIDED if open_still else Status.NOT_SETTLED).value, None
        status = seen.status_of(targets[key])
        sign = {Status.TRUE: 1, Status.FALSE: -1}.get(status)
        return status.value, sign and sign * targets[key]

    def _keep_proof(self, batch: _Batch, key: str, proof: Proof, text: str) -> None:
        _apply_proofs(batch, key, {proof: text})
        proofs = self.proofs[key]
        proofs[proof] = text
        if len(proofs) > PROOFS_KEPT:
            del proofs[next(iter(proofs))]


def _apply_proofs(batch: _Batch, key: str, proofs: Mapping[Proof, str]) -> None:
    """Whatever has all the answers of a proof stands at what it proves."""
    left = batch.left[key] if key else batch.full & ~batch.clash
    for proof, text in proofs.items():
        mask = left
        for variable, value in proof:
            mask &= batch.known[variable][value]
            if not mask:
                break
        if mask and key:
            batch.put(key, text, mask)
        elif mask:
            batch.put_clash(mask)


def _find_reason(session: Session, answers: Assignment, *denied: int) -> tuple[tuple[int, int], ...]:
    """Few of these answers with which nothing is possible that denies as much."""
    by_literal = dict(zip(session.assume(answers), sorted(answers.items()), strict=True))
    return tuple(by_literal[each] for each in session.find_clash(list(by_literal), denied))
