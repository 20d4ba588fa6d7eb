"""A profile shows where threads are, to whoever holds the token, one at a time."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from evaluation.delivery.profiling import answering, sampled, usable
from evaluation.delivery.window import Asked, Window
from script.places import HOST, free_port

TOKEN = "a token that is long enough"


@pytest.fixture(scope="module")
def page() -> Iterator[str]:
    window = Window(HOST, free_port(), {"/debug/profile": answering(TOKEN)})
    yield f"http://{HOST}:{window.port}/debug/profile"
    window.close()


def ask(page: str, token: str = TOKEN, **query: str) -> httpx.Response:
    return httpx.get(page, params=query, headers={"Authorization": f"Bearer {token}"} if token else {})


def test_it_shows_what_a_thread_does() -> None:
    over = threading.Event()
    busy = threading.Thread(target=lambda: [sum(range(100)) for _ in iter(over.is_set, True)], name="busy; bee")
    busy.start()
    lines = sampled(0.2).splitlines()
    over.set()
    busy.join()

    (bee, *_) = (line for line in lines if line.startswith("busy, bee;"))
    assert "threading.Thread.run;" in bee
    assert "test_it_shows_what_a_thread_does.<locals>.<lambda>" in bee
    assert bee.rpartition(" ")[2].isdigit()
    assert not any("profiling.sampled" in line for line in lines)


@pytest.mark.parametrize("token", ["", "another token, as long as that", TOKEN + "x", TOKEN[:-1]])
def test_without_the_token_there_is_no_such_page(page: str, token: str) -> None:
    assert ask(page, token).status_code == 404


def test_where_no_token_is_set_nothing_opens_it() -> None:
    assert answering("")(Asked({}, {"authorization": "Bearer "})).status == 404


@pytest.mark.parametrize("seconds", ["0", "61", "-1", "1.5", "nan", "", "\uff11"])
def test_how_long_is_bounded(page: str, seconds: str) -> None:
    assert ask(page, seconds=seconds).status_code == 400


def test_one_at_a_time(page: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda _: ask(page, seconds="1"), range(2)))

    assert sorted(answer.status_code for answer in answers) == [200, 409]


def test_a_token_that_can_be_guessed_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 16 characters"):
        usable("secret")
