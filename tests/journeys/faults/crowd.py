"""Many who listen to streams and say nothing, all in one thread."""

import asyncio
import threading
from collections.abc import Sequence
from typing import Self
from urllib.parse import urlsplit


class Crowd:
    """One open stream for each address. Whose stream ends does not come back."""

    def __init__(self, urls: Sequence[str], client_key: str) -> None:
        self.urls, self.client_key = urls, client_key
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._listeners = [asyncio.run_coroutine_threadsafe(self._listen(url), self._loop) for url in self.urls]
        return self

    def __exit__(self, *_: object) -> None:
        for listener in self._listeners:
            listener.cancel()
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0.1), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _listen(self, url: str) -> None:
        place = urlsplit(url)
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        try:
            path = f"/api/v1/sdk/stream?key={self.client_key}&targetingKey=user-1"
            writer.write(f"GET {path} HTTP/1.1\r\nHost: {place.netloc}\r\n\r\n".encode())
            while await reader.read(65_536):
                pass
        finally:
            writer.close()
