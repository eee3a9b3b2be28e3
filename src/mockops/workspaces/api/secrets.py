"""`/secrets`: sealed values, told to nobody."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field, SecretStr

from mockops.infra.secrets import Vault
from mockops.infra.web.bodies import DEFAULT, Body, Cursor, Limit, Listed, Shown
from mockops.infra.web.router import Read, Router, Write
from mockops.workspaces.api.shapes import Id
from mockops.workspaces.model.organizations import Changed
from mockops.workspaces.model.secrets import MAX_SECRET_BYTES, Secret, SecretInvalid, SecretUnknown
from mockops.workspaces.service import secrets as service

router = Router("workspaces", tag="secrets")


class SecretShown(Shown):
    """What may be known of a secret."""

    name: str
    version: int
    created_at: datetime
    updated_at: datetime
    updated_by: str


class SecretValue(Body):
    """A value to be kept."""

    value: SecretStr = Field(min_length=1, max_length=MAX_SECRET_BYTES)


def show(secret: Secret) -> SecretShown:
    """Return a secret as it is shown: without its value."""
    return SecretShown.model_construct(**{name: getattr(secret, name) for name in SecretShown.model_fields})


@router.reads("GET", "/secrets")
def list_secrets(work: Read, limit: Limit = DEFAULT, cursor: Cursor = None) -> Listed[SecretShown]:
    """List the names of the organization's secrets; needs an editor."""
    return Listed.of(service.list_secrets(work.tx, cursor=cursor, limit=limit), show)


@router.reads("GET", "/secrets/{name}", errors=(SecretUnknown,))
def get_secret(work: Read, name: Id) -> SecretShown:
    """Return what may be known of a secret; needs an editor."""
    return show(service.describe_secret(work.tx, name))


@router.writes("PUT", "/secrets/{name}", errors=(SecretInvalid, Changed))
def set_secret(work: Write, name: Id, body: SecretValue) -> SecretShown:
    """Keep a value under a name, sealed; it is never shown again. Needs an admin."""
    vault = work.services.get(Vault)
    value = body.value.get_secret_value()
    return show(service.set_secret(work.tx, vault, name, value, version=work.if_match())[0])


@router.writes("DELETE", "/secrets/{name}", errors=(SecretUnknown, Changed))
def delete_secret(work: Write, name: Id) -> None:
    """Forget a secret; needs an admin."""
    service.delete_secret(work.tx, name, version=work.if_match())
