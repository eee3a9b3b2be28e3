"""A valid request of one operation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import quote

import msgspec

from mockops.contracts.model import Location, MediaType, Operation, Parameter
from mockops.core.chance import seed_of
from mockops.core.errors import Invalid
from mockops.core.exchange import Request
from mockops.mocking.rules import schemas
from mockops.mocking.rules.bodies.encode import content_type_for, encode, is_json
from mockops.mocking.rules.generate import Direction, Generator, Hints, Optional, Unsatisfiable
from mockops.mocking.rules.generate.dice import Dice
from mockops.mocking.rules.parameters import ParameterReader
from mockops.mocking.rules.parameters.reader import IGNORED_HEADERS
from mockops.mocking.rules.paths import Router
from mockops.mocking.rules.samples import styles
from mockops.mocking.rules.samples.credentials import credentials_for
from mockops.mocking.rules.segments import divide, has_shared_segment
from mockops.mocking.rules.validate import RequestValidator

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mockops.core.json import Json
    from mockops.mocking.model import Violation

_TEMPLATE = re.compile(r"\{([^{}]*)\}")
_ATTEMPTS = 8
_TRIES = 12
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_MISSING = object()
_FRAMING = frozenset(
    ("host", "connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "expect", "content-length")
)
"""Headers that belong to whoever sends the request; a contract may list them all the same."""
_NOT_SAMPLED = IGNORED_HEADERS | _FRAMING


class SampleImpossible(Invalid):
    """No valid request of an operation was found: its contract contradicts itself."""

    code: ClassVar[str] = "mocking.sample_impossible"


def sample_request(
    operation: Operation, *, seed: int, base_path: str = "", optional: Optional | str = Optional.SOME
) -> Request:
    """Return a valid request, made from the contract alone (see `Sampler.sample`)."""
    return Sampler(operation).sample(seed=seed, base_path=base_path, optional=optional)


class _Draft(msgspec.Struct, kw_only=True):
    """A request being put together: encoded pairs, in the order of the contract."""

    path: str = ""
    query: list[tuple[str, str]] = msgspec.field(default_factory=list)
    headers: list[tuple[str, str]] = msgspec.field(default_factory=list)
    cookies: list[tuple[str, str]] = msgspec.field(default_factory=list)
    body: bytes = b""

    def request(self, method: str, base_path: str) -> Request:
        """Return the request."""
        headers = list(self.headers)
        if self.cookies:
            headers.append(("cookie", "; ".join(f"{name}={value}" for name, value in self.cookies)))
        return Request(
            method=method,
            path=base_path + self.path,
            query_string="&".join(f"{name}={value}" if value is not None else name for name, value in self.query),
            headers=tuple(headers),
            body=self.body,
        )


class Sampler:
    """Makes valid requests of one operation, remembering what it compiled."""

    def __init__(self, operation: Operation, generator: Generator | None = None) -> None:
        self._operation = operation
        self._generator = generator or Generator(operation.definitions)
        self._reader = ParameterReader(operation)
        self._validator = RequestValidator(operation)
        self._router: Router[bool] = Router()
        self._router.add(operation.path, True, operation.method)

    def sample(self, *, seed: int, base_path: str = "", optional: Optional | str = Optional.SOME) -> Request:
        """Return a valid request: required parameters always, optional ones as asked, a body, credentials.

        Examples of the contract are used where they conform. `Accept` is left out.

        Args:
            seed: Chooses among the requests there are; the same seed gives the same request.
            base_path: Goes before the path.
            optional: Which optional parameters and properties are there: `none`, `some` or `all`.

        Raises:
            SampleImpossible: The contract contradicts itself, so that no request conforms.

        """
        left_out: set[tuple[str, str]] = set()
        reason = ""
        for attempt in range(_ATTEMPTS):
            policy = Optional(optional) if attempt < _ATTEMPTS // 2 else Optional.NONE
            try:
                draft = self._draft(seed_of(seed, attempt), policy, left_out)
            except Unsatisfiable as error:
                reason = str(error)
                continue
            request = draft.request(self._operation.method, "")
            violations = self._violations(request)
            if not violations:
                return draft.request(self._operation.method, quote(base_path.rstrip("/"), safe="/%:@!$&'()*+,;=~"))
            reason = violations[0].message
            left_out |= {(each.location, _first_token(each.pointer)) for each in violations}
        raise SampleImpossible(f"no valid request of {self._operation.key} was found: {reason}")

    def _violations(self, request: Request) -> tuple[Violation, ...]:
        found = self._router.find(request.path, request.method)
        params = found.params if found is not None else {}
        if has_shared_segment(self._operation.path):
            params = divide(self._operation.path, params, lambda divided: self._fits_path(request, divided))
        values = self._reader.read(request, params)
        wrong = self._validator.check(request, values)
        return tuple(
            one for one in wrong if one.location != "header" or _first_token(one.pointer).lower() not in _FRAMING
        )

    def _fits_path(self, request: Request, params: dict[str, str]) -> bool:
        wrong = self._validator.check_parameters(self._reader.read(request, params))
        return all(violation.location != Location.PATH.value for violation in wrong)

    def _draft(self, seed: int, policy: Optional, left_out: set[tuple[str, str]]) -> _Draft:
        draft = _Draft()
        dice = Dice(seed, "optional")
        hints = Hints(direction=Direction.REQUEST, optional=policy)
        by_name = {each.name: each for each in self._operation.parameters if each.location is Location.PATH}
        draft.path = _TEMPLATE.sub(lambda m: self._segment(m[1], by_name, seed, hints), self._operation.path)
        for parameter in self._operation.parameters:
            # One draw for each, so that one parameter's fate changes nothing for the next.
            is_drawn = policy is Optional.ALL or (dice.ratio() < 0.5 and policy is Optional.SOME)
            is_left_out = (parameter.location.value, parameter.name) in left_out
            if parameter.location is not Location.PATH and (parameter.required or (is_drawn and not is_left_out)):
                self._add(draft, parameter, seed, hints)
        self._add_body(draft, seed, hints, dice, left_out)
        self._add_selectors(draft)
        self._add_credentials(draft)
        return draft

    def _segment(self, written: str, by_name: dict[str, Parameter], seed: int, hints: Hints) -> str:
        """Return what stands in the path for a `{name}`: never empty, `.` or `..`, and without a bare slash."""
        parameter = by_name.get(written) or by_name.get(written.strip("+*?")) or _undeclared(written)
        fallback = ""
        for value in self._values(parameter, seed, hints):
            text = styles.path_text(parameter, value)
            if text and text not in (".", ".."):
                if "%2F" not in text:
                    return text
                fallback = fallback or text
        if not fallback:
            raise Unsatisfiable(f"path parameter `{parameter.name}` has no value that fits in a path")
        return fallback

    def _values(self, parameter: Parameter, seed: int, hints: Hints) -> Iterator[Json]:
        """Yield values of a parameter to try: the contract's examples that conform, then generated ones."""
        schema = True if parameter.schema is None else parameter.schema
        for example in parameter.examples:
            if self._generator.conforms(schema, example.value, direction=Direction.REQUEST):
                yield example.value
        for attempt in range(_TRIES):
            here = seed_of(seed, parameter.location.value, parameter.name, attempt)
            plain = hints
            if attempt >= _TRIES // 2:
                # More to choose from: no examples, and all properties, even those only answers should carry.
                plain = Hints(use_examples=False, optional=Optional.ALL)
            value = self._generator.value(schema, seed=here, hints=plain, name=parameter.name)
            yield value
        # What has no properties leaves no trace in a query: one that nobody forbids makes it visible.
        visible = _with_property(value)
        if visible != value and self._generator.conforms(schema, visible, direction=Direction.REQUEST):
            yield visible

    def _add(self, draft: _Draft, parameter: Parameter, seed: int, hints: Hints) -> None:
        if parameter.location is Location.HEADER and parameter.name.lower() in _NOT_SAMPLED:
            return
        try:
            value = self._sendable(parameter, self._values(parameter, seed, hints))
        except Unsatisfiable:
            if parameter.required:
                raise
            return
        if value is _MISSING:
            return
        if parameter.location is Location.QUERY:
            draft.query += styles.query_pairs(parameter, value, is_open=self._is_open(parameter, value))
        elif parameter.location is Location.COOKIE:
            draft.cookies += styles.query_pairs(parameter, value)
        else:
            name = parameter.name.lower()
            # A content coding says what was done to the body: nothing.
            draft.headers.append(
                (name, "identity" if name == "content-encoding" else styles.header_text(parameter, value))
            )

    def _is_open(self, parameter: Parameter, value: Json) -> bool:
        known = schemas.properties(parameter.schema, self._operation.definitions)
        return parameter.explode and isinstance(value, dict) and not value.keys() <= known.keys()

    @staticmethod
    def _sendable(parameter: Parameter, values: Iterable[Json]) -> Json:
        """Return the first value that survives its way: nothing empty, no delimiter inside an item, header-safe."""
        last: Json = _MISSING
        for value in values:
            last = value if last is _MISSING else last
            if _is_sendable(parameter, value):
                return value
        if last in (None, [], {}) and not parameter.required:
            return _MISSING
        return last

    def _add_body(self, draft: _Draft, seed: int, hints: Hints, dice: Dice, left_out: set[tuple[str, str]]) -> None:
        body = self._operation.request_body
        is_drawn = dice.ratio() < 0.75 or hints.optional is Optional.ALL
        if body is None or not body.content:
            if body is not None and body.required:
                draft.body = b"sample"
            return
        if not body.required and (hints.optional is Optional.NONE or not is_drawn or ("body", "") in left_out):
            return
        media = next((each for each in body.content if is_json(each.media_type.partition(";")[0])), body.content[0])
        content_type = content_type_for(media.media_type)
        value = self._body_value(media, seed, hints)
        draft.body = encode(value, content_type, media, self._operation.definitions) or b" "
        draft.headers.append(("content-type", content_type))

    def _body_value(self, media: MediaType, seed: int, hints: Hints) -> Json:
        if media.schema is None:
            return media.examples[0].value if media.examples else {}
        for example in media.examples:
            if self._generator.conforms(media.schema, example.value, direction=Direction.REQUEST):
                return example.value
        return self._generator.value(media.schema, seed=seed_of(seed, "body", media.media_type), hints=hints)

    def _add_selectors(self, draft: _Draft) -> None:
        """Say what tells the operation from others on its path."""
        for selector in self._operation.selectors:
            pairs = draft.query if selector.location == "query" else draft.headers
            name = styles.encoded(selector.name) if selector.location == "query" else selector.name
            value = styles.encoded(selector.value) if selector.location == "query" else selector.value
            if selector.value or not any(known == name for known, _ in pairs):
                pairs[:] = [pair for pair in pairs if pair[0] != name]
                pairs.append((name, value or ("" if selector.location == "query" else "sample")))

    def _add_credentials(self, draft: _Draft) -> None:
        """Add credentials; a declared parameter of the same name has said it already."""
        needed = credentials_for(self._operation)
        for pairs, found in (
            (draft.query, {styles.encoded(name): value for name, value in needed.query.items()}),
            (draft.headers, needed.headers),
            (draft.cookies, needed.cookies),
        ):
            known = {name for name, _ in pairs}
            pairs += [pair for pair in found.items() if pair[0] not in known]


