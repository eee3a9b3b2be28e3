"""Markdown pages as something to run: their fenced blocks, and a walk through one page as its reader would do it.

What stands in an HTML comment right before a block says what the block is:

- `<!-- file: stubs/hello.yaml -->`: the block is this file, written into the page's folder.
- `<!-- prints: text -->`: what the commands must print, one text a line; repeated white space does not count.
- `<!-- exit: 1 -->`: the exit code of the block's last command, where it is not 0.
- `<!-- not run: why -->`: a block that is only shown.

Blocks of `sh` are commands, blocks of `python` are pytest modules, blocks of `yaml` and `json` are files. A line
`mockops serve …` or `mockops up …` starts a server, which answers the commands that follow, until the next one or the
page's end; one that says `--watch` has read a file that the page shows later before the next command runs. `mockops
control`, `gateway` and `runner` start beside each other. Ports are free ones: the usual ones in commands are replaced.
A page that names `postgresql://mockops@db/mockops` gets a real PostgreSQL there. `NAME=$(…)` sets a variable for the
commands that follow, and `export NAME=…` one for every process.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", ROOT / "examples" / "README.md", *sorted((ROOT / "docs" / "guides").glob("*.md"))]
RUN = frozenset({"sh", "python"})
FILES = frozenset({"yaml", "json"})

_NOTE = re.compile(r"<!--\s*(file|prints|exit|not run):\s*(.*?)\s*-->", re.DOTALL)
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_RELOADED = re.compile(r"reloaded ")
_SETS = re.compile(r"(?:export )?([A-Z_]+)=")
_GATEWAY_PORTS = {":7080": r"^try: curl -i .*?:(\d+)", ":7081": r"^admin: http://127\.0\.0\.1:(\d+)/"}
POSTGRESQL = "postgresql://mockops@db/mockops"
"""What pages call the database that they get."""
_SETUP = ("pip install ", "make ")
"""Commands that set MockOps up: it is set up where these tests run."""
_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One fenced block."""

    language: str
    text: str
    line: int
    notes: dict[str, str]

    @property
    def prints(self) -> list[str]:
        """What it must print."""
        return [line for line in map(_plain, self.notes.get("prints", "").splitlines()) if line]

    @property
    def commands(self) -> list[str]:
        """Its commands; one that continues on the next line is one."""
        joined = re.sub(r"\\\n\s*", " ", self.text)
        lines = [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]
        return [line for line in lines if not line.startswith(_SETUP)]


def blocks_of(page: Path) -> list[Block]:
    """Return a page's blocks in order."""
    text = page.read_text()
    found, end = [], 0
    for fence in _FENCE.finditer(text):
        between = text[end : fence.start()]
        # a note belongs to the block that it stands right before
        last = re.search(r"((?:<!--(?:(?!-->).)*-->\s*)+)\Z", between, re.DOTALL)
        notes = dict(_NOTE.findall(last[1])) if last else {}
        line = text.count("\n", 0, fence.start()) + 1
        found.append(Block(language=fence[1], text=fence[2], line=line, notes=notes))
        end = fence.end()
    return found


