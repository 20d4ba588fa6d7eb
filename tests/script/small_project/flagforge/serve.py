"""A control plane that is ready at once and forks a child, as servers do."""

import http.server
import os
import subprocess
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()


subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
http.server.HTTPServer((os.environ["FLAGFORGE_BIND"], int(os.environ["FLAGFORGE_PORT"])), Handler).serve_forever()
