"""Answering from a session's items instead of from examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockops.mocking.rules.negotiate.accept import is_json
from mockops.mocking.rules.negotiate.plan import Refusal, plan_response
from mockops.mocking.rules.negotiate.prefer import preference_of
from mockops.mocking.rules.resources import writing
from mockops.mocking.rules.resources.collection import Role
from mockops.mocking.rules.resources.listing import answer_list
from mockops.mocking.rules.resources.seeding import start_items
from mockops.mocking.rules.resources.visit import Visit, World, item_answer, missing, reply

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mockops.core.exchange import Request
    from mockops.mocking.model import Reply, SessionView
    from mockops.mocking.rules.resources.collection import Collections


def answer(
    collections: Collections,
    index: int,
    request: Request,
    params: Mapping[str, str],
    session: SessionView,
    world: World,
) -> Reply | None:
    """Answer an operation from the session's items; None leaves it to the contract.

    `index` is the operation's index among the entries given to `infer_collections`, `params` the decoded path
    parameters. Left to the contract: operations of no collection, requests with a preference (`Prefer: code=404`),
    answers that are not JSON. The request has been validated before.
    """
    found = collections.find(index)
    if found is None:
        return None
    collection, role = found
    operation = collections.load(index)
    shape = collections.shape(collection)
    if shape is None or not preference_of(operation, request).is_empty:
        return None
    plan = plan_response(operation, request.header("accept"))
    if isinstance(plan, Refusal) or not 200 <= plan.status < 300:
        return None
    if plan.media is not None and not is_json(plan.content_type):
        return None
    key = collection.key(params)
    items, seeds = start_items(shape, collection, key, params, session, world)
    visit = Visit(
        collections=collections,
        collection=collection,
        shape=shape,
        operation=operation,
        plan=plan,
        request=request,
        params=params,
        session=session,
        world=world,
        key=key,
        items=items,
        seeds=seeds,
    )
    if seeds and not items and not collection.can_grow and role is not Role.REPLACE:
        return None  # it starts empty and nothing can change that: the contract's example says more
    return missing(visit, 404) if _has_lost_parent(visit) else _HANDLERS[role](visit)


def _has_lost_parent(visit: Visit) -> bool:
    """Return whether the item that this collection belongs to is itself stateful, and not there."""
    path, _, last = visit.collection.path.rpartition("/")
    owner_path, _, parameter = path.rpartition("/")
    owner = visit.collections.at(owner_path)
    if last.startswith("{") or owner is None or not owner.can_grow or parameter != f"{{{owner.id_parameter}}}":
        return False
    shape = visit.collections.shape(owner)
    if shape is None:
        return False
    key = owner.key(visit.params)
    items, _ = start_items(shape, owner, key, visit.params, visit.session, visit.world)
    return visit.params.get(owner.id_parameter, "") not in items


def _read(visit: Visit) -> Reply | None:
    item = visit.items.get(visit.item_id)
    if item is None:
        return missing(visit, 404)
    return None if visit.plan.media is None else reply(visit, item_answer(visit, item, visit.item_id))


_HANDLERS: dict[Role, Callable[[Visit], Reply | None]] = {
    Role.LIST: answer_list,
    Role.READ: _read,
    Role.CREATE: writing.create,
    Role.REPLACE_MEMBER: writing.replace_member,
    Role.REPLACE: writing.replace,
    Role.UPDATE: writing.update,
    Role.DELETE: writing.delete,
}
