"""How hard the property tests look: `quick` by default, `thorough` by HYPOTHESIS_PROFILE=thorough."""

import os

from hypothesis import HealthCheck, settings

_ALWAYS = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large]}

# Quick takes the same examples every time, so that a failure is the doing of the change being tested.
settings.register_profile("quick", max_examples=50, derandomize=True, **_ALWAYS)
settings.register_profile("thorough", max_examples=2_000, print_blob=True, **_ALWAYS)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
