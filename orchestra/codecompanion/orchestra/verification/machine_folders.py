"""Which of the machine's own files a confined program needs, and which are all it may see of them."""

from typing import Final

SYSTEM: Final = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
STORES: Final = ("/nix/store", "/gnu/store")
# what programs need of /etc to link, name users, know the time and check certificates; nothing private
_ETC: Final = (
    "alternatives",
    "ca-certificates",
    "group",
    "host.conf",
    "hosts",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
    "nsswitch.conf",
    "passwd",
    "pki/tls/certs",
    "protocols",
    "services",
    "ssl/certs",
    "ssl/openssl.cnf",
)
ETC: Final = tuple(f"/etc/{name}" for name in _ETC)
# of the machine as a whole; what tells of other processes is not among them
PROC: Final = tuple(
    f"/proc/{name}" for name in ("cpuinfo", "filesystems", "loadavg", "meminfo", "stat", "uptime", "version")
)
DEVICES: Final = tuple(f"/dev/{name}" for name in ("full", "null", "random", "urandom", "zero"))
