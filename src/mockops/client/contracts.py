"""Contracts: sent once, known by the digest of their files, given to workspaces, imported again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mockops.client.base import segment
from mockops.client.bodies import said
from mockops.client.listing import Listing
from mockops.client.projects import Projects
from mockops.client.shown.contracts import Contract, ContractSummary, Operation, ReimportReport, WorkspaceContract
from mockops.contracts.rules.bundles import BUNDLE_TYPE, pack, unpack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockops.client.base import Answer, Api
    from mockops.contracts.model import Bundle

_COMPILE_S = 120.0
"""The server gives up on a contract after 60 s."""


class Contracts:
    """Contracts of the organization, by digest."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def list(self) -> Listing[ContractSummary]:
        """Return the contracts, newest first."""
        return Listing(self._api, "contracts", ContractSummary)

    def get(self, digest: str) -> Contract:
        """Return a contract, and what is wrong or odd in it."""
        return self._api.get(f"contracts/{segment(digest)}").read(Contract)

    def upload(self, bundle: Bundle) -> Contract:
        """Send a contract, which the server compiles unless it has it; raises ApiInvalid when it cannot be served."""
        return _upload(self._api, pack(bundle), BUNDLE_TYPE).read(Contract)

    def upload_document(self, content: bytes, *, name: str = "openapi.yaml") -> Contract:
        """Send a contract that is one document without references to others; its name tells JSON or YAML."""
        media_type = "application/vnd.oai.openapi+json" if name.lower().endswith(".json") else "application/yaml"
        return _upload(self._api, content, media_type, name=name).read(Contract)

    def missing(self, digests: Sequence[str]) -> Sequence[str]:
        """Return those that the server does not have."""
        return Projects(self._api).contracts_missing(digests)

    def download(self, digest: str) -> Bundle:
        """Return a contract's files; raises BundleInvalid when their names are not safe to write."""
        return unpack(self._api.get(f"contracts/{segment(digest)}/bundle").content)


def _upload(api: Api, content: bytes, media_type: str, *, name: str = "") -> Answer:
    return api.request(
        "POST",
        "contracts",
        content=content,
        content_type=media_type,
        params={"name": name},
        timeout_s=_COMPILE_S,
    )


class ContractOf:
    """The contract of one workspace."""

    def __init__(self, api: Api, workspace: str) -> None:
        self._api = api
        self._workspace = workspace
        self._path = f"workspaces/{segment(workspace)}/contract"

    def get(self) -> WorkspaceContract:
        """Return it."""
        return self._api.get(self._path).read(WorkspaceContract)

    def set(
        self, digest: str, *, path: str | None = None, is_edit: bool = False, version: int | None = None
    ) -> WorkspaceContract:
        """Give the workspace a contract, live in the first environment at once.

        Args:
            digest: Of one that was uploaded.
            path: File or URL it comes from; None: as before.
            is_edit: A hand edit of the contract that is there: re-imports are still compared with the last.
            version: Of the workspace's contract, which must be the latest, else ApiStale.

        """
        body = said(digest=digest, is_edit=is_edit, path=path)
        return self._api.put(self._path, body, if_match=version).read(WorkspaceContract)

    def unset(self, *, version: int | None = None) -> None:
        """Take the workspace's contract away; environments after the first keep what is pinned there."""
        self._api.delete(self._path, if_match=version)

    def document(self) -> bytes:
        """Return the document, byte for byte as it was sent."""
        return self._api.get(f"{self._path}/document").content

    def files(self) -> Bundle:
        """Return the document with the files that it refers to."""
        return Projects(self._api).read_contract(self._workspace)

    def operations(
        self, *, method: str = "", path: str = "", tag: str = "", deprecated: bool | None = None
    ) -> Listing[Operation]:
        """Return the operations in the order of the document; `path` is how the path template begins."""
        where = f"{self._path}/operations"
        return Listing(self._api, where, Operation, method=method, path=path, tag=tag, deprecated=deprecated)

    def reimport(
        self,
        digest: str,
        *,
        prefer: Literal["ours", "theirs"] = "ours",
        path: str | None = None,
        dry_run: bool = False,
        version: int | None = None,
    ) -> ReimportReport:
        """Import the contract again: what was edited by hand since the last import survives, conflicts are listed.

        Args:
            digest: Of the new one, uploaded before.
            prefer: Whose value is taken where hand edits and the import disagree.
            path: File or URL it comes from; None: as before.
            dry_run: Show, and save nothing.
            version: Of the workspace's contract, which must be the latest, else ApiStale.

        """
        body = said(digest=digest, prefer=prefer, path=path, dry_run=dry_run)
        answer = self._api.post(f"{self._path}/reimport", body, if_match=version, timeout_s=_COMPILE_S)
        return answer.read(ReimportReport)
