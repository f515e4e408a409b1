"""The launcher of the landlock rung, run as a program of its own: it confines one child and outlives it.

Called as ``landlock_child.py NETWORK READ WRITE PATH … PROGRAM [ARGUMENT …]``: of the PATHs, all absolute, the
child may read the first READ and change the next WRITE; nothing else is open to it. With ``own`` as NETWORK it
gets a network with nobody else in it, and sockets there; with ``none``, no socket at all. The launcher stays
outside, kills whatever the child leaves behind, and ends with its exit code (128 and the signal's number if
one ended it). The numbers are the kernel's (``linux/landlock.h``, ``linux/seccomp.h``, ``linux/prctl.h``).

Rules for ports (landlock since Linux 6.7) would not do: they tell ports apart, not whose server listens there.

Its imports are as few as can be: they are most of what this rung costs.
"""

import _signal as signal  # type: ignore[import-not-found]  # without the enumerations around it
import ctypes
import os
import struct
import sys

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PATH_BENEATH = 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHAR, _MAKE_BLOCK = 1 << 6, 1 << 11
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15
_READING = _EXECUTE | _READ_FILE | _READ_DIR
_OF_A_FILE = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_NO_TCP, _NO_FOREIGN_SIGNALS_OR_SOCKETS = 0b11, 0b11

_PDEATHSIG, _SET_SECCOMP, _CAPBSET_DROP, _SUBREAPER, _NO_NEW_PRIVS = 1, 22, 24, 36, 38
_LAST_CAPABILITY = 63
_NEW_NAMESPACES = 0x7E020080
_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000
_INTERNET, _INTERNET_6, _DATAGRAMS = 2, 10, 2
_SET_FLAGS, _IS_UP = 0x8914, 1
_ALLOW, _FAIL_WITH = 0x7FFF0000, 0x00050000
_EPERM, _EACCES, _ENOSYS = 1, 13, 38
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _IF_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_X32_CALLS = 0x40000000

# machine → its mark in the filter's data, and which column below is its own
_MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
# looking into other processes, other file systems, other ways to a file, and what could undo the filter
_REFUSED = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "setns": (308, 268),
    "unshare": (272, 97),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "open_by_handle_at": (304, 265),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "kexec_load": (246, 104),
}
_SOCKET, _CLONE, _TRUNCATE_BY_PATH = (41, 198), (56, 220), (76, 45)
# io_uring_setup, open_tree, move_mount, fsopen, fsmount, pidfd_getfd, mount_setattr: the same everywhere
_REFUSED_EVERYWHERE = (425, 428, 429, 430, 432, 438, 442)
_CLONE3 = 435


_opened: list[ctypes.CDLL] = []


def _libc() -> ctypes.CDLL:
    """Return the C library, opened once: that takes as long as dozens of calls."""
    if not _opened:
        _opened.append(ctypes.CDLL(None, use_errno=True))
    return _opened[0]


def kernel_version() -> int:
    """Return which landlock the kernel has, 0 for none."""
    return max(0, int(_libc().syscall(_CREATE_RULESET, None, 0, 1)))


def _checked(result: int) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _take_own_network() -> None:
    """Move into a network that holds nothing but its own loopback, and switch that on.

    Whoever is no administrator needs a world of users for it, of one, which some systems forbid.
    """
    user, group = os.geteuid(), os.getegid()
    if _libc().unshare(_NEW_NETWORK) < 0:
        _checked(_libc().unshare(_NEW_NETWORK | _NEW_USER))
        for name, text in (
            ("setgroups", "deny"),
            ("gid_map", f"{group} {group} 1"),
            ("uid_map", f"{user} {user} 1"),
        ):
            with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123 - as below
                file.write(text)
    asking = _checked(_libc().socket(_INTERNET, _DATAGRAMS, 0))
    _checked(_libc().ioctl(asking, _SET_FLAGS, struct.pack("=16sh22x", b"lo", _IS_UP)))
    os.close(asking)


def _confine_files(read: list[str], write: list[str], version: int, *, own_network: bool) -> None:
    handled = (1 << (13 + (version >= 2) + (version >= 3))) - 1 | (_IOCTL_DEV if version >= 5 else 0)
    fields = [handled]
    if version >= 4:
        fields.append(0 if own_network else _NO_TCP)
    if version >= 6:
        fields.append(_NO_FOREIGN_SIGNALS_OR_SOCKETS)
    attributes = struct.pack(f"={len(fields)}Q", *fields)
    rules = _checked(_libc().syscall(_CREATE_RULESET, attributes, len(attributes), 0))
    for path in read:
        _open_up(rules, path, _READING & handled)
    for path in write:
        _open_up(rules, path, handled & ~(_MAKE_CHAR | _MAKE_BLOCK | _IOCTL_DEV))
    _checked(_libc().prctl(_NO_NEW_PRIVS, 1, 0, 0, 0))
    _checked(_libc().syscall(_RESTRICT_SELF, rules, 0))
    os.close(rules)


