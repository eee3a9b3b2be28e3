"""TLS for a listener: certificate and key from PEM files, client certificates where a CA for them is given."""

from __future__ import annotations

import re
import ssl
from typing import TYPE_CHECKING, ClassVar

from mockops.core.diagnostics import Diagnostic
from mockops.core.errors import Invalid

if TYPE_CHECKING:
    from pathlib import Path

_MAX_BYTES = 4 << 20
_LABEL = re.compile(rb"^-----BEGIN ([A-Z0-9 ]+)-----", re.MULTILINE)


class TlsInvalid(Invalid):
    """A certificate, key or CA file cannot be used."""

    code: ClassVar[str] = "gateway.tls_invalid"


def server_context(cert: Path, key: Path, client_ca: Path | None = None) -> ssl.SSLContext:
    """Return what a listener needs to speak TLS 1.2 or 1.3, announcing `http/1.1` by ALPN (RFC 7301).

    Args:
        cert: PEM file with the server's certificate, then its intermediate certificates.
        key: PEM file with the certificate's private key, not encrypted; may be the same file.
        client_ca: PEM file with the authorities whose client certificates are required; None asks for none.

    Raises:
        TlsInvalid: A file is missing, is not what it should be, or key and certificate do not belong together.

    """
    _check_labels(cert, "certificate", (b"CERTIFICATE", b"TRUSTED CERTIFICATE", b"X509 CERTIFICATE"))
    labels = _check_labels(key, "private key", (b"PRIVATE KEY",))
    if b"ENCRYPTED PRIVATE KEY" in labels or b"Proc-Type: 4,ENCRYPTED" in _read(key, "private key"):
        hint = f"openssl pkey -in {key} -out decrypted.pem"
        raise _invalid(key, "the private key is encrypted, and there is nobody to type its passphrase", hint)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(cert, key, password=lambda: b"")
    except ssl.SSLError as error:
        raise _explain(cert, key, error) from error
    if client_ca is not None:
        _check_labels(client_ca, "CA certificate", (b"CERTIFICATE", b"TRUSTED CERTIFICATE", b"X509 CERTIFICATE"))
        try:
            context.load_verify_locations(client_ca)
        except ssl.SSLError as error:
            raise _invalid(client_ca, f"the CA certificates cannot be read: {_words(error)}") from error
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def _check_labels(path: Path, what: str, wanted: tuple[bytes, ...]) -> set[bytes]:
    """Return what kinds of PEM blocks (RFC 7468) a file holds; raise unless one kind ends in one of `wanted`."""
    labels = set(_LABEL.findall(_read(path, what)))
    if any(label.endswith(end) for label in labels for end in wanted):
        return labels
    if labels:
        found = ", ".join(sorted(label.decode() for label in labels))
        raise _invalid(path, f"there is no {what} in it, only: {found}", f"name the PEM file that holds the {what}")
    hint = f"convert it to PEM; it should begin with -----BEGIN {wanted[0].decode()}-----"
    raise _invalid(path, f"not a PEM file, so there is no {what} in it", hint)


def _read(path: Path, what: str) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise _invalid(path, f"the {what} cannot be read: {error.strerror or error}") from error
    if len(content) > _MAX_BYTES:
        raise _invalid(path, f"larger than {_MAX_BYTES} bytes: that is no {what}")
    return content


def _explain(cert: Path, key: Path, error: ssl.SSLError) -> TlsInvalid:
    """Say which of the two files is to blame."""
    if error.reason == "KEY_VALUES_MISMATCH" or "MISMATCH" in (error.reason or ""):
        return _invalid(key, f"the private key does not belong to the certificate in {cert}")
    probe = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        probe.load_verify_locations(cert)
    except ssl.SSLError:
        return _invalid(cert, f"the certificate cannot be read: {_words(error)}")
    return _invalid(key, f"the private key cannot be read: {_words(error)}")


def _words(error: ssl.SSLError) -> str:
    return (error.reason or str(error)).replace("_", " ").lower()


def _invalid(path: Path, message: str, hint: str = "") -> TlsInvalid:
    text = f"{path}: {message}" + (f" ({hint})" if hint else "")
    return TlsInvalid(text, [Diagnostic(code=TlsInvalid.code, message=message, source=str(path), hint=hint)])
