"""A relay that is ready at once, if it was given its key."""

import http.server
import os


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if os.environ["FLAGFORGE_RELAY_KEY"] == "ff_relay_own" else 503)
        self.end_headers()


http.server.HTTPServer((os.environ["FLAGFORGE_BIND"], int(os.environ["FLAGFORGE_RELAY_PORT"])), Handler).serve_forever()
