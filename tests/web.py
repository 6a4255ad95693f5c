"""A web server on loopback that answers as told, well or badly."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Answer:
    """What the server sends; `drip` seconds pass before each byte of the body.

    Where it has an ETag, whoever has that already is told so (304). `then` is what follows it.
    """

    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    drip: float = 0
    then: "Answer | None" = None


class Web:
    """The answers by path, and what was asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: dict[str, Answer] = {}
        self.requests: list[tuple[str, Message]] = []
        self.stopped = threading.Event()


@contextmanager
def web() -> Iterator[Web]:
    """A running server."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.requests.append((self.path, self.headers))
            if self.path == "/headers-for-ever":
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                while not site.stopped.is_set():
                    self._send(b"X-Again: 1\r\n", 0.05)
            path = self.path if self.path in site.answers else self.path.partition("?")[0]
            answer = site.answers.get(path, Answer(b"not here", status=404))
            if answer.then:
                site.answers[path] = answer.then
            if "ETag" in answer.headers and self.headers["If-None-Match"] == answer.headers["ETag"]:
                answer = Answer(status=304)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.path == "/for-ever":
                while not site.stopped.is_set():
                    self._send(b"Und so weiter. " * 5000, 0)
            if not answer.drip:
                self._send(answer.body, 0)
            for byte in answer.body if answer.drip else b"":
                self._send(bytes([byte]), answer.drip)

        def _send(self, data: bytes, wait: float) -> None:
            try:
                time.sleep(wait)
                self.wfile.write(data)
            except OSError:  # the client has gone, as it should
                site.stopped.set()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site = Web(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield site
    finally:
        site.stopped.set()
        server.shutdown()
        thread.join()
        server.server_close()