def _open_up(rules: int, path: str, access: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not os.path.isdir(path):  # noqa: PTH112 - pathlib is a quarter of this program's start
            access &= _OF_A_FILE
        _checked(_libc().syscall(_ADD_RULE, rules, _PATH_BENEATH, struct.pack("=Qi", access, place), 0))
    finally:
        os.close(place)


def _call_filter(machine: str, version: int, *, own_network: bool) -> bytes:
    """Return the filter of system calls as the kernel takes it; raises ``KeyError`` for an unknown machine."""
    architecture, own = _MACHINES[machine]

    def step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
        return struct.pack("=HBBI", code, if_true, if_false, value)

    def fail(error: int) -> bytes:
        return step(_RETURN, _FAIL_WITH | error)

    def fail_on(number: int, error: int) -> bytes:
        return step(_IF_EQUAL, number, 0, 1) + fail(error)

    refused = [*(numbers[own] for numbers in _REFUSED.values()), *_REFUSED_EVERYWHERE]
    if version < 3:
        # this landlock does not see a file being cut short by its path
        refused.append(_TRUNCATE_BY_PATH[own])
    return b"".join(
        (
            step(_LOAD, 4) + step(_IF_EQUAL, architecture, 1, 0) + fail(_EPERM),
            step(_LOAD, 0) + step(_IF_AT_LEAST, _X32_CALLS, 0, 1) + fail(_EPERM),
            *(fail_on(number, _EPERM) for number in refused),
            # a socket with a path is in no network, and leads to whoever listens there; pairs may be made
            step(_IF_EQUAL, _SOCKET[own], 0, 5 if own_network else 1),
            *(
                (step(_LOAD, 16), step(_IF_EQUAL, _INTERNET, 2), step(_IF_EQUAL, _INTERNET_6, 1))
                if own_network
                else ()
            ),
            fail(_EACCES),
            *((step(_RETURN, _ALLOW),) if own_network else ()),
            # its flags lie in memory; the C library then uses `clone`, whose flags can be read
            fail_on(_CLONE3, _ENOSYS),
            step(_IF_EQUAL, _CLONE[own], 0, 3) + step(_LOAD, 16),
            step(_IF_ANY_BIT, _NEW_NAMESPACES, 0, 1) + fail(_EPERM),
            step(_RETURN, _ALLOW),
        )
    )


def _filter_calls(version: int, *, own_network: bool) -> None:
    program = _call_filter(os.uname().machine, version, own_network=own_network)
    held = ctypes.create_string_buffer(program, len(program))
    attributes = struct.pack("@HP", len(program) // 8, ctypes.addressof(held))
    _checked(_libc().prctl(_SET_SECCOMP, 2, attributes, 0, 0))


def _run_confined(read: list[str], write: list[str], argv: list[str], *, own_network: bool) -> None:
    if own_network:
        _take_own_network()
    for capability in range(_LAST_CAPABILITY + 1):
        _libc().prctl(_CAPBSET_DROP, capability, 0, 0, 0)
    version = kernel_version()
    _confine_files([*read, f"/proc/{os.getpid()}"], write, version, own_network=own_network)
    _filter_calls(version, own_network=own_network)
    os.execv(argv[0], argv)


def _children() -> list[int]:
    with open(f"/proc/self/task/{os.getpid()}/children") as listed:  # noqa: PTH123 - as above
        return [int(pid) for pid in listed.read().split()]


def _end_all() -> None:
    """Kill what is left: each process whose parent dies becomes a child of ours."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while children := _children():
        for pid in children:
            os.kill(pid, signal.SIGKILL)
        for pid in children:
            os.waitpid(pid, 0)


def _wait_for(child: int) -> int:
    while True:
        pid, status = os.wait()
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code


def _asked_to_end(number: int, frame: object) -> None:
    raise SystemExit(128 + number)


def main(arguments: list[str]) -> int:
    """Run the program confined and return its exit code."""
    own_network = arguments[0] == "own"
    read_end = 3 + int(arguments[1])
    write_end = read_end + int(arguments[2])
    signal.signal(signal.SIGTERM, _asked_to_end)
    _libc().prctl(_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    _checked(_libc().prctl(_SUBREAPER, 1, 0, 0, 0))
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        try:
            read, write, argv = arguments[3:read_end], arguments[read_end:write_end], arguments[write_end:]
            _run_confined(read, write, argv, own_network=own_network)
        except BaseException as fault:  # noqa: BLE001 - whatever it is, the program must not run unconfined
            os.write(2, f"the sandbox could not be set up: {fault}\n".encode())
        os._exit(126)
    try:
        return _wait_for(child)
    finally:
        _end_all()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