def _plain(text: str) -> str:
    return " ".join(text.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A command that goes on until it is stopped."""

    ready: str
    """The line that it prints last when it works."""
    ports: dict[str, str]
    """How it prints where it listens, by the ports that pages name."""
    options: tuple[str, ...]
    """What it takes ports by."""
    is_alone: bool = False
    """Whether it takes the place of all others."""


_KINDS = {
    "serve": Kind(ready=r"^admin: ", ports=_GATEWAY_PORTS, options=("--port", "--admin-port"), is_alone=True),
    "up": Kind(
        ready=r"^Ctrl-C stops it",
        ports={
            ":7070": r"^  API docs .*?:(\d+)/",
            ":7080": r"^  gateway .*?:(\d+)$",
            ":7081": r"^  admin .*?:(\d+)/",
        },
        options=("--port", "--gateway-port", "--admin-port"),
        is_alone=True,
    ),
    "control": Kind(ready=r"^control: ", ports={":7070": r"^control: http://[^:]*:(\d+)"}, options=("--port",)),
    "gateway": Kind(
        ready=r"^admin: ",
        ports={":7080": r"^gateway: http://[^:]*:(\d+)", ":7081": _GATEWAY_PORTS[":7081"]},
        options=("--port", "--admin-port"),
    ),
    "runner": Kind(ready=r"^runner: works", ports={}, options=()),
}


def _kind_of(command: str) -> Kind | None:
    words = command.split()
    is_noun = len(words) > 2 and words[1] == "gateway" and not words[2].startswith("-")
    return _KINDS.get(words[1]) if len(words) > 1 and words[0] == "mockops" and not is_noun else None


@dataclass(slots=True)
class Server:
    """A command that a page starts and that goes on."""

    process: subprocess.Popen[str]
    command: str
    output: list[str] = field(default_factory=list)
    ports: dict[str, str] = field(default_factory=dict)
    """The ports it listens on, by those that pages name."""

    @classmethod
    def start(cls, command: str, kind: Kind, folder: Path, environment: dict[str, str]) -> Server:
        """Start a server and wait until it says where it answers."""
        process = subprocess.Popen(
            ["bash", "-c", f"exec {command}"],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        server = cls(process, command)
        is_ready = server.wait_for(re.compile(kind.ready))
        text = "".join(server.output)
        found = {port: re.search(pattern, text, re.MULTILINE) for port, pattern in kind.ports.items()}
        if not is_ready or None in found.values():
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=_PATIENCE_S)
            raise Unready(text)
        server.ports = {port: f":{match[1]}" for port, match in found.items() if match is not None}
        return server

    def wait_for(self, line: re.Pattern[str]) -> bool:
        """Wait until it prints a line, or ends; say whether it printed it."""
        assert self.process.stdout is not None
        watchdog = threading.Timer(_PATIENCE_S, self.process.kill)
        watchdog.start()
        try:
            for printed in self.process.stdout:
                self.output.append(printed)
                if line.match(printed):
                    return True
        finally:
            watchdog.cancel()
        return False

    def stop(self) -> None:
        """Stop it as Ctrl-C does; it must end well."""
        self.process.send_signal(signal.SIGINT)
        rest, _ = self.process.communicate(timeout=_PATIENCE_S)
        self.output.append(rest)
        assert self.process.returncode == 0, f"the server ended with {self.process.returncode}:\n{''.join(self.output)}"


class Unready(Exception):
    """A server did not start; the text is what it printed."""


class Walk:
    """A page read from top to bottom in a folder of its own, doing what it says."""

    def __init__(self, page: Path, folder: Path, *, postgresql_url: str = "") -> None:
        self.page = page
        self.folder = folder
        self.servers: list[Server] = []
        """In the order of their starts."""
        self.tests: list[Path] = []
        self._unread: list[str] = []
        """Files written since the server that watches them last read them."""
        shutil.copytree(ROOT / "examples", folder / "examples")
        shutil.copy(ROOT / "examples" / "petstore.yaml", folder)
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
        # what curl tells a terminal about its progress is not what it prints
        (folder / ".curlrc").write_text("silent\nshow-error\n")
        ours = {"PATH": path, "CURL_HOME": str(folder), "MOCKOPS_CACHE_DIR": str(folder.parent.parent / "cache")}
        ours |= {"MOCKOPS_DATA": str(folder / "data"), "HOME": str(folder), "NO_PROXY": "*", "no_proxy": "*"}
        others = {name: value for name, value in os.environ.items() if not name.startswith("MOCKOPS_")}
        self._environment = {**others, **ours}
        self._replaced = {POSTGRESQL: postgresql_url} if postgresql_url else {}

    def do(self, block: Block) -> None:
        """Do what a block says."""
        if "not run" in block.notes:
            return
        if "file" in block.notes:
            self._write(block)
        elif block.language == "python":
            self.tests.append(self.folder / f"test_line_{block.line}.py")
            self.tests[-1].write_text(block.text)
        elif block.language == "sh":
            self._run(block)

    def finish(self) -> None:
        """Stop the servers, and run the page's Python tests."""
        self.stop()
        if self.tests:
            command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "--import-mode=importlib"]
            plugins = ["-p", "no:cacheprovider", "-p", "no:asyncio", "-p", "no:hypothesispytest", "--rootdir", "."]
            done = self._call([*command, *plugins, *(path.name for path in self.tests)])
            assert done.returncode == 0, f"{self.page.name}: {done.stdout}"

    def stop(self) -> None:
        """Stop the servers, the last one first."""
        while self.servers:
            self.servers.pop().stop()

    def kill(self) -> None:
        """End what still runs."""
        for server in self.servers:
            server.process.kill()
            server.process.communicate()

    def _write(self, block: Block) -> None:
        path = self.folder / block.notes["file"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text)
        if self.servers and "--watch" in self.servers[-1].command:
            self._unread.append(block.notes["file"])

    def _run(self, block: Block) -> None:
        printed, code = "", 0
        for command in block.commands:
            assert code == 0, f"{self._place(block)}: exit code {code}:\n{printed}"
            kind = _kind_of(command)
            if kind is not None:
                text, code = self._start(command, kind, block)
            else:
                self._wait_for_reload()
                text, code = self._execute(command)
            printed += text + "\n"
        wanted = int(block.notes.get("exit", "0"))
        assert code == wanted, f"{self._place(block)}: exit code {code}, not {wanted}:\n{printed}"
        for text in block.prints:
            assert text in _plain(printed), f"{self._place(block)}: {text!r} is not in:\n{printed}"

    def _wait_for_reload(self) -> None:
        if self._unread:
            assert len(self._unread) == 1, f"start the server after {self._unread}: how often it reloads is not known"
            assert self.servers[-1].wait_for(_RELOADED), "".join(self.servers[-1].output)
            self._unread.clear()

    def _execute(self, command: str) -> tuple[str, int]:
        sets = _SETS.match(command)
        tail = f'; code=$?; printf "\\0%s" "${sets[1]}"; exit $code' if sets else ""
        done = self._call(["bash", "-c", f"set -o pipefail; {self._pointed(command)}{tail}"])
        text = done.stdout
        if sets:
            text, _, self._environment[sets[1]] = text.rpartition("\0")
        return text, done.returncode

    def _start(self, command: str, kind: Kind, block: Block) -> tuple[str, int]:
        if kind.is_alone:
            self.stop()
        self._unread.clear()
        is_refused = "exit" in block.notes
        for line in self._lines(command, kind):
            try:
                server = Server.start(line, kind, self.folder, self._environment)
            except Unready as error:
                if "address already in use" in str(error):
                    continue
                if not is_refused:
                    raise AssertionError(f"{self._place(block)}: the server did not start:\n{error}") from error
                return str(error), 1
            self.servers.append(server)
            if ":7070" in server.ports:
                self._environment["MOCKOPS_SERVER"] = f"http://127.0.0.1{server.ports[':7070']}"
            text = "".join(server.output)
            assert " error: " not in text, f"{self._place(block)}: the server complains:\n{text}"
            return text, 0
        raise AssertionError(f"{self._place(block)}: no free port for {command}")

    def _lines(self, command: str, kind: Kind) -> Iterator[str]:
        """Yield a command with ports: in the quick start first as written, elsewhere with any free ones."""
        is_quick_start = self.page == ROOT / "README.md" and command.startswith("mockops serve ")
        if is_quick_start:
            yield command
        line = self._pointed(command)
        for option in kind.options:
            line = re.sub(rf" {option}[ =]\d+", "", line) + f" {option} 0"
        yield line

    def _pointed(self, command: str) -> str:
        """Return a command with what the page's names stand for here: the servers' ports, and the database."""
        for written, meant in self._replaced.items():
            command = command.replace(written, meant)
        for server in self.servers:
            for written, meant in server.ports.items():
                command = command.replace(written, meant)
        return command

    def _call(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=_PATIENCE_S,
            check=False,
        )

    def _place(self, block: Block) -> str:
        return f"{self.page.relative_to(ROOT)}:{block.line}"
