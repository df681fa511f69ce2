"""What can be wrong with a rule base, an answer or a walk; each kind has a code of its own."""

from __future__ import annotations

from fairshare.words import BadInput, NotFound


class BadRules(BadInput):
    """A rule base is not sound enough to reason with."""

    code = "RULES_NOT_VALID"


class UnknownKey(BadRules):
    """A file of the rule base has a key that the rule language does not know."""

    code = "RULES_UNKNOWN_KEY"


class WrongShape(BadRules):
    """A key of the rule base is missing, or its value is of the wrong kind."""

    code = "RULES_WRONG_SHAPE"


class BadName(BadRules):
    """An id or a value is not lower-case words joined by dots and underscores."""

    code = "RULES_BAD_NAME"


class DuplicateId(BadRules):
    """Two things of the rule base have one name."""

    code = "RULES_DUPLICATE_ID"


class UndefinedName(BadRules):
    """The rule base uses a name that nothing defines."""

    code = "RULES_UNDEFINED_NAME"


class BadCondition(BadRules):
    """A condition cannot be read."""

    code = "RULES_BAD_CONDITION"


class WrongType(BadRules):
    """A condition asks of a fact what its type cannot answer."""

    code = "RULES_WRONG_TYPE"


class WrongScope(BadRules):
    """A condition looks at something its rule cannot see."""

    code = "RULES_WRONG_SCOPE"


class CircularConclusions(BadRules):
    """Conclusions rest on each other in a circle."""

    code = "RULES_CIRCLE"


class NoCitation(BadRules):
    """A rule cites nothing."""

    code = "RULES_NO_CITATION"


class UnknownProvision(BadRules):
    """A rule cites a provision that the law files do not hold."""

    code = "RULES_UNKNOWN_PROVISION"


class LawNotRead(BadRules):
    """Something other than law that was read would conclude must or must-not."""

    code = "RULES_LAW_NOT_READ"


class BadAnswers(BadInput):
    """An answer is to no question of the case, or is not one of the answers that question takes."""

    code = "ANSWERS_NOT_VALID"


class UnknownTool(NotFound):
    """The rule base has no tool of that name."""

    code = "TOOL_NOT_FOUND"
