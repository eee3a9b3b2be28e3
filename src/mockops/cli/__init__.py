"""The `mockops` command; one module per noun, each thin."""

from __future__ import annotations

import sys

from mockops.cli.failures import explain
from mockops.cli.quick import read_quickly
from mockops.cli.quick_gateway import read_gateway
from mockops.core.errors import MockOpsError

__all__ = ["main"]


def main() -> None:
    """Run the command line; exit 0 when all is well, 1 on failure, 2 on wrong usage."""
    try:
        options = read_quickly(sys.argv[1:])
        if options is not None:
            from mockops.wiring.serve import run_serve  # noqa: PLC0415 (other commands do without)

            sys.exit(run_serve(options))
        gateway = read_gateway(sys.argv[1:])
        if gateway is not None:
            from mockops.wiring.gateway import run_gateway  # noqa: PLC0415 (other commands do without)

            sys.exit(run_gateway(gateway))
        from mockops.cli.app import app  # noqa: PLC0415 (start-up: 200 ms with all it loads)

        app()
    except MockOpsError as error:
        sys.exit(explain(error))
    except KeyboardInterrupt:
        sys.exit(130)
