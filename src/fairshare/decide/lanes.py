"""Many cases of one program settled side by side: each bit of a number is one case, so one `&` serves them all.

As exact as settling them one by one. Three-valued evaluation decides most, and completions that worked for earlier
cases show what is open. What is left goes to the solver, case by case; and each time it proves that a node must hold or
fail, the few answers that make it so become a lemma, with which three-valued evaluation sees further from then on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush

from fairshare.decide.clauses import Assignment, outcome_key
from fairshare.decide.masks import Sight, join, list_needed, meet, split_outcomes
from fairshare.decide.program import Program
from fairshare.decide.settle import Status, explore
from fairshare.decide.solving import DEFAULT_BUDGET, Budget, Session

FILLS_KEPT = 256
LEAST_GAIN = 2
"""How many cases of a batch a fill must settle to be kept for the next: fewer are settled faster one by one."""
LEMMAS_KEPT = 2_000
"""For each node, or item and outcome."""

Known = Sequence[Sequence[int]]
"""For each variable and each of its values, the cases in which that was answered, as a mask of bits."""
Fill = tuple[int, ...]
"""A value for each variable, to take where nothing was answered."""
Masks = dict[str, int]
"""From what something stands at to the cases in which it does."""
Answers = tuple[tuple[int, int], ...]
"""Some answers, as variables and values."""


class _Batch:
    """Some cases, and how far settling them has come."""

    def __init__(self, program: Program, known: Known, full: int) -> None:
        self.full, self.known = full, known
        self.unasked = [full & ~join(row) for row in known]
        self._spelled: list[tuple[int, int, str]] = []
        self.sure = [0] * len(program.nodes)
        """The cases in which a node holds whatever the unasked turns out to be."""
        self.never = [0] * len(program.nodes)
        """The cases in which it does not."""
        self.stands: dict[str, Masks] = {key: {} for key in (*program.outcomes, *program.goals)}
        """What is final, by the ref of an item or the key of a goal."""
        self.seen: dict[str, Masks] = {key: {} for key in self.stands}
        """What some completion has reached."""
        self.left = dict.fromkeys(self.stands, full)
        """The cases in which a key is not final."""
        self.unproved = full
        """The cases that are not known to have any completion."""
        self.clash = 0
        """The cases that are known to have none."""

    def all_left(self) -> int:
        """The cases in which anything is not final."""
        return self.unproved | join(self.left.values())

    def answers_of(self, case: int) -> dict[int, int]:
        """What was answered in one case."""
        if not self._spelled:
            width = self.full.bit_length()
            self._spelled = [
                (variable, value, format(mask, f"0{width}b"))
                for variable, row in enumerate(self.known)
                for value, mask in enumerate(row)
                if mask
            ]
        return {variable: value for variable, value, digits in self._spelled if digits[case] == "1"}

    def have(self, answers: Answers) -> int:
        """The cases that have all these answers."""
        return meet(self.full, (self.known[variable][value] for variable, value in answers))

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

    def put_seen(self, key: str, reached: Masks) -> int:
        """Completions reach these; what has reached two of them in one case is open there. How many that settles."""
        seen = self.seen[key]
        for text, mask in reached.items():
            seen[text] = seen.get(text, 0) | mask
        once = twice = 0
        for mask in seen.values():
            twice |= once & mask
            once |= mask
        found = twice & self.left[key]
        self.put(key, Status.NOT_SETTLED.value, found)
        return found.bit_count()


class Lanes:
    """One program, and what its batches have taught so far. Not to be shared between threads, or across a fork."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.goals = [(key, program.conclusions[key]) for key in program.goals]
        self.checks = [node for _, node in program.constraints]
        rows = [node for each in program.outcomes.values() for _, node in each]
        self.needed = list_needed(program, [*self.checks, *rows, *(node for _, node in self.goals)])
        self.users: dict[int, list[int]] = {}
        for at in self.needed:
            for part in program.nodes[at].of if program.nodes[at].sort != "value" else ():
                self.users.setdefault(part, []).append(at)
        self.lemmas: dict[int, dict[Answers, bool]] = {}
        """For each node, answers that make it hold or fail."""
        self.finals: dict[tuple[str, str], dict[Answers, bool]] = {}
        """For an item and an outcome, answers that lead there though no row of the roll-up is known to."""
        self.clashes: dict[Answers, None] = {}
        """Answers that cannot all be given."""
        self.fills: list[Fill] = []
        self._session: Session | None = None

    def settle(self, known: Known, cases: int) -> tuple[dict[str, Masks], int]:
        """Where each item and each goal stands, in the words of `compare.stand`; and the cases whose answers clash.

        Takes    known: the answers, with what the tool fixes; the highest of `cases` bits is the first case.
        """
        batch = _Batch(self.program, known, (1 << cases) - 1)
        for at in self.needed:
            batch.sure[at], batch.never[at] = self._weigh(batch, at)
        # Before any lemma: those hold where the constraints do, and so cannot show that they do.
        batch.unproved &= ~meet(batch.full, (batch.sure[each] for each in self.checks))
        for at in self.needed if self.lemmas else ():
            batch.sure[at], batch.never[at] = self._weigh(batch, at)
            for answers, truth in self.lemmas.get(at, {}).items():
                (batch.sure if truth else batch.never)[at] |= batch.have(answers)
        batch.put_clash(join(batch.have(answers) for answers in self.clashes))
        self._read_nodes(batch)
        for (key, text), lemmas in self.finals.items():
            batch.put(key, text, join(batch.have(answers) for answers in lemmas))
        gains = {fill: self._apply_fill(batch, fill) for fill in self.fills}
        self.fills = sorted((fill for fill in gains if gains[fill] >= LEAST_GAIN), key=gains.__getitem__, reverse=True)
        while left := batch.all_left():
            self._settle_one(batch, cases - left.bit_length())
        good = batch.full & ~batch.clash
        return {
            key: {text: mask & good for text, mask in each.items()} for key, each in batch.stands.items()
        }, batch.clash

    def _weigh(self, batch: _Batch, at: int) -> tuple[int, int]:
        """Three-valued evaluation of one node: where it surely holds, and where it surely does not."""
        node, sure, never = self.program.nodes[at], batch.sure, batch.never
        if node.sort == "value":
            found = join(batch.known[node.of[0]][value] for value in node.among)
            return found, batch.full & ~(found | batch.unasked[node.of[0]])
        if node.sort == "not":
            return never[node.of[0]], sure[node.of[0]]
        if node.sort == "and":
            return meet(batch.full, (sure[each] for each in node.of)), join(never[each] for each in node.of)
        return join(sure[each] for each in node.of), meet(batch.full, (never[each] for each in node.of))

    def _read_nodes(self, batch: _Batch) -> None:
        """Take over what the nodes say of constraints, goals and items."""
        batch.put_clash(join(batch.never[each] for each in self.checks))
        for key, goal in self.goals:
            batch.put(key, Status.TRUE.value, batch.sure[goal])
            batch.put(key, Status.FALSE.value, batch.never[goal])
        for item, rows in self.program.outcomes.items():
            for text in dict.fromkeys(outcome for outcome, _ in rows):
                no_other = batch.full
                for outcome, row in rows:
                    if outcome == text:
                        batch.put(item, text, no_other & batch.sure[row])
                    else:
                        no_other &= batch.never[row]

    def _apply_fill(self, batch: _Batch, fill: Fill) -> int:
        """Complete every case in one way, and note what is reached where it is allowed. How many keys that settles."""
        if not batch.all_left():
            return 0
        values = [
            mask | unasked if fill[variable] == value else mask
            for variable, (row, unasked) in enumerate(zip(batch.known, batch.unasked, strict=True))
            for value, mask in enumerate(row)
        ]
        holds = self._find_session().samples.evaluate(values, batch.full)
        allowed = meet(batch.full, (holds[each] for each in self.checks))
        gain = (allowed & batch.unproved).bit_count()
        batch.unproved &= ~allowed
        for key, reached in self._reach(batch.left, holds, allowed):
            gain += batch.put_seen(key, reached)
        return gain

    def _reach(self, keys: dict[str, int], holds: Sequence[int], allowed: int) -> Iterable[tuple[str, Masks]]:
        """What the goals and items that are left somewhere come to in completions of these cases."""
        for key, goal in self.goals:
            if keys.get(key):
                yield key, {Status.TRUE.value: allowed & holds[goal], Status.FALSE.value: allowed & ~holds[goal]}
        for item, rows in self.program.outcomes.items():
            if keys.get(item):
                yield item, split_outcomes(((outcome, holds[row]) for outcome, row in rows), allowed)

    def _find_session(self) -> Session:
        self._session = self._session or Session(self.program)
        return self._session

    def _settle_one(self, batch: _Batch, case: int) -> None:
        """Settle one case with the solver, and others by what that proves and finds."""
        session = self._find_session()
        answers, bit = batch.answers_of(case), 1 << (batch.full.bit_length() - 1 - case)
        sight = session.samples.look(answers)
        if sight.allowed:
            if batch.unproved & bit:
                self._try_fill(batch, session.samples.read(sight, sight.allowed & -sight.allowed))
                batch.unproved &= ~bit
            here = {key: mask & bit for key, mask in batch.left.items()}
            for key, reached in self._reach(here, sight.holds, sight.allowed):
                shown = [mask & -mask for mask in reached.values() if mask]
                if len(shown) > 1:
                    for each in shown[:2] if batch.left[key] & bit else ():
                        self._try_fill(batch, session.samples.read(sight, each))
                    batch.put(key, Status.NOT_SETTLED.value, bit)
        keys = [key for key, mask in batch.left.items() if mask & bit]
        if keys or batch.unproved & bit:
            self._ask(batch, _Case(session, answers, bit, sight), keys)

    def _ask(self, batch: _Batch, case: _Case, keys: list[str]) -> None:
        """Settle with the solver what the samples leave of one case."""
        targets = {key: self._list_targets(key) for key in keys}
        wanted = dict.fromkeys(target for said in targets.values() for target in said.values())
        session = case.session
        seen = explore(session, case.answers, Budget(DEFAULT_BUDGET), wanted, case.sight)
        if seen is None:
            self.clashes[_find_reason(session, case.answers)] = None
            batch.put_clash(join(batch.have(each) for each in self.clashes))
            return
        batch.unproved &= ~case.bit
        if not case.sight.allowed:
            case.sight = session.samples.look(case.answers)  # with the completions that were found now
        for key in keys:
            if not batch.left[key] & case.bit:  # what was learnt for the keys before it settled this one too
                continue
            literals = {text: session.clauses.targets[target] for text, target in targets[key].items()}
            if key not in self.program.outcomes:
                literals[Status.FALSE.value] = -literals[Status.TRUE.value]
            statuses = {text: seen.status_of(literal) for text, literal in literals.items()}
            settled = next((text for text, status in statuses.items() if status is Status.TRUE), None)
            if settled:
                self._learn(batch, case, key, settled)
            elif Status.NOT_SETTLED in statuses.values():
                self._show_open(batch, case, [each for each in literals.values() if each in seen.reached])
            undecided = Status.UNDECIDED in statuses.values()
            open_still = Status.UNDECIDED if undecided else Status.NOT_SETTLED
            batch.put(key, settled or open_still.value, case.bit)

    def _list_targets(self, key: str) -> dict[str, str]:
        """What a goal or item can stand at, with what the solver calls it."""
        rows = self.program.outcomes.get(key)
        return {outcome: outcome_key(key, outcome) for outcome, _ in rows} if rows else {Status.TRUE.value: key}

    def _show_open(self, batch: _Batch, case: _Case, literals: list[int]) -> None:
        """Find completions of an open case, for other cases to try."""
        for literal in literals[:2]:
            if len(self.fills) < FILLS_KEPT and case.session.solve(
                [*case.assumptions, literal], Budget(DEFAULT_BUDGET)
            ):
                self._try_fill(batch, case.session.read_model())

    def _try_fill(self, batch: _Batch, fill: Fill) -> None:
        if len(self.fills) < FILLS_KEPT and fill not in self.fills and self._apply_fill(batch, fill):
            self.fills.append(fill)

    def _learn(self, batch: _Batch, case: _Case, key: str, text: str) -> None:
        """Lemmas with which three-valued evaluation sees that a key stands where the solver found it to stand."""
        if key not in self.program.outcomes:
            self._learn_node(batch, case, self.program.conclusions[key], text == Status.TRUE.value)
        for outcome, row in self.program.outcomes.get(key, ()):
            if case.must(row, False):
                self._learn_node(batch, case, row, False)
            elif case.must(row, True):
                self._learn_node(batch, case, row, True)
                break
            elif outcome != text:
                break
        self._read_nodes(batch)
        if batch.left[key] & case.bit:  # some of its rows together lead there, and none does alone
            target = case.session.clauses.targets[self._list_targets(key)[text]]
            answers = _find_reason(case.session, case.answers, -target)
            _keep(self.finals.setdefault((key, text), {}), answers, True)
            batch.put(key, text, batch.have(answers))

    def _learn_node(self, batch: _Batch, case: _Case, at: int, truth: bool) -> None:
        """Prove a node from the bottom up: the lowest nodes that three-valued evaluation misses are the most common."""
        while not (batch.sure if truth else batch.never)[at] & case.bit:
            lowest, holds = self._find_lowest(batch, case, at, truth)
            literal = case.session.clauses.nodes[lowest] * (1 if holds else -1)
            answers = _find_reason(case.session, case.answers, -literal)
            _keep(self.lemmas.setdefault(lowest, {}), answers, holds)
            (batch.sure if holds else batch.never)[lowest] |= batch.have(answers)
            self._raise(batch, lowest)

    def _find_lowest(self, batch: _Batch, case: _Case, at: int, truth: bool) -> tuple[int, bool]:
        """A node at or below this one that must hold or fail though all its parts seem open."""
        node = self.program.nodes[at]
        if node.sort == "value":
            return at, truth
        parts = [each for each in node.of if not (batch.sure[each] | batch.never[each]) & case.bit]
        if node.sort == "not":
            return self._find_lowest(batch, case, parts[0], not truth)
        if (node.sort == "and") == truth:
            return self._find_lowest(batch, case, parts[0], truth)
        for each in parts:
            if case.must(each, truth):
                return self._find_lowest(batch, case, each, truth)
        return at, truth

    def _raise(self, batch: _Batch, changed: int) -> None:
        """Evaluate again what rests on a node, as far as that changes anything."""
        waiting = list(self.users.get(changed, ()))
        heapify(waiting)
        while waiting:
            at = heappop(waiting)
            sure, never = self._weigh(batch, at)
            if sure & ~batch.sure[at] or never & ~batch.never[at]:
                batch.sure[at] |= sure
                batch.never[at] |= never
                for user in self.users.get(at, ()):
                    heappush(waiting, user)


class _Case:
    """One case of a batch while the solver looks at it."""

    def __init__(self, session: Session, answers: Assignment, bit: int, sight: Sight) -> None:
        self.session, self.answers, self.bit, self.sight = session, answers, bit, sight
        self.assumptions = session.assume(answers)

    def must(self, at: int, truth: bool) -> bool:
        """Whether a node holds, or fails, in every completion of this case."""
        holds = self.sight.holds[at] & self.sight.allowed
        if holds != (self.sight.allowed if truth else 0):
            return False
        literal = self.session.clauses.nodes[at] * (1 if truth else -1)
        return self.session.solve([*self.assumptions, -literal], Budget(DEFAULT_BUDGET)) is False


def _keep(lemmas: dict[Answers, bool], answers: Answers, truth: bool) -> None:
    lemmas[answers] = truth
    if len(lemmas) > LEMMAS_KEPT:
        del lemmas[next(iter(lemmas))]


def _find_reason(session: Session, answers: Assignment, *denied: int) -> Answers:
    """Few of these answers, each of them needed, with which nothing is possible that denies as much."""
    by_literal = dict(zip(session.assume(answers), sorted(answers.items()), strict=True))
    return tuple(by_literal[each] for each in session.find_clash(list(by_literal), denied))
