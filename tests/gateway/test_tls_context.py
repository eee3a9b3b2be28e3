"""Certificates and keys that cannot be used are named, with the reason."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from mockops.gateway.tls import TlsInvalid, server_context

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    issued.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    issued.private_key_and_cert_chain_pem.write_to_path(tmp_path / "both.pem")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    authority.issue_cert("localhost").private_key_pem.write_to_path(tmp_path / "other.pem")
    key = serialization.load_pem_private_key(issued.private_key_pem.bytes(), None)
    for name, kind in (("encrypted", "PKCS8"), ("encrypted-old", "TraditionalOpenSSL")):
        secret = serialization.BestAvailableEncryption(b"secret")
        form = getattr(serialization.PrivateFormat, kind)
        (tmp_path / f"{name}.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, secret))
    der = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "key.der").write_bytes(der)
    (tmp_path / "empty.pem").write_bytes(b"")
    (tmp_path / "broken-key.pem").write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    (tmp_path / "broken-cert.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    (tmp_path / "huge.pem").write_bytes(b"x" * (5 << 20))
    return tmp_path


def test_a_pair_of_files_makes_a_context(folder: Path) -> None:
    context = server_context(folder / "cert.pem", folder / "key.pem")
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.verify_mode == ssl.CERT_NONE


def test_one_file_may_hold_both(folder: Path) -> None:
    server_context(folder / "both.pem", folder / "both.pem")


def test_a_client_authority_makes_certificates_mandatory(folder: Path) -> None:
    context = server_context(folder / "cert.pem", folder / "key.pem", folder / "ca.pem")
    assert context.verify_mode == ssl.CERT_REQUIRED


@pytest.mark.parametrize(
    ("cert", "key", "ca", "blamed", "words"),
    [
        ("none.pem", "key.pem", None, "none.pem", "the certificate cannot be read: No such file"),
        ("cert.pem", "none.pem", None, "none.pem", "the private key cannot be read: No such file"),
        ("cert.pem", "key.pem", "none.pem", "none.pem", "the CA certificate cannot be read: No such file"),
        (".", "key.pem", None, "", "the certificate cannot be read: Is a directory"),
        ("cert.pem", "other.pem", None, "other.pem", "does not belong to the certificate"),
        ("cert.pem", "encrypted.pem", None, "encrypted.pem", "the private key is encrypted"),
        ("cert.pem", "encrypted-old.pem", None, "encrypted-old.pem", "the private key is encrypted"),
        ("cert.pem", "key.der", None, "key.der", "not a PEM file, so there is no private key"),
        ("empty.pem", "key.pem", None, "empty.pem", "not a PEM file, so there is no certificate"),
        ("key.pem", "cert.pem", None, "key.pem", "there is no certificate in it, only: "),
        ("cert.pem", "cert.pem", None, "cert.pem", "there is no private key in it, only: CERTIFICATE"),
        ("cert.pem", "key.pem", "key.pem", "key.pem", "there is no CA certificate in it"),
        ("cert.pem", "broken-key.pem", None, "broken-key.pem", "the private key cannot be read"),
        ("broken-cert.pem", "key.pem", None, "broken-cert.pem", "the certificate cannot be read"),
        ("cert.pem", "key.pem", "broken-cert.pem", "broken-cert.pem", "the CA certificates cannot be read"),
        ("huge.pem", "key.pem", None, "huge.pem", "larger than"),
    ],
)
def test_what_cannot_be_used_is_named(
    folder: Path, cert: str, key: str, ca: str | None, blamed: str, words: str
) -> None:
    with pytest.raises(TlsInvalid, match=words) as caught:
        server_context(folder / cert, folder / key, folder / ca if ca else None)
    assert str(folder / blamed) in str(caught.value)
    assert [each.source for each in caught.value.diagnostics] == [str(folder / blamed)]


def test_a_file_that_may_not_be_read_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    opening: Callable[..., object] = refuse
    monkeypatch.setattr("pathlib.Path.open", opening)
    with pytest.raises(TlsInvalid, match="Permission denied"):
        server_context(folder / "cert.pem", folder / "key.pem")
