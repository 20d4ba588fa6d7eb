"""An authority of a test's own, and certificates that it gives to hosts."""

import ipaddress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


class Authority:
    """`file` is what is given to whoever shall believe it; below `folder` lie the keys that it makes."""

    def __init__(self, folder: Path, name: str = "An authority for tests") -> None:
        self.folder, self.name, self.file = folder, _named(name), folder / f"{name}.pem"
        self._key = ec.generate_private_key(ec.SECP256R1())
        basic = x509.BasicConstraints(ca=True, path_length=0)
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        made = _builder(self.name, self.name, self._key).add_extension(basic, critical=True)
        self.certificate = made.add_extension(usage, critical=True).sign(self._key, hashes.SHA256())
        self.file.write_bytes(self.certificate.public_bytes(Encoding.PEM))

    def certify(self, host: str) -> tuple[Path, Path]:
        """The files of a certificate for a host, by name or address, and of its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([_as_name(host)])
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        made = _builder(_named(host), self.name, key).add_extension(names, critical=False)
        certificate = made.add_extension(issuer, critical=False).sign(self._key, hashes.SHA256())
        files = self.folder / f"{host}.crt", self.folder / f"{host}.key"
        files[0].write_bytes(certificate.public_bytes(Encoding.PEM))
        files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        files[1].chmod(0o600)
        return files


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number())
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    made = made.add_extension(identifier, critical=False)
    return made.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _as_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
