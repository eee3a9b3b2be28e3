"""Markdown pages as something to run: their fenced blocks, and a walk through one page as its reader would do it.

What stands in an HTML comment right before a block says what the block is:

- `<!-- file: stubs/hello.yaml -->`: the block is this file, written into the page's folder.
- `<!-- prints: text -->`: what the commands must print, one text a line; repeated white space does not count.
- `<!-- exit: 1 -->`: the exit code of the block's last command, where it is not 0.
- `<!-- not run: why -->`: a block that is only shown.

Blocks of `sh` are commands, blocks of `python` are pytest modules, blocks of `yaml` and `json` are files. A line
`mockops serve …` starts a server, which answers the commands that follow, until the next one or the page's end; one
that says `--watch` has read a file that the page shows later before the next command runs.
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
_STARTED = re.compile(r"^try: curl -i .*?:(\d+)", re.MULTILINE)
_ADMIN = re.compile(r"^admin: http://127\.0\.0\.1:(\d+)/", re.MULTILINE)
_RELOADED = re.compile(r"reloaded ")
_DEFAULT_PORT, _DEFAULT_ADMIN_PORT = ":7080", ":7081"
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


@dataclass(slots=True)
class Server:
    """A `mockops serve` that a page starts."""

    process: subprocess.Popen[str]
    command: str
    output: list[str] = field(default_factory=list)
    ports: tuple[str, str] = ("", "")

    @classmethod
    def start(cls, command: str, folder: Path, environment: dict[str, str]) -> Server:
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
        server.wait_for(_ADMIN)
        text = "".join(server.output)
        ports, admin = _STARTED.search(text), _ADMIN.search(text)
        if ports is None or admin is None:
            process.communicate(timeout=_PATIENCE_S)
            raise Unready(text)
        server.ports = ports[1], admin[1]
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

    def __init__(self, page: Path, folder: Path) -> None:
        self.page = page
        self.folder = folder
        self.server: Server | None = None
        self.tests: list[Path] = []
        self._unread: list[str] = []
        """Files written since the server that watches them last read them."""
        shutil.copytree(ROOT / "examples", folder / "examples")
        shutil.copy(ROOT / "examples" / "petstore.yaml", folder)
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
        # what curl tells a terminal about its progress is not what it prints
        (folder / ".curlrc").write_text("silent\nshow-error\n")
        ours = {"PATH": path, "CURL_HOME": str(folder), "MOCKOPS_CACHE_DIR": str(folder.parent.parent / "cache")}
        self._environment = {**os.environ, **ours, "NO_PROXY": "*", "no_proxy": "*"}

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
        """Stop the server, and run the page's Python tests."""
        self.stop()
        if self.tests:
            command = [sys.executable, "-m", "pytest", "-q", "-W", "error", "--import-mode=importlib"]
            plugins = ["-p", "no:cacheprovider", "-p", "no:asyncio", "-p", "no:hypothesispytest", "--rootdir", "."]
            done = self._call([*command, *plugins, *(path.name for path in self.tests)])
            assert done.returncode == 0, f"{self.page.name}: {done.stdout}"

    def stop(self) -> None:
        """Stop the server, if one runs."""
        server, self.server = self.server, None
        if server is not None:
            server.stop()

    def _write(self, block: Block) -> None:
        path = self.folder / block.notes["file"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text)
        if self.server is not None and "--watch" in self.server.command:
            self._unread.append(block.notes["file"])

    def _run(self, block: Block) -> None:
        printed, code = "", 0
        for command in block.commands:
            assert code == 0, f"{self._place(block)}: exit code {code}:\n{printed}"
            if command.startswith("mockops serve "):
                text, code = self._serve(command, block)
            else:
                self._wait_for_reload()
                done = self._call(["bash", "-c", f"set -o pipefail; {self._pointed(command)}"])
                text, code = done.stdout, done.returncode
            printed += text + "\n"
        wanted = int(block.notes.get("exit", "0"))
        assert code == wanted, f"{self._place(block)}: exit code {code}, not {wanted}:\n{printed}"
        for text in block.prints:
            assert text in _plain(printed), f"{self._place(block)}: {text!r} is not in:\n{printed}"

    def _wait_for_reload(self) -> None:
        if self._unread:
            assert self.server is not None
            assert len(self._unread) == 1, f"start the server after {self._unread}: how often it reloads is not known"
            assert self.server.wait_for(_RELOADED), "".join(self.server.output)
            self._unread.clear()

    def _serve(self, command: str, block: Block) -> tuple[str, int]:
        self.stop()
        self._unread.clear()
        is_refused = "exit" in block.notes
        for ports in self._ports(command):
            try:
                self.server = Server.start(command + ports, self.folder, self._environment)
            except Unready as error:
                if "address already in use" in str(error):
                    continue
                if not is_refused:
                    raise AssertionError(f"{self._place(block)}: the server did not start:\n{error}") from error
                return str(error), 1
            text = "".join(self.server.output)
            assert " error: " not in text, f"{self._place(block)}: the server complains:\n{text}"
            return text, 0
        raise AssertionError(f"{self._place(block)}: no free port for {command}")

    def _ports(self, command: str) -> Iterator[str]:
        """Yield what to add to a command: in the quick start first nothing, elsewhere any free port."""
        if self.page == ROOT / "README.md":
            yield ""
        yield " --port 0" * ("--port " not in command) + " --admin-port 0" * ("--admin-port" not in command)

    def _pointed(self, command: str) -> str:
        """Return a command with the server's ports in place of the usual ones."""
        if self.server is None:
            return command
        port, admin_port = self.server.ports
        return command.replace(_DEFAULT_PORT, f":{port}").replace(_DEFAULT_ADMIN_PORT, f":{admin_port}")

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
