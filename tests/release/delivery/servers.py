"""The endpoint and its recipients as processes of their own, over real sockets and TLS."""

from __future__ import annotations

import ipaddress
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificates:
    """A certificate authority of the test's own, and a server's certificate by it."""

    ca: Path
    cert: Path
    key: Path


def make_certificates(folder: Path) -> Certificates:
    """A new authority and a certificate for this machine."""
    now = datetime.now(UTC)
    found = Certificates(folder / "ca.pem", folder / "server.pem", folder / "server.key")

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    def build(subject: str, key: Any, *, ca: bool) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name(subject))
            .issuer_name(name("test authority"))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=2))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )

    authority, server = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    own_id = x509.SubjectKeyIdentifier.from_public_key(authority.public_key())
    root = build("test authority", authority, ca=True).add_extension(own_id, critical=False)
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        crl_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")])
    by = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own_id)
    leaf = build("localhost", server, ca=False).add_extension(names, critical=False).add_extension(by, critical=False)
    signed = root.add_extension(usage, critical=True).sign(authority, hashes.SHA256())
    found.ca.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    found.cert.write_bytes(leaf.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    found.key.write_bytes(
        server.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    found.key.chmod(0o600)
    return found


@dataclass(frozen=True)
class Endpoint:
    """A running endpoint."""

    url: str
    port: int
    certificates: Certificates

    def read(self, profile: Path, *words: object, timeout: int = 60) -> subprocess.CompletedProcess[str]:
        """Runs a recipient with the public client to its end."""
        return subprocess.run(
            recipient_command(profile, *words),
            env=recipient_environment(self.certificates),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def start_reading(self, profile: Path, *words: object) -> subprocess.Popen[str]:
        """Starts a recipient with the public client."""
        return subprocess.Popen(
            recipient_command(profile, *words),
            env=recipient_environment(self.certificates),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def recipient_command(profile: Path, *words: object) -> list[str]:
    return [sys.executable, str(Path(__file__).with_name("recipient.py")), str(profile), *map(str, words)]


def recipient_environment(certificates: Certificates) -> dict[str, str]:
    """What makes the client trust the test's own authority, and use no proxy."""
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    return kept | {"REQUESTS_CA_BUNDLE": str(certificates.ca), "SSL_CERT_FILE": str(certificates.ca)}


@contextmanager
def run_endpoint(desk: Path, certificates: Certificates) -> Iterator[Endpoint]:
    """`fairshare share serve` over a desk, until the test is done with it."""
    port = free_port()
    server = subprocess.Popen(
        [
            sys.executable, "-m", "fairshare.cli", "share", "serve", "--desk", desk, "--port", str(port),
            "--cert", certificates.cert, "--key", certificates.key,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    try:
        wait_for(port, server)
        yield Endpoint(f"https://127.0.0.1:{port}", port, certificates)
    finally:
        stop(server)


def stop(server: subprocess.Popen[Any]) -> None:
    """Ends a server that a test started, with the processes that it started itself."""
    if server.poll() is None:
        os.killpg(server.pid, signal.SIGTERM)
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait(timeout=10)


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(port: int, server: subprocess.Popen[Any]) -> None:
    """Waits until a server takes connections."""
    for _ in range(300):
        with socket.socket() as caller:
            caller.settimeout(1)
            if caller.connect_ex(("127.0.0.1", port)) == 0:
                return
        if server.poll() is not None:
            raise RuntimeError(f"the server stopped as it started: {server.communicate()}")
        time.sleep(0.1)
    raise RuntimeError("the server did not get ready")


def write_profile(path: Path, profile: dict[str, object]) -> Path:
    """A profile file as a recipient keeps it."""
    path.write_text(json.dumps(profile))
    return path
