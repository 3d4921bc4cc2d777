"""A small FastCGI client: whole requests, and single records as a hostile peer would send them."""
import array
import fcntl
import socket
import struct
import termios
import urllib.parse

import client

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR, DATA, GET_VALUES, VALUES_RESULT, UNKNOWN = range(1, 12)
KEEP_CONN = 1


class Broken(Exception):
    """The connection ended before the answer did."""


def record(kind, content=b"", request=1, version=1, padding=0):
    return struct.pack(">BBHHBx", version, kind, request, len(content), padding) + content + b"\0" * padding


def begin(role=1, flags=0, request=1):
    return record(BEGIN, struct.pack(">HB5x", role, flags), request)


def length(size):
    return struct.pack(">B", size) if size < 128 else struct.pack(">I", size | 0x80000000)


def pairs(values):
    out = b""
    for name, value in values:
        name, value = (item.encode("utf-8", "surrogateescape") for item in (name, value))
        out += length(len(name)) + length(len(value)) + name + value
    return out


def stream(kind, data, request=1):
    """The data in records, and the empty one that ends the stream."""
    pieces = [data[start:start + 65000] for start in range(0, len(data), 65000)]
    return b"".join(record(kind, piece, request) for piece in [*pieces, b""])


def params(method, path, headers=(), body=None, mount="", **more):
    """What lighttpd would send."""
    path, _, query = path.partition("?")
    values = {
        "REQUEST_METHOD": method, "SCRIPT_NAME": urllib.parse.unquote(mount), "PATH_INFO": urllib.parse.unquote(path),
        "QUERY_STRING": query, "REQUEST_URI": mount + path + ("?" + query if query else ""),
        "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1", "REQUEST_SCHEME": "http",
        "CONTENT_LENGTH": str(len(body or b"")), "HTTP_HOST": "todo.test", "GATEWAY_INTERFACE": "CGI/1.1",
    }
    for name, value in headers:
        name = name.upper().replace("-", "_")
        values[name if name == "CONTENT_TYPE" else "HTTP_" + name] = value
    values.update(more)
    return [(name, value) for name, value in values.items() if value is not None]


def connect(path, timeout=60):
    link = socket.socket(socket.AF_UNIX)
    link.settimeout(timeout)
    link.connect(str(path))
    return link


def is_read(link):
    """Whether the peer has read all that was sent, and not only looked at it."""
    unread = array.array("i", [0])
    fcntl.ioctl(link, termios.TIOCOUTQ, unread)
    return unread[0] == 0


def read_all(link):
    """All bytes until the peer closes; a reset is an end like another."""
    data = b""
    try:
        while piece := link.recv(65536):
            data += piece
    except ConnectionError:
        pass
    return data


def records(data):
    while len(data) >= 8:
        _, kind, request, size, padding = struct.unpack(">BBHHBx", data[:8])
        yield kind, request, data[8:8 + size]
        data = data[8 + size + padding:]


def parse(data):
    """The answer in what came back, or Broken."""
    found = list(records(data))
    if not any(kind == END for kind, _, _ in found):
        raise Broken(f"no END_REQUEST in {data[:200]!r}")
    out = b"".join(content for kind, _, content in found if kind == STDOUT)
    head, _, body = out.partition(b"\r\n\r\n")
    headers = [tuple(line.split(": ", 1)) for line in head.decode("latin-1").split("\r\n") if line]
    status = next((value for name, value in headers if name.lower() == "status"), "200")
    headers = [(name, value) for name, value in headers if name.lower() != "status"]
    return client.Response(int(status.split()[0]), headers, body)


def message(values, body=None, flags=0):
    """A whole request as bytes."""
    return begin(flags=flags) + stream(PARAMS, pairs(values)) + stream(STDIN, body or b"")


def request(path, values, body=None, timeout=60):
    with connect(path, timeout) as link:
        link.sendall(message(values, body))
        return parse(read_all(link))
