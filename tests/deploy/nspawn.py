"""A throw-away machine that boots this Debian's own systemd: systemd-nspawn over a layer in memory, no network. No assertions.

Nothing of it outlives `close`, nor the tests' own death: its mounts stand in a namespace of its own, its processes in another.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

WAIT = 90.0  # s; guards against hanging
HERE = Path("/sys/fs/cgroup")
CLEAN = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "HOME": "/root"}
INIT = "campus-test-init"

# Process 1 of the machine. Where the kernel's older control groups are in use nspawn leaves all but one read-only,
# and systemd would set no limit: they belong to the machine, each begins at a group of its own.
FIRST = """#!/bin/sh
for group in /sys/fs/cgroup/*; do
    case $(stat -fc %T "$group") in cgroupfs) mount -o remount,bind,rw "$group" ;; esac
done
# A service whose unit hides processes has a /proc of its own, with the kernel's own word for this boot; so have all others.
umount /proc/sys/kernel/random/boot_id
exec /lib/systemd/systemd
"""

# $1 folder, $2 name, $3 control groups, the rest: of systemd-nspawn, which is alone in a group of its own for each start.
# This machine's services stay out: only what Debian itself starts.
START = """
set -e
mount -t tmpfs -o mode=755 campus-test "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" campus-test "$1/root"
cd "$1/root"
rm -rf etc/systemd/system etc/campus-gateway opt/campus-gateway var/lib/campus-gateway
mkdir -p etc/systemd/system/systemd-udevd.service.d opt/test
# a container's /sys is read-only, which keeps Debian's udevd from starting; to take rules it needs no more
printf '[Unit]\\nConditionPathIsReadWrite=\\n' >etc/systemd/system/systemd-udevd.service.d/test.conf
ln -s /lib/systemd/system/multi-user.target etc/systemd/system/default.target
: >etc/machine-id
rm -rf var/log/journal
cp "$1.init" "usr/sbin/campus-test-init"
cd /
name=$2 root=$1/root groups=$3
shift 3
mkdir -p /run/systemd/nspawn
mount -t tmpfs campus-test /run/systemd/nspawn
code=133 n=0
while [ $code = 133 ]; do # it asks to be started again
    code=0 n=$((n + 1))
    groups=$groups n=$n sh -c 'for group in $groups; do mkdir "$group/$n" && echo 0 >"$group/$n/cgroup.procs"; done; exec "$@"' sh \\
        systemd-nspawn --quiet --directory="$root" --machine="$name" --private-network --register=no --keep-unit \\
        --capability=all --console=pipe --link-journal=no --kill-signal=SIGRTMIN+3 --settings=no "$@" /usr/sbin/campus-test-init || code=$?
done
exit $code
"""


class Machine:
    """Booted when made. `shared`: folders of this machine, by their place in that one, to be read only."""

    def __init__(self, folder: Path, shared: dict[str, Path]) -> None:
        self.name = f"campus-test-{os.getpid()}"
        place = folder / "machine"
        place.mkdir()
        init = folder / "machine.init"
        init.write_text(FIRST)
        init.chmod(0o755)
        self.groups = [path / self.name for path in _groups()]
        for group in self.groups:
            group.mkdir()
            if (shared_out := group / "cgroup.subtree_control").exists():
                shared_out.write_text(" ".join(f"+{kind}" for kind in (group / "cgroup.controllers").read_text().split()))
        binds = [f"--bind-ro={path}:{target}" for target, path in shared.items()]
        alone = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private",
                 "--pid", "--mount-proc", "--fork", "--kill-child=KILL"]  # fmt: skip
        groups = " ".join(map(str, self.groups))
        command = [*alone, "sh", "-c", START, "sh", str(place), self.name, groups, *binds]
        self.log = folder / "machine.log"
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
        self.first = 0
        try:
            self._await_boot()
        except BaseException:
            self.close()
            raise

    def run(self, *command: str, user: str = "", check: bool = True, typed: str = "") -> subprocess.CompletedProcess[str]:
        """A command inside, as root or as `user`; CalledProcessError carries what it said."""
        if user:
            command = ("runuser", "-u", user, "--", *command)
        inside = [
            "nsenter",
            f"--target={self.first}",
            "--mount",
            "--uts",
            "--ipc",
            "--net",
            "--pid",
            "--cgroup",
            "--root",
            "--wdns=/",
        ]
        done = subprocess.run([*inside, *command], env=CLEAN, input=typed, capture_output=True, text=True, timeout=300)
        if check and done.returncode:
            error = subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
            error.add_note(done.stdout[-3000:] + done.stderr[-3000:])
            raise error
        return done

    def sh(self, line: str, user: str = "", check: bool = True) -> str:
        """The standard output of a shell's line."""
        return self.run("sh", "-c", line, user=user, check=check).stdout.strip()

    def read(self, path: str) -> str:
        return self.run("cat", path).stdout

    def write(self, path: str, text: str, owner: str = "root:root", mode: str = "644") -> None:
        self.run("sh", "-c", f'cat >"{path}" && chown {owner} "{path}" && chmod {mode} "{path}"', typed=text)

    def show(self, unit: str, *names: str) -> list[str]:
        """Properties of a unit, as systemd has them now."""
        told = self.run("systemctl", "show", unit, *(f"--property={name}" for name in names)).stdout
        found = dict(line.partition("=")[::2] for line in told.splitlines())
        return [found[name] for name in names]

    def journal(self, unit: str) -> str:
        return self.run("journalctl", "--no-pager", "--output=cat", "--unit", unit).stdout

    def reboot(self) -> None:
        before = self.first
        self.run("systemctl", "reboot", check=False)
        _until("it went down", lambda: self._leader() != before)
        self._await_boot()

    def close(self) -> None:
        self.process.kill()  # its process 1 dies with it, and so all of them
        self.process.wait()
        for group in self.groups:
            _until(f"{group} empty", lambda group=group: _removed(group))

    def _leader(self) -> int:
        """Process 1 of the machine: unshare, the shell, systemd-nspawn, it. 0: there is none yet."""
        below = [self.process.pid]
        for pid in below:
            if _name(pid) == "systemd":
                return pid
            below += _children(pid)
        return 0

    def _await_boot(self) -> None:
        def up() -> bool:
            if self.process.poll() is not None:
                raise RuntimeError(f"systemd-nspawn ended with {self.process.returncode}: {self.log.read_text()[-2000:]}")
            self.first = self._leader()
            if not self.first:
                return False
            state = self.run("systemctl", "is-system-running", "--wait", check=False).stdout.strip()
            return state in ("running", "degraded")

        _until("the machine has booted", up)


def _groups() -> list[Path]:
    """Where ours begin: below our own in each of the older hierarchies; where there is but the newer one, beside systemd's slices."""
    if (HERE / "cgroup.controllers").exists():
        return [HERE]  # a group with processes in it cannot share out what it has
    found = []
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        place = HERE / (names.removeprefix("name=") or "unified")
        if (
            names != "cpuset" and place.is_dir()
        ):  # cpuset takes nobody until it is told of processors; no unit of ours names any
            found.append(place / path.lstrip("/"))
    return found


def _removed(group: Path) -> bool:
    """Deepest first; False while a process is still going."""
    try:
        for folder, _, _ in os.walk(group, topdown=False):
            os.rmdir(folder)
    except OSError:
        return False
    return True


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _until(what: str, look: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT
    while not look():
        if time.monotonic() > end:
            raise TimeoutError(f"never: {what}")
        time.sleep(0.1)
