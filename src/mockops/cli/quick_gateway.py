"""Reading `mockops gateway …` as `cli.quick` reads `mockops serve …`: a gateway that is restarted is back sooner.

It also keeps the command line's other libraries, the control plane's among them, out of the gateway's process.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mockops.cli.quick import NotQuick, read_file, read_whole, read_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockops.core.json import Json
    from mockops.wiring.gateway import GatewayOptions


def _folder(text: str) -> Path:
    path = Path(text)
    if path.exists() and not path.is_dir():
        raise NotQuick
    return path


VALUES: dict[str, Callable[[str], Json]] = {
    "--control-url": str,
    "--token": str,
    "--token-file": read_file,
    "--port": read_whole(0, 65535),
    "--host": str,
    "--admin-port": read_whole(0, 65535),
    "--data": _folder,
    "--name": str,
    "--control-ca": read_file,
    "--tls-cert": read_file,
    "--tls-key": read_file,
    "--tls-client-ca": read_file,
    "--workers": read_whole(1, 1),
    "--journal-bytes": read_whole(0),
    "--max-body-bytes": read_whole(0),
}
"""Options, all of which take a value."""


def read_gateway(arguments: Sequence[str]) -> GatewayOptions | None:
    """Return what gateway a command line asks for; None when it asks for something else or is not quite right.

    Raises:
        TokenInvalid: The token cannot be one.

    """
    if not arguments or arguments[0] != "gateway" or "_MOCKOPS_COMPLETE" in os.environ:
        return None
    try:
        given = dict(read_words(arguments[1:], VALUES, {}))
    except (NotQuick, ValueError, OSError):
        return None
    is_half_tls = ("tls_cert" in given) != ("tls_key" in given)
    if (
        "" in given
        or "control_url" not in given
        or is_half_tls
        or ("tls_client_ca" in given and "tls_cert" not in given)
    ):
        return None
    token = given.pop("token", None) or os.environ.get("MOCKOPS_TOKEN")
    file = given.pop("token_file", None)
    if token is None and file is None:
        return None
    given.pop("workers", None)
    from mockops.wiring.gateway import GatewayOptions, check_token, read_token  # noqa: PLC0415 (only this command)

    known = read_token(file) if file is not None else check_token(str(token), "--token")
    return GatewayOptions(token=known, **given)
