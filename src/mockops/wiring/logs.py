"""What control and runner write while they run: a line an event, on standard error."""

from __future__ import annotations

import logging
import sys

from mockops.control.front import RequestIdFilter


def set_up_logs(*, logs_access: bool) -> None:
    """Send log records to standard error, each with the id of the request it belongs to."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(RequestIdFilter())
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("mockops").setLevel(logging.INFO)
    access = logging.getLogger("mockops.access")
    access.setLevel(logging.INFO if logs_access else logging.CRITICAL)
    line = logging.StreamHandler(sys.stderr)
    line.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    access.handlers[:] = [line]
    access.propagate = False