def _undeclared(name: str) -> Parameter:
    return Parameter(name=name, location=Location.PATH, required=True, schema={"type": "string"})


def _is_sendable(parameter: Parameter, value: Json) -> bool:
    if value in (None, "", [], {}):
        return False
    if parameter.location is Location.HEADER and not _is_field_value(styles.header_text(parameter, value)):
        return False
    if isinstance(value, list) and any(_has_delimiter(item) for item in value):
        return False
    is_query = parameter.location is Location.QUERY and isinstance(value, dict | list)
    return not is_query or next(styles.query_pairs(parameter, value), None) is not None


def _with_property(value: Json) -> Json:
    """Return a value with a property in each of its objects that has none."""
    if isinstance(value, list):
        return [_with_property(item) for item in value]
    return {"key": "sample"} if value == {} else value


def _first_token(pointer: str) -> str:
    token = pointer.removeprefix("/").partition("/")[0]
    return token.replace("~1", "/").replace("~0", "~")


def _is_field_value(text: str) -> bool:
    """Tell whether a text can be sent as a header's value (RFC 9110 section 5.5), and comes out the same."""
    return text.isascii() and not _CONTROL.search(text) and text == text.strip() and bool(text)


def _has_delimiter(item: Json) -> bool:
    return isinstance(item, str) and (not item or any(char in item for char in ",|. ;="))
