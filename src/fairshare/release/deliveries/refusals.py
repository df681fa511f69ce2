"""Why a delivery failed: one error for each reason. None says a credential, and the release itself stays made."""

from __future__ import annotations

from fairshare.words import BadInput, FairshareError, NotFound, Refused, Unsound

AGAIN = "The release itself is made; deliver it again with `fairshare deliver`."


class BadPlaces(BadInput):
    """The file of places to deliver to is not what it should be."""

    code = "DELIVERY_BAD_PLACES"


class PlaceMissing(NotFound):
    """There is no place of that name to deliver to, or the bucket or folder that it names is not there."""

    code = "DELIVERY_PLACE_MISSING"


class OtherPlace(Refused):
    """The place belongs to another organisation than the release's recipient."""

    code = "DELIVERY_OTHER_RECIPIENT"


class NothingToDeliver(Refused):
    """The release has no sealed files to put anywhere: it was told, shown, or is read by Delta Sharing."""

    code = "DELIVERY_NOTHING_SEALED"


class HostKeyDiffers(Unsound):
    """The server did not show the host key that is written down for it, so nothing was said to it."""

    code = "DELIVERY_HOST_KEY"


class DeliveryDenied(FairshareError):
    """The other side refused the credentials, or does not let them write there."""

    code = "DELIVERY_DENIED"


class DeliveryBroken(FairshareError):
    """The other side could not be reached, or the connection broke part way."""

    code = "DELIVERY_BROKEN"


class DeliveryFailed(FairshareError):
    """The other side could not take a file: it has no room, or says no more than that it failed."""

    code = "DELIVERY_FAILED"


class DeliveryDiffers(Unsound):
    """What the other side holds is not what was sent."""

    code = "DELIVERY_DIFFERS"
