"""Files as code over the API: contracts first, by content; then one plan, and one transaction."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING

import msgspec

from mockops.client.base import segment
from mockops.contracts.rules.bundles import make_bundle
from mockops.workspaces.model.projects import Applied, ApplyRequest, Plan, PlanRequest, ProjectState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockops.client.base import Api
    from mockops.contracts.model import Bundle
    from mockops.workspaces.model.projects import Preference

_MAX_DIGESTS = 1_000
_PLAN_S = 300.0
_APPLY_S = 600.0
_COMPILE_S = 120.0
"""The server gives up on a contract after 60 s."""


class _Missing(msgspec.Struct, frozen=True):
    missing: list[str]


class _Uploaded(msgspec.Struct, frozen=True):
    digest: str


class _Binary(msgspec.Struct, frozen=True):
    base64: str


class _Bundle(msgspec.Struct, frozen=True):
    """A bundle as JSON: texts as they are, everything else in Base64."""

    root: str
    files: dict[str, str | _Binary]


class Projects:
    """What a project's files and a server say to each other."""

    def __init__(self, api: Api) -> None:
        self._api = api

    @property
    def server(self) -> str:
        """The server's URL."""
        return self._api.server

    def contracts_missing(self, digests: Sequence[str]) -> list[str]:
        """Return those contracts, by digest, that the server does not have."""
        missing: list[str] = []
        for start in range(0, len(digests), _MAX_DIGESTS):
            asked = digests[start : start + _MAX_DIGESTS]
            missing += self._api.post("contracts/missing", {"digests": list(asked)}).read(_Missing).missing
        return missing

    def upload_contract(self, bundle: Bundle) -> str:
        """Upload a contract, which the server compiles; return its digest. Raises ApiInvalid when it cannot."""
        body = _Bundle(root=bundle.root, files={name: _as_json(content) for name, content in bundle.files.items()})
        return self._api.post("contracts", body, timeout_s=_COMPILE_S).read(_Uploaded).digest

    def read_contract(self, workspace: str) -> Bundle:
        """Return the files of a workspace's contract; raises BundleInvalid when their names are not safe to write."""
        path = f"workspaces/{segment(workspace)}/contract/document"
        bundle = self._api.get(path, format="bundle").read(_Bundle)
        return make_bundle(bundle.root, {name: _as_bytes(content) for name, content in bundle.files.items()})

    def plan(self, state: ProjectState, *, prune: bool = False, prefer: Preference = "") -> Plan:
        """Return what applying a project would do."""
        request = PlanRequest(project=state, prune=prune, prefer=prefer)
        return self._api.post("projects/plan", request, timeout_s=_PLAN_S).read(Plan)

    def apply(
        self, state: ProjectState, *, prune: bool = False, prefer: Preference = "", fingerprint: str = ""
    ) -> Applied:
        """Make the server's project as the files are, all or nothing.

        Args:
            state: What the files say; the server has its contracts already.
            prune: Whether what the files do not have is deleted.
            prefer: Who wins where both sides were edited.
            fingerprint: Of the plan that was agreed to; empty: whatever is to do.

        Raises:
            ApiConflict: Both sides were edited in one place.
            ApiStale: The server changed since that plan.

        """
        request = ApplyRequest(project=state, prune=prune, prefer=prefer, fingerprint=fingerprint)
        answer = self._api.post("projects/apply", request, timeout_s=_APPLY_S)
        # known only once the transaction has ended, so it is in a header
        revision = answer.headers.get("mockops-revision", "")
        return msgspec.structs.replace(answer.read(Applied), revision=int(revision) if revision.isdecimal() else 0)

    def export(self, *, project: str = "", workspaces: Sequence[str] = ()) -> ProjectState:
        """Return a project as the server has it.

        Args:
            project: Its name; empty: everything of the organization.
            workspaces: Only these; empty: all.

        """
        answer = self._api.get("projects/export", project=project or None, workspaces=",".join(workspaces) or None)
        return answer.read(ProjectState)


def _as_json(content: bytes) -> str | _Binary:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return _Binary(base64=b64encode(content).decode())


def _as_bytes(content: str | _Binary) -> bytes:
    return content.encode() if isinstance(content, str) else b64decode(content.base64, validate=True)
