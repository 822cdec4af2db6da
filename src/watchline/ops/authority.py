"""A site's own certificate authority: what HTTPS, nodes and links over mutual TLS need where nobody else gives it.

Rules: keys are P-256, readable by their owner only, and never leave the directory they are made in except as files a
person carries.  The authority lasts ten years, what it signs two.  Everything is PEM.
"""

from __future__ import annotations

import ipaddress
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from watchline.domain.errors import BadInput

AUTHORITY, AUTHORITY_KEY = "authority.pem", "authority.key"
REVOKED = "revoked.pem"
REVOKED_NAMES = "revoked.json"  # name: how many times its certificates were revoked, for servers that know no lists
AUTHORITY_DAYS, DAYS = 3650, 730
_EARLIER = timedelta(hours=1)  # for clocks that are behind


def make_authority(directory: Path, site: str) -> Path:
    """Make an authority in a directory, or return the certificate of the one that is there."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / AUTHORITY
    if path.exists():
        return path
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Watchline authority of {site}"[:64])])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    _write_key(directory / AUTHORITY_KEY, key)
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    _write_revoked(directory, [])
    return path


def sign_for(directory: Path, name: str, hosts: tuple[str, ...] = ()) -> tuple[Path, Path]:
    """Make a certificate and key for a server (its host names or addresses) or a node (none); return their paths.

    A name whose certificate was revoked gets another subject, by which the new one is told from the old.  BadInput
    when the authority is not there or the name cannot be a file's.
    """
    if not name or not all(c.isalnum() or c in "-_." for c in name) or name.startswith("."):
        raise BadInput("name", f"{name!r} must be letters, digits, -, _ and .", "choose another")
    authority, authority_key = _authority(directory)
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_subject(name, number_of(directory, name)))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + timedelta(days=DAYS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .add_extension(
            x509.ExtendedKeyUsage(
                [ExtendedKeyUsageOID.CLIENT_AUTH, *([ExtendedKeyUsageOID.SERVER_AUTH] if hosts else [])]
            ),
            critical=False,
        )
    )
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([_host(one) for one in hosts]), critical=False)
    certificate = builder.sign(authority_key, hashes.SHA256())
    paths = directory / f"{name}.pem", directory / f"{name}.key"
    _write_key(paths[1], key)
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return paths


def number_of(directory: Path, name: str) -> int:
    """Return which of a name's certificates holds: 1, and one more each time one was revoked."""
    return revoked_names(directory).get(name, 0) + 1


def revoked_names(directory: Path) -> dict[str, int]:
    """Return how often certificates of each name were revoked; BadInput when the file is damaged."""
    path = directory / REVOKED_NAMES
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, int])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.MsgspecError) as error:
        raise BadInput(str(path), f"cannot be read ({error})", "revoke the certificates anew") from None


def _subject(name: str, number: int) -> x509.Name:
    unit = [x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, str(number))] if number > 1 else []
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64]), *unit])


def subject_text(name: str, number: int) -> str:
    """Return the subject of a name's certificate as message servers write it."""
    return f"CN={name}" + (f",OU={number}" if number > 1 else "")


def revoke(directory: Path, certificate: Path) -> Path:
    """Add a certificate to the authority's list of revoked ones; return the list's path."""
    authority, _ = _authority(directory)
    try:
        revoked = x509.load_pem_x509_certificate(certificate.read_bytes())
    except (OSError, ValueError) as error:
        raise BadInput(str(certificate), f"is no certificate ({error})", "give the .pem of the node") from None
    if revoked.issuer != authority.subject:
        raise BadInput(str(certificate), "was signed by another authority", "revoke it there")
    path = directory / REVOKED
    before = x509.load_pem_x509_crl(path.read_bytes()) if path.exists() else ()
    serials = {one.serial_number for one in before} | {revoked.serial_number}
    names = revoked_names(directory)
    name, number = _named(revoked)
    names[name] = max(names.get(name, 0), number)
    beside = directory / f".{REVOKED_NAMES}"
    beside.write_bytes(msgspec.json.encode(names))
    beside.replace(directory / REVOKED_NAMES)  # whoever reads it meanwhile finds all of it
    return _write_revoked(directory, sorted(serials))


def _named(certificate: x509.Certificate) -> tuple[str, int]:
    """Return whose certificate it is, and which of theirs."""
    subject = certificate.subject
    (name,) = (str(one.value) for one in subject.get_attributes_for_oid(NameOID.COMMON_NAME))
    units = [str(one.value) for one in subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)]
    return name, int(units[0]) if units and units[0].isdigit() else 1


def _write_revoked(directory: Path, serials: list[int]) -> Path:
    authority, key = _authority(directory)
    now = datetime.now(UTC)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.subject)
        .last_update(now - _EARLIER)
        .next_update(now + timedelta(days=AUTHORITY_DAYS))
    )
    for serial in serials:
        row = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now).build()
        builder = builder.add_revoked_certificate(row)
    path = directory / REVOKED
    path.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return path


def _authority(directory: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    try:
        certificate = x509.load_pem_x509_certificate((directory / AUTHORITY).read_bytes())
        key = serialization.load_pem_private_key((directory / AUTHORITY_KEY).read_bytes(), None)
    except (OSError, ValueError) as error:
        raise BadInput(str(directory), f"holds no authority ({error})", "make one with: watchline https") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise BadInput(str(directory / AUTHORITY_KEY), "is not a P-256 key", "make the authority anew")
    return certificate, key


def _host(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=not signs_certificates, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
