"""Stubs, scenarios and personas: what is answered, written as their files are; and other tools' files as stubs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mockops.client.base import segment
from mockops.client.bodies import change_many, said
from mockops.client.listing import Listing
from mockops.client.shown.mocking import ImportReport, Persona, Scenario, ScenarioDetails, Stub

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockops.client.base import Api, Parameter
    from mockops.client.shown.bulk import BulkChange, BulkResults
    from mockops.core.json import Json, JsonObject

    Files = Mapping[str, str]
    """Base64 of each file that a document's `file:` names, by that name."""

_IMPORT_S = 300.0


class Stubs:
    """Stubs of one workspace, by key."""

    def __init__(self, api: Api, workspace: str) -> None:
        self._api = api
        self._path = f"workspaces/{segment(workspace)}/stubs"

    def list(
        self, *, method: str = "", path: str = "", operation: str = "", q: str = "", origin: str = ""
    ) -> Listing[Stub]:
        """Return the stubs, oldest first: of equal priority the last is tried first.

        Args:
            method: HTTP's.
            path: A request path (`/pets/{id}`, `/pets*`), or the file that a stub came from.
            operation: An operationId or `GET /pets/{id}`.
            q: Stands in key, name, path or operation.
            origin: `api`, `apply`, `import` or `import:postman`.

        """
        filters = {"method": method, "path": path, "operation": operation, "q": q, "origin": origin}
        return Listing(self._api, self._path, Stub, **filters)

    def get(self, key: str) -> Stub:
        """Return a stub."""
        return self._api.get(f"{self._path}/{segment(key)}").read(Stub)

    def create(self, document: JsonObject, *, files: Files | None = None) -> Stub:
        """Create a stub; its key is the document's `id`, or made from its content."""
        return self._api.post(self._path, said(document=document, files=files)).read(Stub)

    def replace(
        self, key: str, document: JsonObject, *, files: Files | None = None, version: int | None = None
    ) -> Stub:
        """Replace a stub. With `version` only if it is the latest, else ApiStale."""
        body = said(document=document, files=files)
        return self._api.put(f"{self._path}/{segment(key)}", body, if_match=version).read(Stub)

    def update(
        self,
        key: str,
        document: JsonObject | None = None,
        *,
        files: Mapping[str, str | None] | None = None,
        version: int | None = None,
    ) -> Stub:
        """Change parts of a stub (JSON Merge Patch, RFC 7396): what is not mentioned stays, null removes."""
        body = said(document=document, files=files)
        return self._api.patch(f"{self._path}/{segment(key)}", body, if_match=version).read(Stub)

    def delete(self, key: str, *, version: int | None = None) -> None:
        """Delete a stub."""
        self._api.delete(f"{self._path}/{segment(key)}", if_match=version)

    def bulk(self, changes: Sequence[BulkChange]) -> BulkResults:
        """Make many changes, each done or refused by itself; a thousand at a time are one transaction and version."""
        return change_many(self._api, f"{self._path}/bulk", changes)


class Scenarios:
    """Scenarios of one workspace, by name: drafts, and what is published of them."""

    def __init__(self, api: Api, workspace: str) -> None:
        self._api = api
        self._path = f"workspaces/{segment(workspace)}/scenarios"

    def list(self, *, q: str = "") -> Listing[Scenario]:
        """Return the scenarios by name; `q` stands in it."""
        return Listing(self._api, self._path, Scenario, q=q)

    def get(self, name: str) -> ScenarioDetails:
        """Return a scenario with its versions."""
        return self._api.get(f"{self._path}/{segment(name)}").read(ScenarioDetails)

    def create(self, document: JsonObject, *, files: Files | None = None) -> ScenarioDetails:
        """Create a scenario as a draft; its key is the document's `name`."""
        return self._api.post(self._path, said(document=document, files=files)).read(ScenarioDetails)

    def replace(
        self, name: str, document: JsonObject, *, files: Files | None = None, version: int | None = None
    ) -> ScenarioDetails:
        """Replace a draft. With `version` only if it is the latest, else ApiStale."""
        body = said(document=document, files=files)
        return self._api.put(f"{self._path}/{segment(name)}", body, if_match=version).read(ScenarioDetails)

    def update(
        self,
        name: str,
        document: JsonObject | None = None,
        *,
        files: Mapping[str, str | None] | None = None,
        version: int | None = None,
    ) -> ScenarioDetails:
        """Change parts of a draft (JSON Merge Patch, RFC 7396): what is not mentioned stays, null removes."""
        body = said(document=document, files=files)
        return self._api.patch(f"{self._path}/{segment(name)}", body, if_match=version).read(ScenarioDetails)

    def delete(self, name: str, *, version: int | None = None) -> None:
        """Delete a scenario; environments after the first keep what is pinned there."""
        self._api.delete(f"{self._path}/{segment(name)}", if_match=version)

    def publish(
        self, name: str, *, label: str | None = None, comment: str = "", version: int | None = None
    ) -> ScenarioDetails:
        """Make a version of what the draft says now, live in the first environment.

        Args:
            name: The scenario's.
            label: Semantic version; None: the next patch.
            comment: For people.
            version: Of the draft, which must be the latest, else ApiStale.

        """
        body = said(label=label, comment=comment)
        return self._api.post(f"{self._path}/{segment(name)}/publish", body, if_match=version).read(ScenarioDetails)

    def deprecate(self, name: str, *, version: int | None = None) -> ScenarioDetails:
        """Say that a scenario should not be used any more; where its versions are pinned, they stay live."""
        return self._api.post(f"{self._path}/{segment(name)}/deprecate", if_match=version).read(ScenarioDetails)


