"""Mockoon's response templates: Handlebars with helpers of its own, written in Jinja2."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mockops.mocking.importers.wiremock.handlebars import (
    WIREMOCK,
    Dialect,
    Untranslatable,
    date_format,
    expressions,
    literal,
    quote,
    translate,
    unquote,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PATH_STEP = re.compile(r"\[['\"]([^'\"]*)['\"]\]|\[(\d+)\]|\.?([^.\[\]]+)")
_WHOLE = re.compile(r"\d{1,4}")
_MAX_BUCKET = 50_000

FAKERS: dict[str, str] = {
    "airline.flightnumber": "random.digits(4)",
    "color.human": "fake.color",
    "color.rgb": "('#' ~ random.hex(6))",
    "commerce.department": "fake.word",
    "commerce.price": "fake.price",
    "commerce.product": "fake.word",
    "commerce.productname": "fake.word",
    "commerce.productadjective": "fake.word",
    "commerce.productdescription": "fake.sentence",
    "commerce.productmaterial": "fake.word",
    "company.buzzphrase": "fake.sentence",
    "company.catchphrase": "fake.sentence",
    "company.name": "fake.company",
    "company.companyname": "fake.company",
    "database.mongodbobjectid": "random.hex(24)",
    "datatype.boolean": "random.bool()",
    "datatype.number": "random.int(0, 99999)",
    "datatype.uuid": "uuid()",
    "date.anytime": "fake.datetime",
    "date.birthdate": "fake.datetime",
    "date.future": "now('iso', days=100)",
    "date.past": "fake.datetime",
    "date.recent": "now('iso')",
    "date.soon": "now('iso', days=1)",
    "finance.accountnumber": "random.digits(8)",
    "finance.amount": "fake.price",
    "finance.creditcardnumber": "fake.card_number",
    "finance.currencycode": "fake.currency",
    "finance.iban": "('DE' ~ random.digits(20))",
    "git.commitsha": "random.hex(40)",
    "hacker.noun": "fake.word",
    "hacker.phrase": "fake.sentence",
    "image.avatar": "fake.url",
    "image.url": "fake.url",
    "internet.color": "('#' ~ random.hex(6))",
    "internet.domainname": "fake.hostname",
    "internet.email": "fake.email",
    "internet.exampleemail": "fake.email",
    "internet.ip": "fake.ipv4",
    "internet.ipv4": "fake.ipv4",
    "internet.ipv6": "fake.ipv6",
    "internet.mac": "fake.mac",
    "internet.password": "fake.password",
    "internet.url": "fake.url",
    "internet.useragent": "fake.user_agent",
    "internet.username": "fake.username",
    "location.buildingnumber": "random.int(1, 999)",
    "location.city": "fake.city",
    "location.country": "fake.country",
    "location.countrycode": "fake.country_code",
    "location.latitude": "fake.latitude",
    "location.longitude": "fake.longitude",
    "location.state": "fake.state",
    "location.street": "fake.street",
    "location.streetaddress": "fake.address",
    "location.timezone": "fake.timezone",
    "location.zipcode": "fake.postal_code",
    "lorem.lines": "fake.text",
    "lorem.paragraph": "fake.text",
    "lorem.paragraphs": "fake.text",
    "lorem.sentence": "fake.sentence",
    "lorem.sentences": "fake.text",
    "lorem.slug": "fake.word",
    "lorem.text": "fake.text",
    "lorem.word": "fake.word",
    "lorem.words": "fake.sentence",
    "person.firstname": "fake.first_name",
    "person.fullname": "fake.name",
    "person.gender": "fake.gender",
    "person.bio": "fake.sentence",
    "person.jobtitle": "fake.job",
    "person.jobtype": "fake.job",
    "person.lastname": "fake.last_name",
    "person.prefix": "fake.title",
    "person.sex": "fake.gender",
    "phone.number": "fake.phone",
    "phone.phonenumber": "fake.phone",
    "random.uuid": "uuid()",
    "string.uuid": "uuid()",
    "system.filename": "fake.file_name",
    "system.mimetype": "fake.mime_type",
    "system.semver": "fake.version",
    "word.noun": "fake.word",
    "word.sample": "fake.word",
}
"""Faker's methods (in lower case) as expressions of our templates."""
_OLD_MODULES = {"name": "person", "address": "location"}


