"""The servers to compare with: finds what is installed, installs the npm ones into a cache folder outside the checkout.

`python bench/peers.py` installs; `bench/run.py` only looks. Names are given to npm, which knows its registry.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CACHE = Path(os.environ.get("MOCKOPS_BENCH_PEERS") or Path.home() / ".cache" / "mockops-bench")
INSTALL_TIMEOUT_S = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A server of somebody else's, published on npm."""

    kind: str
    package: str
    entry: str
    """Glob of the file to run, below the package's folder."""
    runtime: str
    """The program that runs it: `node` or `java`."""


PEERS = {
    "wiremock": Peer(kind="wiremock", package="wiremock", entry="build/wiremock-standalone-*.jar", runtime="java"),
    "prism": Peer(kind="prism", package="@stoplight/prism-cli", entry="dist/index.js", runtime="node"),
    "mockoon": Peer(kind="mockoon", package="@mockoon/cli", entry="bin/run.js", runtime="node"),
}
APT = {"wrk": "wrk", "nginx": "nginx-light", "node": "nodejs", "npm": "npm", "java": "default-jre-headless"}


class Absent(Exception):
    """A server or tool is not there; the text says which, and how to get it."""


def find_program(name: str) -> str:
    """Return the path of a program; raise Absent with the command that installs it."""
    places = os.environ.get("PATH", os.defpath) + os.pathsep + "/usr/sbin" + os.pathsep + "/usr/local/sbin"
    found = shutil.which(name, path=places)
    if found is None:
        message = f"{name} is not installed: apt-get install {APT.get(name, name)}"
        raise Absent(message)
    return found


def find_peer(kind: str) -> list[str]:
    """Return the command that starts a peer, without its options; raise Absent when it is not installed."""
    peer = PEERS[kind]
    runtime = find_program(peer.runtime)
    found = sorted(_folder(peer).glob(peer.entry))
    if not found:
        message = f"{peer.package} is not installed: python bench/peers.py"
        raise Absent(message)
    return [runtime, "-jar", str(found[-1])] if peer.runtime == "java" else [runtime, str(found[-1])]


def version_of(kind: str) -> str:
    """Return the installed version of a peer, or an empty text."""
    manifest = _folder(PEERS[kind]) / "package.json"
    return str(json.loads(manifest.read_text("utf-8"))["version"]) if manifest.is_file() else ""


def install(peer: Peer) -> None:
    """Install one peer into the cache folder; raise Absent with npm's last words when it fails."""
    npm = find_program("npm")
    folder = CACHE / peer.kind
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}\n', "utf-8")
    done = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--omit=dev", peer.package],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=INSTALL_TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        message = f"npm could not install {peer.package}: {done.stderr.strip()[-500:]}"
        raise Absent(message)


def _folder(peer: Peer) -> Path:
    return CACHE / peer.kind / "node_modules" / peer.package


def main() -> int:
    """Install all peers; return 1 when one is missing."""
    missing = 0
    for peer in PEERS.values():
        try:
            if not list(_folder(peer).glob(peer.entry)):
                install(peer)
            find_program(peer.runtime)
            print(f"{peer.package} {version_of(peer.kind)}: ready in {CACHE / peer.kind}")
        except (Absent, subprocess.TimeoutExpired) as error:
            print(f"{peer.package}: {error}", file=sys.stderr)
            missing += 1
    return int(missing > 0)


if __name__ == "__main__":
    raise SystemExit(main())
