"""A web application: msglite-wsgi app, or with Flask the same way."""

import os
import time


def application(environ, start_response):
    if environ["PATH_INFO"] == "/clock":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return ticks()
    body = f"Worker {os.getpid()} answers {environ['REQUEST_METHOD']} {environ['PATH_INFO']}\n".encode()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body]


def ticks():
    """Each part leaves at once. When the client goes, the generator is closed."""
    for n in range(10):
        yield f"{n}\n".encode()
        time.sleep(1)
