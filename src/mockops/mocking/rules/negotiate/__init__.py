"""Which of the declared answers a request gets: status by `Prefer`, representation by `Accept`."""

from __future__ import annotations

from mockops.mocking.rules.negotiate.accept import best_media_type, concrete, is_json, matches, parse_media_type
from mockops.mocking.rules.negotiate.plan import (
    Refusal,
    ResponsePlan,
    choose_response,
    find_response,
    plan_response,
    refuse,
)
from mockops.mocking.rules.negotiate.prefer import Preference, parse_prefer, preference_of

__all__ = [
    "Preference",
    "Refusal",
    "ResponsePlan",
    "best_media_type",
    "choose_response",
    "concrete",
    "find_response",
    "is_json",
    "matches",
    "parse_media_type",
    "parse_prefer",
    "plan_response",
    "preference_of",
    "refuse",
]
