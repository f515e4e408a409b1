"""Serving on a loopback socket."""

import contextlib
import re
import socket
import time

import pytest

from codecompanion.server.wire.serve import HostRefused, serve_tcp
from codecompanion.server.wire.server import OrchestraServer


def listening_port(client):
    return int(re.search(r":(\d+)\n", client.wait_log("listening on 127.0.0.1:"))[1])


def test_a_whole_session_over_a_socket(connect):
    client = connect("--tcp", "127.0.0.1:0", reading=False)
    with socket.create_connection(("127.0.0.1", listening_port(client)), timeout=20) as connection:
        client.use(connection.makefile("wb"), connection.makefile("rb"))
        client.initialize()
        assert client.command("probe.echo", "over TCP")["arguments"] == ["over TCP"]
        assert client.leave() == 0


def test_a_client_that_hangs_up_ends_the_server(connect):
    client = connect("--tcp", "localhost:0", reading=False)
    with socket.create_connection(("127.0.0.1", listening_port(client)), timeout=20) as connection:
        client.use(connection.makefile("wb"), connection.makefile("rb"))
        client.initialize()
        connection.shutdown(socket.SHUT_RDWR)
    assert client.exit_code() == 1


@pytest.mark.parametrize(
    "greeting",
    [
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"",
    ],
)
def test_a_web_page_cannot_speak_to_the_server(connect, greeting):
    client = connect("--tcp", "127.0.0.1:0", reading=False)
    port = listening_port(client)
    body = b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}'
    with socket.create_connection(("127.0.0.1", port), timeout=20) as page:
        if greeting:
            page.sendall(greeting + b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        # the server may have hung up before the page ends its side (ENOTCONN) or reads (ECONNRESET)
        with contextlib.suppress(OSError):
            page.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            assert page.recv(1000) == b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        client.use(connection.makefile("wb"), connection.makefile("rb"))
        client.initialize()
        assert client.leave() == 0


def test_a_greeting_may_come_in_pieces(connect):
    client = connect("--tcp", "127.0.0.1:0", reading=False)
    with socket.create_connection(("127.0.0.1", listening_port(client)), timeout=20) as connection:
        for piece in (b"C", b"ont", b"ent-Length: 2\r\n"):
            connection.sendall(piece)
            time.sleep(0.05)
        connection.sendall(b"\r\n{}")
        assert b"A message has a method" in connection.recv(1000)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "example.org", "", "127.0.0.1.example.org"])
def test_hosts_others_could_reach_are_refused_with_the_mend(host):
    with pytest.raises(HostRefused, match=re.escape(f"refusing to listen on {host!r}") + r".*use 127\.0\.0\.1"):
        serve_tcp(OrchestraServer("refusing", "0"), host, 0)
