"""Serves the page with the browser's token and the visitor's id."""
import http.server, os, pathlib

HERE = pathlib.Path(__file__).parent


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/page.js":
            return self.answer("text/javascript", (HERE / "page.js").read_bytes())
        if self.path not in ("/", "/up"):
            return self.answer("text/plain", b"nothing here", 404)
        person = self.headers.get("Trunkline-Person", "")
        page = (HERE / "index.html").read_text().replace("@TOKEN@", os.environ["TRUNKLINE_CLIENT_TOKEN"]).replace("@PERSON@", person)
        self.answer("text/html; charset=utf-8", page.encode())

    def answer(self, kind, body, status=200):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
