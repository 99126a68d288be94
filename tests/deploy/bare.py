"""A system with nothing in it but a shell: no C library, no Python, no network. What installs there needs nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

BUSYBOX = Path("/bin/busybox")
# In its own network and mounts; both vanish with it. Loopback is there, nothing else.
_ENTER = (
    'mount --make-rprivate / && mount --bind "$0" "$0" && mount -t proc proc "$0/proc" && ip link set lo up '
    '&& exec chroot "$0" /bin/env -i PATH=/bin HOME=/root "$@"'
)


def build(root: Path) -> None:
    """Lay the system out in an empty folder; needs root."""
    for name in ("bin", "dev", "etc", "proc", "root", "tmp"):
        (root / name).mkdir()
    shutil.copy2(BUSYBOX, root / "bin" / "busybox")
    for tool in subprocess.run([str(BUSYBOX), "--list"], capture_output=True, text=True, check=True).stdout.split():
        if tool != "busybox":
            (root / "bin" / tool).symlink_to("busybox")
    for number, name in ((3, "null"), (8, "random"), (9, "urandom")):
        os.mknod(root / "dev" / name, 0o020666, os.makedev(1, number))
        os.chmod(root / "dev" / name, 0o666)
    (root / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n", "utf-8")
    (root / "etc" / "group").write_text("root:x:0:\n", "utf-8")


def run(root: Path, script: str, timeout: int = 400) -> subprocess.CompletedProcess[str]:
    """Run a shell script in the system, without a network."""
    return subprocess.run(
        ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", _ENTER, str(root), "sh", "-c",
         script],
        capture_output=True, text=True, timeout=timeout,
    )  # fmt: skip