def translate_mockoon(source: str, buckets: Mapping[str, str], note: Callable[[str], None]) -> str | None:
    """Return a template of Mockoon as Jinja2.

    Args:
        source: The template.
        buckets: Data buckets by name and id: their JSON text.
        note: Called with what cannot be translated and is sent as it stands.

    Returns:
        The template; None when none of it can be one: it is text, then.

    """
    names = {"this"}

    def unknown(whole: str, error: Untranslatable) -> str:
        note(f"{whole[:60]} ({str(error).partition(';')[0]})")
        return "{{ '{{' }}" + literal(whole[2:])

    def block(name: str, rest: str) -> tuple[str, str] | None:
        return _block(name, rest, dialect, names)

    def path(text: str) -> str:
        return _look_up(text, names)

    helpers = {**_HELPERS, "data": _data_in(buckets), "dataRaw": _data_in(buckets)}
    dialect = Dialect(helpers=helpers, path=path, block=block, unknown=unknown)
    try:
        return translate(source, dialect)
    except Untranslatable as error:
        note(str(error))
        return None


def _block(name: str, rest: str, dialect: Dialect, names: set[str]) -> tuple[str, str] | None:
    if name == "each":
        alias = rest.partition(" as ")[2].strip(" |").split()
        names.update(alias[:1])
        return None
    if name != "repeat":
        return None
    comma = "comma=false" not in rest.replace(" ", "")
    counts = expressions(re.sub(r"comma\s*=\s*\w+", "", rest), dialect)
    if not 1 <= len(counts) <= 2:
        raise Untranslatable("repeat takes one count, or a lowest and a highest")
    low, high = (each if _WHOLE.fullmatch(each) else f"({each}|int)" for each in (counts[0], counts[-1]))
    many = low if len(counts) == 1 else f"random.int({low}, {high})"
    between = "{% if not loop.last %},{% endif %}" if comma else ""
    return f"{{% for this in range({many}) %}}", between + "{% endfor %}"


def _look_up(text: str, names: set[str]) -> str:
    root = re.split(r"[.\[]", text, maxsplit=1)[0]
    if text.startswith("@") and text in ("@index", "@first", "@last"):
        return WIREMOCK.path(text)
    if root in names and root != "request":
        return f"({WIREMOCK.path(text)}|default(''))" if root != text else root
    raise Untranslatable(f"{text!r} has no counterpart")


def steps_of(path: str) -> list[str | int]:
    """Return the members and indexes of an object path (`a.b[0]`, `a.0`) or plain JSONPath (`$.a['b']`).

    Raises:
        Untranslatable: It is more than members and indexes.

    """
    text = path.strip()
    text = text[1:] if text.startswith("$") else text
    if any(sign in text for sign in ("*", "..", "?(", "[?", ":")):
        raise Untranslatable(f"the path {path!r} is more than members and indexes")
    steps: list[str | int] = []
    for quoted, index, name in _PATH_STEP.findall(text.lstrip(".")):
        word = index or name
        steps.append(int(word) if not quoted and word.isdecimal() else quoted or word)
    return steps


def _chain(root: str, path: str, default: str) -> str:
    expression = root
    steps = steps_of(path)
    for at, step in enumerate(steps):
        expression = f"{expression}[{step if isinstance(step, int) else quote(step)}]"
        if at < len(steps) - 1:
            expression = f"({expression}|default({{}}))"
    return f"({expression}|default({default}))"


