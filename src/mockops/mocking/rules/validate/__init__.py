"""Whether a request keeps the contract, and what it is told when it does not."""

from __future__ import annotations

from mockops.mocking.rules.validate.bodies import BodyReader, MalformedBody
from mockops.mocking.rules.validate.refusal import outcome, problem_for
from mockops.mocking.rules.validate.validator import RequestValidator, choose_media

__all__ = ["BodyReader", "MalformedBody", "RequestValidator", "choose_media", "outcome", "problem_for"]
