"""What can be wrong with a case archive: one error each, so that its code can be looked up."""

from fairshare.words import BadInput, Unsound


class NotAnArchive(BadInput):
    """The file is not a case archive, or is not laid out as one."""

    code = "NOT_AN_ARCHIVE"


class NewerArchive(BadInput):
    """A later version of Fairshare made this archive."""

    code = "NEWER_ARCHIVE"


class BadSeal(Unsound):
    """The seal over the whole archive does not hold: something in it was changed after it was sealed."""

    code = "BAD_SEAL"


class SignerNotTrusted(Unsound):
    """Something in the archive is signed with a key that is not among the trusted ones."""

    code = "SIGNER_NOT_TRUSTED"


class WrongSigner(Unsound):
    """A record is signed by a trusted key, but not by the organisation that answers for it."""

    code = "WRONG_SIGNER"


class BrokenLink(Unsound):
    """A record names one that is not in the archive, comes later, or is of the wrong kind or case."""

    code = "BROKEN_LINK"


class NotProved(Unsound):
    """A record or tombstone has no proof that the log holds it, or the proof does not hold."""

    code = "NOT_PROVED"


class LogContradicts(Unsound):
    """Two checkpoints in the archive contradict each other, or the log has records in another order than the case."""

    code = "LOG_CONTRADICTS"


class OutsideDecision(Unsound):
    """A release went beyond the decision it names: other items, another recipient, purpose or date."""

    code = "OUTSIDE_DECISION"


class OutsideAgreement(Unsound):
    """A release went beyond the agreement it names, or that agreement was not signed by every party."""

    code = "OUTSIDE_AGREEMENT"


class OutsideRelease(Unsound):
    """A receipt is for more than was to be released."""

    code = "OUTSIDE_RELEASE"


class RulesDiffer(Unsound):
    """The rule bases that the archive refers to are not those that its decisions name."""

    code = "RULES_DIFFER"
