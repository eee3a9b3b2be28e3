"""The syntax tree of a template: what is wrong with it, and the form in which it pays for what it does."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from jinja2 import nodes
from jinja2.meta import find_undeclared_variables
from jinja2.visitor import NodeTransformer

from mockops.mocking.rules.templates.budget import CHARACTERS_PER_STEP
from mockops.mocking.rules.templates.dice import FAKES, Dice
from mockops.mocking.rules.templates.filters import PUBLIC
from mockops.mocking.rules.templates.scope import ROOTS, RequestView

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jinja2 import Environment

_MEMBERS: dict[str, frozenset[str]] = {
    "request": RequestView.FIELDS,
    "random": Dice.METHODS,
    "fake": frozenset(FAKES),
    "session": frozenset({"name", "ci_run"}),
}
_UNAVAILABLE = (
    nodes.Extends,
    nodes.Block,
    nodes.Include,
    nodes.Import,
    nodes.FromImport,
)
_EXISTENCE = frozenset({"defined", "undefined", "none"})


class Problem(Exception):
    """Something in a template that cannot be right: a message, a line, and the word to find in it."""

    def __init__(self, message: str, line: int, word: str) -> None:
        super().__init__(message)
        self.message, self.line, self.word = message, line, word


def find_problems(environment: Environment, tree: nodes.Template) -> list[Problem]:
    """Return every use of a name, member, filter or tag that does not exist, in the order of the text."""
    problems = list(_unknown_functions(environment, tree))
    if not problems:  # Jinja2 resolves names only where it knows all filters and tests
        problems = [*_unknown_names(environment, tree), *_unknown_members(tree)]
    for node in tree.find_all(_UNAVAILABLE):
        tag = type(node).__name__.lower()
        problems.append(Problem(f"{{% {tag} %}} is not available: a template stands alone", node.lineno, tag))
    for loop in tree.find_all(nodes.For):
        if loop.recursive:
            problems.append(Problem("recursive loops are not available", loop.lineno, "recursive"))
    return sorted(problems, key=lambda problem: problem.line)


def _unknown_names(environment: Environment, tree: nodes.Template) -> Iterator[Problem]:
    known = ROOTS | environment.globals.keys()
    unknown = {name for name in find_undeclared_variables(tree) if name not in known}
    unknown |= {node.name for node in tree.find_all(nodes.Name) if node.name in ("self", "super")}
    for name in unknown:
        lines = [node.lineno for node in tree.find_all(nodes.Name) if node.name == name]
        yield Problem(f"{name!r} is not defined{_suggest(name, known)}", min(lines, default=1), name)


def _unknown_members(tree: nodes.Template) -> Iterator[Problem]:
    assigned = {node.name for node in tree.find_all(nodes.Name) if node.ctx != "load"}
    for node in tree.find_all((nodes.Getattr, nodes.Getitem)):
        root, member = _root_and_member(node)
        if root in _MEMBERS and root not in assigned and member is not None and member not in _MEMBERS[root]:
            advice = _suggest(member, _MEMBERS[root])
            yield Problem(f"'{root}.{member}' does not exist{advice}", node.lineno, member)


def _root_and_member(node: nodes.Expr) -> tuple[str, str | None]:
    if isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name):
        return node.node.name, node.attr
    if isinstance(node, nodes.Getitem) and isinstance(node.node, nodes.Name) and isinstance(node.arg, nodes.Const):
        return node.node.name, str(node.arg.value)
    return "", None


def _unknown_functions(environment: Environment, tree: nodes.Template) -> Iterator[Problem]:
    for node in tree.find_all(nodes.Filter):
        if node.name not in PUBLIC:
            yield Problem(f"there is no filter {node.name!r}{_suggest(node.name, PUBLIC)}", node.lineno, node.name)
    for test in tree.find_all(nodes.Test):
        if test.name not in environment.tests:
            advice = _suggest(test.name, environment.tests)
            yield Problem(f"there is no test {test.name!r}{advice}", test.lineno, test.name)


def _suggest(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = get_close_matches(name, names, n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    return "; there are " + ", ".join(names) if len(names) <= 12 else ""


def names_used(tree: nodes.Template) -> frozenset[str]:
    """Return what a template reads of the outside: `request.body`, `persona`, `now` …; members of `request` only."""
    used = {name for name in find_undeclared_variables(tree) if name in ROOTS}
    if "request" not in used:
        return frozenset(used)
    members = [node for node in tree.find_all((nodes.Getattr, nodes.Getitem)) if _root_and_member(node)[0] == "request"]
    mentions = sum(node.name == "request" for node in tree.find_all(nodes.Name))
    if mentions == len(members):
        used.discard("request")
        used |= {f"request.{_root_and_member(node)[1]}" for node in members}
    return frozenset(used)


def steps_of(tree: Iterable[nodes.Node]) -> int:
    """Return what one pass over some nodes costs: one step each, and their literal text."""
    steps = 0
    stack = list(tree)
    while stack:
        node = stack.pop()
        steps += 1
        if isinstance(node, nodes.TemplateData):
            steps += len(node.data) // CHARACTERS_PER_STEP
        stack.extend(node.iter_child_nodes())
    return steps


def macro_steps(tree: nodes.Template) -> int:
    """Return what a call of the dearest macro costs."""
    return max((steps_of([macro]) for macro in tree.find_all((nodes.Macro, nodes.CallBlock))), default=1)


def _wrap(node: Any, name: str, *args: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, name, list(args), [], None, None, lineno=node.lineno)


class Paying(NodeTransformer):
    """Rewrites a tree so that loops, texts, containers and comparisons pay from the budget."""

    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802 (the visitor's protocol)
        """Count a loop's rounds, each as dear as its body."""
        steps = steps_of([node])
        self.generic_visit(node)
        node.iter = _wrap(node.iter, "_count", nodes.Const(steps, lineno=node.lineno))
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:  # noqa: N802 (as above)
        """Make `~` pay for its text."""
        self.generic_visit(node)
        return _wrap(nodes.List(node.nodes, lineno=node.lineno), "_concat")

    def visit_Compare(self, node: nodes.Compare) -> nodes.Compare:  # noqa: N802 (as above)
        """Make comparisons pay for what they look through."""
        self.generic_visit(node)
        node.expr = _wrap(node.expr, "_weigh")
        for operand in node.ops:
            operand.expr = _wrap(operand.expr, "_weigh")
        return node

    def visit_Test(self, node: nodes.Test) -> nodes.Test:  # noqa: N802 (as above)
        """Make tests pay for what they look through."""
        self.generic_visit(node)
        if node.name not in _EXISTENCE:
            node.node = _wrap(node.node, "_weigh")
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Expr:  # noqa: N802 (as above)
        """Make slices pay for what they copy."""
        self.generic_visit(node)
        return _wrap(node, "_weigh") if isinstance(node.arg, nodes.Slice) else node

    def _container(self, node: Any) -> Any:
        self.generic_visit(node)
        is_target = isinstance(node, nodes.Tuple) and node.ctx != "load"
        return node if is_target or (isinstance(node, nodes.List) and not node.items) else _wrap(node, "_weigh")

    visit_List = visit_Tuple = visit_Dict = _container  # noqa: N815 (as above)
