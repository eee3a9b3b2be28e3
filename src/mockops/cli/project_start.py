"""The work behind `mockops init`: contracts found, their files copied, and a stub and a persona to begin with."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from mockops.contracts.rules.bundles import bundle_digest
from mockops.contracts.service.load import load_contract
from mockops.core.errors import Invalid
from mockops.infra.cache import cache_dir
from mockops.infra.http import fetcher
from mockops.publishing.service.projects.contract_files import LocalContract, find_contract
from mockops.publishing.service.projects.schemas import SCHEMAS_FOLDER, write_schemas
from mockops.publishing.service.sources import ContractSource, find_sources, name_of, place_of, slug
from mockops.workspaces.model.layout import PROJECT_FILE
from mockops.workspaces.model.projects import ContractItem, Item, ProjectState, WorkspaceState
from mockops.workspaces.service.folder import Folder
from mockops.workspaces.service.layout import read_project
from mockops.workspaces.service.projects import write_state

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mockops.core.json import JsonObject

_SAMPLE_NAME = "petstore"
_SAMPLE = b"""\
# A small contract to begin with: replace it by your own.
openapi: 3.1.0
info:
  title: Petstore
  version: 1.0.0
paths:
  /pets:
    get:
      operationId: listPets
      summary: List pets
      responses:
        "200":
          description: Some pets.
          content:
            application/json:
              schema:
                type: array
                items: { $ref: "#/components/schemas/Pet" }
    post:
      operationId: createPet
      summary: Add a pet
      requestBody:
        required: true
        content:
          application/json:
            schema: { $ref: "#/components/schemas/NewPet" }
      responses:
        "201":
          description: The pet, with its id.
          content:
            application/json:
              schema: { $ref: "#/components/schemas/Pet" }
  /pets/{petId}:
    get:
      operationId: getPet
      summary: Read a pet
      parameters:
        - name: petId
          in: path
          required: true
          schema: { type: integer }
      responses:
        "200":
          description: The pet.
          content:
            application/json:
              schema: { $ref: "#/components/schemas/Pet" }
        "404":
          description: There is no such pet.
          content:
            application/problem+json:
              schema:
                type: object
                properties:
                  title: { type: string }
                  status: { type: integer }
components:
  schemas:
    NewPet:
      type: object
      required: [name]
      properties:
        name: { type: string, minLength: 1 }
        status: { type: string, enum: [available, pending, adopted] }
        owner_email: { type: string, format: email }
    Pet:
      allOf:
        - $ref: "#/components/schemas/NewPet"
        - type: object
          required: [id, name]
          properties:
            id: { type: integer }
"""
_PERSONA: JsonObject = {
    "name": "regular",
    "description": "A customer whom every workspace knows. Ask as him with the header MockOps-Persona: regular.",
    "seed": 5,
    "traits": {"tier": "silver"},
    "entities": {"customer": {"id": "cus_5r7w2", "name": "Jonas Berg", "email": "jonas@example.com"}},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A new project."""

    written: tuple[Path, ...]
    workspaces: int
    try_path: str
    """Path of a request to try."""


def start_project(root: Path, specs: Sequence[str], name: str) -> Started:
    """Write a project's first files.

    Raises:
        Invalid: Something is in the way, or a contract cannot be read.

    """
    _refuse_occupied(root)
    contracts = _contracts(specs)
    state = ProjectState(
        name=name or slug(root.resolve().name),
        workspaces=tuple(WorkspaceState(name=each, contract=local.item) for each, local in contracts.items()),
        personas=(Item(key="regular", document=_PERSONA, path="personas/regular.yaml"),),
    )
    by_digest = {local.item.digest: local for local in contracts.values()}
    written = write_state(
        state, root, read_contract=lambda item: by_digest[item.digest].read().files, schemas=SCHEMAS_FOLDER
    )
    write_schemas(root)
    stub, path = _add_stub(root)
    only = "" if len(contracts) == 1 else f"/@{next(iter(contracts))}"
    return Started(written=(*written.written, *stub), workspaces=len(contracts), try_path=only + path)


def _add_stub(root: Path) -> tuple[tuple[Path, ...], str]:
    """Write a stub for a plain GET of the first workspace; return its file, and the path of the GET."""
    files = read_project(root)[0].workspaces[0]
    if files.contract is None:
        return (), "/"
    entries = load_contract(files.contract, cache_dir=cache_dir()).contract.entries
    plain = [each for each in entries if each.method == "GET" and not each.selectors]
    entry = min(plain, key=lambda each: "{" in each.path, default=None)
    if entry is None:
        return (), "/"
    document: JsonObject = {
        "id": "try-a-stub",
        "name": "Answers only requests with the header X-Try; all others are answered as the contract says",
        "match": {"operation": entry.key, "headers": {"X-Try": {"present": True}}},
        "respond": {"status": 503, "json": {"title": "Down for maintenance", "status": 503}},
        "delay": "200ms",
    }
    folder = Folder(root, SCHEMAS_FOLDER)
    folder.write_document(f"workspaces/{files.name}/stubs/try-a-stub.yaml", document, "stub")
    return tuple(folder.written), "/" if "{" in entry.path else entry.path


def _refuse_occupied(root: Path) -> None:
    if root.exists() and not root.is_dir():
        raise Invalid(f"{root} is no folder; name another")
    for name in (PROJECT_FILE, "workspaces", "personas", SCHEMAS_FOLDER):
        if (root / name).exists():
            raise Invalid(f"{root / name} is there already; `mockops init` overwrites nothing, so name another folder")


def _contracts(specs: Sequence[str]) -> dict[str, LocalContract]:
    """Return the contracts by the names that their workspaces get."""
    if not specs:
        return {_SAMPLE_NAME: _sample()}
    found: dict[str, LocalContract] = {}
    for source in find_sources(specs):
        if not isinstance(source, ContractSource):
            raise Invalid(f"{place_of(source)} is a project or workspace already; name OpenAPI files with --from")
        found[name_of(source.place, found)] = find_contract(source.place, "", fetch=fetcher())
    return found


def _sample() -> LocalContract:
    files = {"contract.yaml": sha256(_SAMPLE).hexdigest()}
    item = ContractItem(root="contract.yaml", files=files, digest=bundle_digest("contract.yaml", files))
    return LocalContract(item=item, contents={"contract.yaml": _SAMPLE})
