"""Running the endpoint: one process, TLS, and no log of requests but the desk's own."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from ssl import SSLError
from typing import Any

from fairshare.release.sharing.refusals import CannotServe
from fairshare.words import MissingPart

THREADS = 16
"""How many readers are served at one time; more wait."""

_BUFFER = 64 * 1024
"""As long as a request's headers may be in all."""


@dataclass(frozen=True)
class Listening:
    """Where the endpoint listens, and with what certificate."""

    host: str
    port: int
    cert: Path | None
    key: Path | None


def check_listening(host: str, port: int, cert: Path | None, key: Path | None, *, without_tls: bool) -> None:
    """Refuses to listen without TLS, save on the machine's own loopback address when that is asked for."""
    if not 1 <= port <= 65535:
        raise CannotServe("that is no port", fix="Give a number from 1 to 65535, such as 8443.", where="--port")
    if without_tls and cert is None and key is None and _is_loopback(host):
        return
    if without_tls:
        raise CannotServe(
            "without TLS the endpoint listens on this machine alone",
            fix="Give --host 127.0.0.1 and no certificate, behind a proxy that does TLS; or a certificate and its key.",
            where="--without-tls",
        )
    if cert is None or key is None:
        raise CannotServe(
            "the endpoint needs a certificate and its key", fix="Give --cert and --key, as PEM files.", where="--cert"
        )
    for path in (cert, key):
        if not path.is_file():
            raise CannotServe("there is no such file", fix="Check the path.", where=str(path))
    if key.stat().st_mode & 0o077:
        raise CannotServe("others can read the certificate's key", fix=f"Run: chmod 600 {key}", where=str(key))


def write_endpoint(host: str, port: int, *, tls: bool) -> str:
    """The address that the endpoint has if nobody gave it another.

    >>> write_endpoint("127.0.0.1", 8443, tls=True)
    'https://127.0.0.1:8443'
    """
    return f"{'https' if tls else 'http'}://{f'[{host}]' if ':' in host else host}:{port}"


def check_endpoint(endpoint: str) -> None:
    """Refuses an address that no client could use."""
    if not re.fullmatch(r"https?://[A-Za-z0-9._\[\]:-]{1,253}(/[A-Za-z0-9._~/-]{0,200})?", endpoint):
        raise CannotServe(
            "that is no address of an endpoint", fix="Write it as https://share.example:8443.", where="--endpoint"
        )


def serve_app(target: str, listening: Listening) -> None:
    """Serves until it is told to stop.

    Takes    target: where the function that makes the application is, as `module:function`; it runs in a child process.
    Raises   CannotServe when the address cannot be listened at, or the certificate and its key are not a pair.
    """
    server, settings = _load_granian()
    tls: dict[str, Any] = {"ssl_cert": listening.cert, "ssl_key": listening.key} if listening.cert else {}
    try:
        server(
            target,
            factory=True,
            interface="wsgi",
            address=listening.host,
            port=listening.port,
            workers=1,
            blocking_threads=THREADS,
            log_enabled=False,
            log_access=False,
            websockets=False,
            http="1",
            http1_settings=settings(header_read_timeout=10_000, max_buffer_size=_BUFFER),
            # Whoever reads when it is told to stop is cut off.
            workers_kill_timeout=5,
            **tls,
        ).serve()
    except (OSError, RuntimeError, ValueError) as error:
        what = "the certificate and its key are not a pair" if isinstance(error, SSLError) else "it cannot listen there"
        raise CannotServe(
            what, fix="Check --cert and --key, and that nobody else listens at --host and --port.", where=listening.host
        ) from None


def _load_granian() -> tuple[Any, Any]:
    try:
        from granian import Granian
        from granian.http import HTTP1Settings
    except ImportError:
        raise MissingPart(
            "granian, which serves the endpoint, is not installed", fix="Run: pip install 'fairshare[sharing]'"
        ) from None
    return Granian, HTTP1Settings


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
