"""A certificate authority of our own, so that the vendors' client libraries can speak TLS to the sandbox."""

from __future__ import annotations

import os
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_LOCAL = ("localhost", "127.0.0.1", "::1")
_LIFE = timedelta(days=365)
_SPARE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Certificates:
    """Files in PEM form. `ca_file` is what a client has to trust; the CA's key is thrown away once it has signed."""

    ca_file: Path
    chain_file: Path
    key_file: Path

    def context(self) -> ssl.SSLContext:
        """TLS for the server."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.chain_file, self.key_file)
        return context


def make_certificates(folder: Path, hosts: Sequence[str]) -> Certificates:
    """A CA and a server certificate for this machine and `hosts`, in `folder` (made when missing, private).

    What is there already stays while it is good, so that whoever trusts the CA need not do so again.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    kept = Certificates(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    if _is_good(kept, {*_LOCAL, *hosts}):
        return kept
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shopwarden sandbox CA")])
    ca = _certificate(ca_name, ca_name, ca_key, ca_key, None)
    leaf_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shopwarden sandbox")])
    leaf = _certificate(leaf_name, ca_name, key, ca_key, [*_LOCAL, *hosts])
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    _write(kept.ca_file, ca.public_bytes(pem), 0o644)
    _write(kept.chain_file, leaf.public_bytes(pem) + ca.public_bytes(pem), 0o644)
    _write(kept.key_file, secret, 0o600)
    return kept


def _is_good(kept: Certificates, names: set[str]) -> bool:
    try:
        leaf = x509.load_pem_x509_certificate(kept.chain_file.read_bytes())
        known = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        kept.context()
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    written = {str(name.value) for name in known}
    return kept.ca_file.exists() and names <= written and leaf.not_valid_after_utc > datetime.now(UTC) + _SPARE


def _certificate(
    name: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    hosts: Sequence[str] | None,
) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _LIFE)
        .add_extension(x509.BasicConstraints(ca=hosts is None, path_length=0 if hosts is None else None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(_usage(signs=hosts is None), critical=True)
    )
    if hosts is not None:
        names = [_general_name(host) for host in dict.fromkeys(hosts)]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False).add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
    return builder.sign(signer, hashes.SHA256())


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write(path: Path, content: bytes, mode: int) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out:
        out.write(content)
