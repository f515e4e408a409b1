"""What a hostile test run tries; run as a program, it prints as JSON which of its attacks got through.

Called with JSON: ``secret`` and ``outside`` (paths), ``victim`` (process id), ``canary`` (what the victim's
environment holds, backwards), ``port``, ``socket`` and ``name`` (servers outside). Where the program may have a
world of its own, whether a write, a datagram or a daemon got through is seen from outside only.
"""

# ruff: noqa: PTH103, PTH108, PTH110, PTH119, PTH120, PTH123, PTH208, PTH211, T201
import ctypes
import json
import os
import signal
import socket
import sys
import time
from contextlib import suppress

libc = ctypes.CDLL(None, use_errno=True)
GIVEN = json.loads(sys.argv[1])


def readable(*paths):
    for path in paths:
        with suppress(OSError), open(path, "rb") as file:
            if file.read(1):
                yield path


def reads_a_secret():
    return list(readable(GIVEN["secret"], "/etc/shadow", "/etc/gshadow", "/root/.bashrc", "/dev/mem"))


def writes_outside():
    for path in (GIVEN["outside"], GIVEN["secret"], "/usr/hostile", "/etc/hostile", "/var/tmp/hostile"):
        with suppress(OSError), open(path, "ab") as file:
            file.write(b"hostile")
    got = []
    with suppress(OSError):
        os.truncate(GIVEN["secret"], 0)
        got.append("truncated")
    with suppress(OSError):
        os.unlink(GIVEN["secret"])
        got.append("removed")
    return got


def reaches_the_network():
    got = []
    for family, kind, place in (
        (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", GIVEN["port"])),
        (socket.AF_UNIX, socket.SOCK_STREAM, GIVEN["socket"]),
        (socket.AF_UNIX, socket.SOCK_STREAM, "\0" + GIVEN["name"]),
    ):
        with suppress(OSError), socket.socket(family, kind) as one:
            one.settimeout(1)
            one.connect(place)
            got.append(str(place))
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.sendto(b"hostile", ("127.0.0.1", GIVEN["port"]))
    return got


def kills_others():
    got = []
    for number in (0, signal.SIGKILL):
        with suppress(OSError):
            os.kill(GIVEN["victim"], number)
            got.append(number)
    return got


def inspects_others():
    canary, got = GIVEN["canary"][::-1].encode(), []
    pids = []
    with suppress(OSError):
        pids = [name for name in os.listdir("/proc") if name.isdigit()]
    for pid in {*pids, str(GIVEN["victim"]), str(os.getppid()), "1"} - {str(os.getpid())}:
        for name in ("environ", "cmdline", "mem"):
            with suppress(OSError), open(f"/proc/{pid}/{name}", "rb") as file:
                if canary in file.read(100_000):
                    got.append(f"{pid}/{name}")
    if canary in "\0".join(os.environ.values()).encode():
        got.append("environment")
    attach = 16
    if libc.ptrace(attach, GIVEN["victim"], 0, 0) == 0:
        got.append("ptrace")
    return got


def climbs_out():
    got = []
    ways = {
        "link": GIVEN["secret"],
        "up": "../" * 30 + GIVEN["secret"],
        "root": f"/proc/1/root{GIVEN['secret']}",
    }
    for name, target in ways.items():
        with suppress(OSError):
            os.symlink(target, f"way-{name}")
        got += readable(f"way-{name}")
    with suppress(OSError):
        os.link(GIVEN["secret"], "hard")
        got.append("hard link")
    new_user, new_mounts, bind = 0x10000000, 0x00020000, 4096
    libc.unshare(new_user | new_mounts)
    os.makedirs("mounted", exist_ok=True)
    folder = os.path.dirname(GIVEN["secret"])
    libc.mount(folder.encode(), b"mounted", None, bind, None)
    got += readable("mounted/" + os.path.basename(GIVEN["secret"]))
    with suppress(OSError):
        os.chroot("mounted")
        got += readable("/" + os.path.basename(GIVEN["secret"]))
    return got


def leaves_a_daemon():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for number in (signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            null = os.open("/dev/null", os.O_RDWR)
            for descriptor in range(3):
                os.dup2(null, descriptor)
            # another environment, so that no mark in it tells whose child this is
            beat = "import time\nwhile True:\n    open('beat', 'a').write('x'); time.sleep(0.01)"
            os.execve(sys.executable, [sys.executable, "-S", "-c", beat], {})
        os._exit(0)
    deadline = time.monotonic() + 10
    while not os.path.exists("beat") and time.monotonic() < deadline:
        time.sleep(0.01)
    return [] if os.path.exists("beat") else ["it never ran"]


ATTACKS = (
    reads_a_secret,
    writes_outside,
    reaches_the_network,
    kills_others,
    inspects_others,
    leaves_a_daemon,
    climbs_out,
)

if __name__ == "__main__":
    print(json.dumps({attack.__name__: attack() for attack in ATTACKS}))