class Personas:
    """Personas of the organization, by name."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def list(self, *, q: str = "") -> Listing[Persona]:
        """Return the personas by name; `q` stands in it."""
        return Listing(self._api, "personas", Persona, q=q)

    def get(self, name: str) -> Persona:
        """Return a persona."""
        return self._api.get(f"personas/{segment(name)}").read(Persona)

    def create(self, document: JsonObject, *, files: Files | None = None) -> Persona:
        """Create a persona, live in every workspace's first environment; its key is the document's `name`."""
        return self._api.post("personas", said(document=document, files=files)).read(Persona)

    def replace(
        self, name: str, document: JsonObject, *, files: Files | None = None, version: int | None = None
    ) -> Persona:
        """Replace a persona. With `version` only if it is the latest, else ApiStale."""
        body = said(document=document, files=files)
        return self._api.put(f"personas/{segment(name)}", body, if_match=version).read(Persona)

    def update(
        self,
        name: str,
        document: JsonObject | None = None,
        *,
        files: Mapping[str, str | None] | None = None,
        version: int | None = None,
    ) -> Persona:
        """Change parts of a persona (JSON Merge Patch, RFC 7396): what is not mentioned stays, null removes."""
        body = said(document=document, files=files)
        return self._api.patch(f"personas/{segment(name)}", body, if_match=version).read(Persona)

    def delete(self, name: str, *, version: int | None = None) -> None:
        """Delete a persona; environments after the first keep what is pinned there."""
        self._api.delete(f"personas/{segment(name)}", if_match=version)

    def bulk(self, changes: Sequence[BulkChange]) -> BulkResults:
        """Make many changes, each done or refused by itself; a thousand at a time are one transaction."""
        return change_many(self._api, "personas/bulk", changes)


class Imports:
    """Files of other tools as stubs of one workspace."""

    def __init__(self, api: Api, workspace: str) -> None:
        self._api = api
        self._path = f"workspaces/{segment(workspace)}/imports"

    def run(
        self,
        format: Literal["wiremock", "postman", "har", "mockoon"],
        document: Json,
        *,
        files: Files | None = None,
        name: str = "",
        prefer: Literal["", "import", "server"] = "",
        dry_run: bool = False,
        hosts: Sequence[str] = (),
        path_prefix: str = "",
        include_static: bool = False,
        redact_emails: bool = False,
    ) -> ImportReport:
        """Import a file; importing it again under the same name is a three-way merge.

        Args:
            format: Whose file it is.
            document: What it holds.
            files: Base64 of the files that it refers to, by name.
            name: Tells imports apart; empty: the file's own.
            prefer: Who wins where both sides changed the same; empty: nobody, a conflict.
            dry_run: Only say what would happen.
            hosts: HAR: only exchanges with these.
            path_prefix: HAR: only paths that begin so.
            include_static: HAR: pages, scripts, styles and images, too.
            redact_emails: HAR: replace e-mail addresses, too.

        """
        params: dict[str, Parameter] = {
            "dry_run": dry_run,
            "name": name,
            "prefer": prefer,
            "host": hosts,
            "path_prefix": path_prefix,
            "include_static": include_static,
            "redact_emails": redact_emails,
        }
        body = {"document": document, "files": dict(files or {})}
        answer = self._api.request(
            "POST", f"{self._path}/{segment(format)}", body=body, params=params, timeout_s=_IMPORT_S
        )
        return answer.read(ImportReport)