def _text_argument(positional: list[str], at: int, what: str) -> str:
    if at >= len(positional) or positional[at][:1] != "'":
        raise Untranslatable(f"{what} takes a name that is written out")
    return unquote(positional[at])


def _of_request(root: str) -> Callable[[list[str], dict[str, str]], str]:
    def read(positional: list[str], _: dict[str, str]) -> str:
        if not positional:
            return "request.text" if root == "request.body" else root
        path = _text_argument(positional, 0, root)
        default = positional[1] if len(positional) > 1 else "''"
        if root == "request.body":
            return _chain("(request.body|default({}, true))", path, default) if path else "request.text"
        return f"({root}[{quote(path)}]|default({default}))"

    return read


def _data_in(buckets: Mapping[str, str]) -> Callable[[list[str], dict[str, str]], str]:
    def data(positional: list[str], _: dict[str, str]) -> str:
        name = _text_argument(positional, 0, "data")
        text = buckets.get(name)
        if text is None or "{{" in text or len(text) > _MAX_BUCKET:
            raise Untranslatable(
                f"there is no data bucket {name!r} that is plain JSON of at most {_MAX_BUCKET} characters"
            )
        bucket = f"({quote(text.replace(chr(10), ' '))}|fromjson)"
        if len(positional) == 1:
            return bucket
        return _chain(bucket, _text_argument(positional, 1, "data"), "''")

    return data


def _faker(positional: list[str], named: dict[str, str]) -> str:
    name = _text_argument(positional, 0, "faker")
    module, _, method = name.lower().partition(".")
    key = f"{_OLD_MODULES.get(module, module)}.{method}"
    if key in ("number.int", "random.number", "datatype.number"):
        highest = positional[1] if len(positional) > 1 else "99999"
        return f"random.int({named.get('min', '0')}, {named.get('max', highest)})"
    if key in ("number.float", "datatype.float"):
        return f"random.float({named.get('min', '0.0')}, {named.get('max', '1.0')})"
    if key in ("commerce.price", "finance.amount") and (len(positional) > 2 or "max" in named):
        low, high = positional[1:3] if len(positional) > 2 else (named.get("min", "0"), named["max"])
        return f"random.float({low}, {high}, 2)"
    if key in ("helpers.arrayelement", "random.arrayelement", "helpers.randomize") and positional[1:2]:
        if positional[1].startswith("'"):
            raise Untranslatable(f"faker's {name!r} takes (array …) here")
        return f"random.choice({positional[1]})"
    if key in ("string.alphanumeric", "random.alphanumeric", "string.alpha", "string.numeric", "string.hexadecimal"):
        length = positional[1] if len(positional) > 1 else named.get("length", "10")
        kind = {"string.alpha": "letters", "string.numeric": "digits", "string.hexadecimal": "hex"}.get(key, "string")
        return f"random.{kind}({length})"
    if module == "image":
        return "fake.url"
    if key not in FAKERS:
        raise Untranslatable(f"faker's {name!r} has no counterpart")
    return FAKERS[key]


def _int(positional: list[str], _: dict[str, str]) -> str:
    return f"random.int({', '.join(positional[:2])})" if positional else "random.int(0, 99999)"


def _now(positional: list[str], _: dict[str, str]) -> str:
    if not positional:
        return "now('%Y-%m-%dT%H:%M:%SZ')"
    pattern = _text_argument(positional, 0, "now")
    words = {"T": "epoch", "x": "epoch", "t": "unix", "X": "unix", "": "%Y-%m-%dT%H:%M:%SZ"}
    return f"now({quote(words[pattern] if pattern in words else date_format(pattern))})"


def _of_two(sign: str) -> Callable[[list[str], dict[str, str]], str]:
    def compare(positional: list[str], _: dict[str, str]) -> str:
        if len(positional) != 2:
            raise Untranslatable(f"{sign} takes two values")
        return f"({positional[0]} {sign} {positional[1]})"

    return compare


