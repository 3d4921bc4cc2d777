"""A writer that goes on whatever happens to the service, and holds it to every task that was acknowledged."""
import asyncio
import collections
import http.client
import io
import json
import threading
import time

import client
from harness import PATIENCE, wait_until


class Received:
    """Bytes that have come in, as http.client reads them from a socket."""

    def __init__(self, data):
        self.data = data

    def makefile(self, _mode):
        return io.BytesIO(self.data)


def parse(data):
    """An answer that came in whole; HTTPException for any other."""
    answer = http.client.HTTPResponse(Received(data))
    answer.begin()
    return client.Response(answer.status, answer.getheaders(), answer.read())


class Writer:
    """So many clients, each with one request at a time, in one thread. Every task has a title of its own."""

    def __init__(self, user, clients=4):
        self.user, self.clients = user, clients
        self.acknowledged = []  # titles of what was answered 201
        self.refused = []       # every other answer
        self.cut = []           # connections that were refused, or ended without a whole answer
        self.slowest = 0.0      # seconds until an answer
        self.done = False
        self.thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done = True
        self.thread.join()

    def goes_on(self, count=50):
        """Waits until so many more have been acknowledged."""
        self._grows(self.acknowledged, count)

    def is_refused(self, count=20):
        self._grows(self.refused, count)

    def _grows(self, answers, count):
        level = len(answers) + count

        def grown():
            assert self.thread.is_alive(), "the writer has died"
            return len(answers) >= level
        try:
            wait_until(grown, "the writer gets its answers")
        except AssertionError as error:
            raise AssertionError(f"{error}: {self}") from None

    def check(self):
        """To be called at the end: nothing acknowledged is lost, and nothing was done twice."""
        stored = self.user.server.sql(f"SELECT title FROM tasks WHERE user_id = '{self.user.id}'").splitlines()
        twice = [title for title, count in collections.Counter(stored).items() if count > 1]
        lost = set(self.acknowledged) - set(stored)
        assert not twice and not lost, f"twice: {twice[:5]}, lost: {sorted(lost)[:5]}; {self}"

    async def _run(self):
        await asyncio.gather(*(self._write(number) for number in range(self.clients)))

    async def _write(self, number):
        count = 0
        while not self.done:
            count += 1
            title = f"{number}.{count}"
            began = time.monotonic()
            try:
                answer = await asyncio.wait_for(self._post(title), PATIENCE)
            except (OSError, http.client.HTTPException) as error:
                self.cut.append(f"{title}: {error!r}")
                await asyncio.sleep(0.01)  # nobody may be listening: no reason to spin
                continue
            self.slowest = max(self.slowest, time.monotonic() - began)
            if answer.status == 201:
                self.acknowledged.append(title)
            else:
                self.refused.append(answer)
                await asyncio.sleep(0.01)

    async def _post(self, title):
        body = json.dumps({"title": title})
        reader, writer = await asyncio.open_connection("127.0.0.1", self.user.server.port)
        try:
            writer.write(f"POST /tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer {self.user.token}\r\n"
                         f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
            return parse(await reader.read())
        finally:
            writer.close()

    def __repr__(self):
        return (f"{len(self.acknowledged)} acknowledged, {len(self.refused)} refused {self.refused[-1:]},"
                f" {len(self.cut)} cut {self.cut[-1:]}, slowest {self.slowest:.1f} s")
