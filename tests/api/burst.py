"""Sends many requests to a FastCGI socket, one connection each, as fast as one process can.

    burst.py SOCKET COUNT PATH...    prints how many each path was sent and how many were answered, as JSON
"""
import json
import sys

import fcgi


def send(socket, message):
    """Whether an answer began to come back."""
    try:
        with fcgi.connect(socket) as link:
            link.sendall(message)
            return b"Status: " in fcgi.read_all(link)
    except ConnectionError:
        return False


def main(socket, count, *paths):
    messages = [fcgi.message(fcgi.params("GET", path)) for path in paths]
    sent, answered = [0] * len(paths), [0] * len(paths)
    for number in range(int(count)):
        which = number % len(paths)
        sent[which] += 1
        answered[which] += send(socket, messages[which])
    print(json.dumps({path: [sent[i], answered[i]] for i, path in enumerate(paths)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