def _chained(sign: str) -> Callable[[list[str], dict[str, str]], str]:
    def calculate(positional: list[str], _: dict[str, str]) -> str:
        if len(positional) < 2:
            raise Untranslatable(f"{sign} takes two values or more")
        return "(" + f" {sign} ".join(f"({each}|float)" if each[:1] == "'" else each for each in positional) + ")"

    return calculate


def _filtered(name: str) -> Callable[[list[str], dict[str, str]], str]:
    def apply(positional: list[str], _: dict[str, str]) -> str:
        if len(positional) != 1:
            raise Untranslatable(f"{name} takes one value")
        return f"({positional[0]}|{name})"

    return apply


def _one_of(positional: list[str], _: dict[str, str]) -> str:
    if len(positional) != 1:
        raise Untranslatable("oneOf takes an array")
    return f"random.choice({positional[0]})"


def _constant(expression: str) -> Callable[[list[str], dict[str, str]], str]:
    return lambda _positional, _named: expression


_HELPERS: dict[str, Callable[[list[str], dict[str, str]], str]] = {
    "body": _of_request("request.body"),
    "bodyRaw": _of_request("request.body"),
    "queryParam": _of_request("request.query"),
    "queryParamRaw": _of_request("request.query"),
    "urlParam": _of_request("request.params"),
    "header": _of_request("request.headers"),
    "cookie": _of_request("request.cookies"),
    "method": _constant("request.method"),
    "baseUrl": _constant("('http://' ~ (request.headers['host']|default('localhost')))"),
    "hostname": _constant("((request.headers['host']|default('localhost')).split(':')[0])"),
    "ip": _constant("'127.0.0.1'"),
    "newline": _constant("'\\n'"),
    "faker": _faker,
    "uuid": _constant("uuid()"),
    "guid": _constant("uuid()"),
    "objectId": _constant("random.hex(24)"),
    "int": _int,
    "float": lambda positional, _: f"random.float({', '.join(positional[:2])})",
    "boolean": _constant("random.bool()"),
    "oneOf": _one_of,
    "array": lambda positional, _: "[" + ", ".join(positional) + "]",
    "concat": lambda positional, _: "(" + " ~ ".join(positional) + ")" if positional else "''",
    "now": _now,
    "date": _constant("fake.date"),
    "time": _constant("fake.time"),
    "eq": _of_two("=="),
    "ne": _of_two("!="),
    "gt": _of_two(">"),
    "gte": _of_two(">="),
    "lt": _of_two("<"),
    "lte": _of_two("<="),
    "and": _chained("and"),
    "or": _chained("or"),
    "add": _chained("+"),
    "subtract": _chained("-"),
    "multiply": _chained("*"),
    "divide": _chained("/"),
    "modulo": _chained("%"),
    "lowercase": _filtered("lower"),
    "uppercase": _filtered("upper"),
    "trim": _filtered("trim"),
    "len": _filtered("length"),
    "round": _filtered("round"),
    "stringify": _filtered("tojson"),
    "jsonParse": _filtered("fromjson"),
    "base64": _filtered("b64encode"),
    "base64Decode": _filtered("b64decode"),
    "firstName": _constant("fake.first_name"),
    "lastName": _constant("fake.last_name"),
    "company": _constant("fake.company"),
    "domain": _constant("fake.hostname"),
    "email": _constant("fake.email"),
    "phone": _constant("fake.phone"),
    "street": _constant("fake.street"),
    "city": _constant("fake.city"),
    "country": _constant("fake.country"),
    "countryCode": _constant("fake.country_code"),
    "zipcode": _constant("fake.postal_code"),
    "postcode": _constant("fake.postal_code"),
    "lat": _constant("fake.latitude"),
    "long": _constant("fake.longitude"),
    "color": _constant("fake.color"),
    "hexColor": _constant("('#' ~ random.hex(6))"),
    "ipv4": _constant("fake.ipv4"),
    "ipv6": _constant("fake.ipv6"),
    "lorem": _constant("fake.sentence"),
}
