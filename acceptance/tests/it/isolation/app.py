import http.server, os, probe


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        text = "\n".join(probe.report("product")) if self.path == "/probe" else "@VERSION@"
        self.send_response(200)
        self.send_header("content-length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args):
        pass


with open(os.environ["DATA_DIR"] + "/secret", "w") as file:
    file.write("only for this service")
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
