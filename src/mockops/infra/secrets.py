"""Sealing what must not be read from a database (AES-256-GCM, NIST SP 800-38D), and making what cannot be guessed."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mockops.core.errors import Invalid, Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

KEY_VARIABLE = "MOCKOPS_SECRET_KEY"
"""Environment variable: 32 bytes in Base64; several parted by commas: the first seals, all of them open."""
KEY_FILE = "secret.key"
"""Below the data folder, where the variable is not set."""

_KEY_BYTES = 32
_NONCE_BYTES = 12
_KEY_ID_BYTES = 4
_FORMAT = b"\x01"
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class SecretKeyInvalid(Invalid):
    """The key that seals secrets cannot be used."""

    code: ClassVar[str] = "secrets.key_invalid"


class SecretKeyUnavailable(Unavailable):
    """The key that sealed this is not here."""

    code: ClassVar[str] = "secrets.key_unavailable"


class Vault:
    """Seals and opens; holds the keys, which it never shows."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        """Take keys of 32 bytes: the first seals, all of them open."""
        self._ciphers = {_id_of(key): AESGCM(key) for key in keys}
        self._sealing = _id_of(keys[0])

    def seal(self, value: bytes, *, context: str) -> bytes:
        """Return a value sealed; it opens for the same context only, so that one cannot be put in place of another."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self._sealing].encrypt(nonce, value, context.encode())
        return _FORMAT + self._sealing + nonce + sealed

    def open(self, sealed: bytes, *, context: str) -> bytes:
        """Return what was sealed for a context.

        Raises:
            SecretKeyUnavailable: It was sealed with another key, or it was changed.

        """
        rest = sealed.removeprefix(_FORMAT)
        key_id, rest = rest[:_KEY_ID_BYTES], rest[_KEY_ID_BYTES:]
        nonce, content = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            message = (
                f"{context}: it was sealed with a key that is not here (its id is {key_id.hex()}); give the former key "
                f"as {KEY_VARIABLE} or as the file {KEY_FILE} of the data folder, or set the secret anew."
            )
            raise SecretKeyUnavailable(message)
        try:
            return cipher.decrypt(nonce, content, context.encode())
        except InvalidTag as error:
            message = f"{context}: what is stored was changed or moved since it was sealed; set the secret anew."
            raise SecretKeyUnavailable(message) from error


def _id_of(key: bytes) -> bytes:
    return sha256(b"mockops key id\n" + key).digest()[:_KEY_ID_BYTES]


def open_vault(folder: Path | None, environ: Mapping[str, str]) -> Vault:
    """Return the vault of an installation.

    Args:
        folder: Where the key file is, or is made (mode 0600) when there is none; None: there is no such folder.
        environ: The process's environment; `MOCKOPS_SECRET_KEY` wins over the file.

    Raises:
        SecretKeyInvalid: A key is not 32 bytes in Base64, or there is none and no folder to make one in.
        SecretKeyUnavailable: The key file cannot be read or made.

    """
    written = environ.get(KEY_VARIABLE, "").strip()
    if written:
        return Vault([_read_key(each, KEY_VARIABLE) for each in written.split(",")])
    if folder is None:
        message = f"Set {KEY_VARIABLE} to 32 random bytes in Base64 (`openssl rand -base64 32`): it seals the secrets."
        raise SecretKeyInvalid(message)
    path = folder / KEY_FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _make(path)
        text = path.read_text("ascii", errors="replace")
    except OSError as error:
        message = f"The key file {path} cannot be read or made: {error.strerror or error}"
        raise SecretKeyUnavailable(message) from error
    return Vault([_read_key(each, str(path)) for each in text.split() or [""]])


def _make(path: Path) -> None:
    """Make a key file, complete from its first moment, unless there is one; another process may be doing the same."""
    if path.exists():
        return
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(os.urandom(_KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return  # the other process was faster: its key holds for both
    finally:
        draft.unlink()


def _read_key(text: str, where: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != _KEY_BYTES:
        message = f"{where} must be {_KEY_BYTES} bytes in Base64 (`openssl rand -base64 {_KEY_BYTES}`)."
        raise SecretKeyInvalid(message)
    return key


def random_text(length: int) -> str:
    """Return a text of letters and digits that nobody can guess; a character has 5.95 bits."""
    return "".join(secrets.choice(_BASE62) for _ in range(length))
