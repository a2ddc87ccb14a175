#!/usr/bin/env python3
"""An HTTP server for tests: prints its port, then each request as a line of JSON.

  /status/N   answers with the status N
  /flaky      answers 503 twice, then 200
  /broken     ends the connection in the middle of the answer
  /silent     answers after a minute
  /redirect   answers 302 to /elsewhere
  else        answers 200
"""
import http.server
import json
import sys
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    attempts = 0
    lock = threading.Lock()

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with Handler.lock:
            print(json.dumps({"method": self.command, "path": self.path, "headers": dict(self.headers),
                              "body": body.decode("utf-8")}), flush=True)
        status, headers, answer = 200, {}, b"thank you\n"
        if self.path.startswith("/status/"):
            status, answer = int(self.path.rsplit("/", 1)[1]), b"told to\nsecond line\n"
        elif self.path == "/flaky":
            Handler.attempts += 1
            status = 200 if Handler.attempts > 2 else 503
        elif self.path == "/redirect":
            status, headers = 302, {"Location": "/elsewhere"}
        elif self.path == "/silent":
            threading.Event().wait(60)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer) + (100 if self.path == "/broken" else 0)))
        self.end_headers()
        self.wfile.write(answer)
        self.close_connection = self.path == "/broken"

    do_POST = do_PUT = do_GET

    def log_message(self, *words):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
print(server.server_port, flush=True)
try:
    server.serve_forever()
except KeyboardInterrupt:
    sys.exit(0)
