import http.server, os

KEPT = os.environ["DATA_DIR"] + "/kept"


def answer(path):
    if path == "/paw":
        return os.environ.get("PAW", "")
    if path == "/token":
        return os.environ["TRUNKLINE_TOKEN"]
    if path.startswith("/keep/"):
        with open(KEPT, "w") as file:
            file.write(path)
    if path == "/kept":
        with open(KEPT) as file:
            return file.read()
    return "@VERSION@"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = answer(self.path).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


print("the paw is " + os.environ.get("PAW", "not there"), flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
