"""A real SFTP server over a folder, in a process of its own, with the faults that a test asks for."""

import argparse
import asyncio
import os
import resource
import signal
from pathlib import Path

import asyncssh


class Folder(asyncssh.SFTPServer):
    """Files under one folder. It may die after some bytes, or let nobody write."""

    given = argparse.Namespace()
    written = 0

    def __init__(self, chan):
        super().__init__(chan, chroot=self.given.root)

    def write(self, file_obj, offset, data):
        """Writes, and counts."""
        done = super().write(file_obj, offset, data)
        Folder.written += len(data)
        Path(self.given.counted).write_text(str(Folder.written))
        if self.given.die_after and Folder.written >= self.given.die_after:
            file_obj.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    def mkdir(self, path, attrs):
        """Makes a folder, if anybody may write here."""
        if self.given.read_only:
            raise asyncssh.SFTPPermissionDenied("read only")
        return super().mkdir(path, attrs)


class Door(asyncssh.SSHServer):
    """Lets in one user, by password; a key is looked for in the file of keys."""

    def begin_auth(self, username):
        """Everybody must say who they are; what they tried is written down."""
        with open(f"{Folder.given.counted}.auth", "a") as file:
            file.write(f"{username}\n")
        return True

    def password_auth_supported(self):
        """There is one password."""
        return True

    def validate_password(self, username, password):
        """Whether it is right."""
        return (username, password) == ("fairshare", "never-in-a-log")


async def serve(given):
    """Serves until it is killed."""
    await asyncssh.listen(
        "127.0.0.1",
        given.port,
        server_factory=Door,
        server_host_keys=[given.host_key],
        authorized_client_keys=given.authorized,
        sftp_factory=Folder,
    )
    await asyncio.get_running_loop().create_future()


def main():
    """Reads what the test asks for."""
    parser = argparse.ArgumentParser()
    for name in ("--root", "--host-key", "--counted", "--authorized"):
        parser.add_argument(name)
    for name in ("--port", "--die-after", "--largest"):
        parser.add_argument(name, type=int, default=0)
    parser.add_argument("--read-only", action="store_true")
    Folder.given = parser.parse_args()
    if Folder.given.largest:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (Folder.given.largest, Folder.given.largest))
    asyncio.run(serve(Folder.given))


if __name__ == "__main__":
    main()
