"""What a request says, and what is refused."""

import pytest

from evaluation.wire.problems import Refused
from evaluation.wire.requests import STREAM_FIELDS, api_key_of, context_of_body, context_of_query, query_pairs


@pytest.mark.parametrize(
    "headers",
    [
        {"x-api-key": "ff_key"},
        {"authorization": "Bearer ff_key"},
        {"authorization": "bearer  ff_key "},
        {"authorization": "ff_key"},
        {"x-api-key": "ff_key", "authorization": "Bearer other"},
    ],
)
def test_a_key_is_found_in_each_form(headers: dict[str, str]) -> None:
    assert api_key_of(headers) == "ff_key"


def test_no_header_is_no_key() -> None:
    assert api_key_of({}) == ""


def test_fields_of_a_query_are_attributes() -> None:
    context = context_of_query(query_pairs("targetingKey=u1&country=IN&country=LK&since=2020"))

    assert context.attributes == {"targetingKey": "u1", "country": ["IN", "LK"], "since": "2020"}


def test_a_streams_own_fields_are_no_attributes() -> None:
    context = context_of_query(query_pairs("targetingKey=u1&key=k&token=t&since=4&timeout=9"), STREAM_FIELDS)

    assert context.attributes == {"targetingKey": "u1"}


def test_a_context_may_come_as_json() -> None:
    context = context_of_query(query_pairs("context=%7B%22targetingKey%22%3A%22u1%22%2C%22n%22%3A5%7D"))

    assert context.attributes == {"targetingKey": "u1", "n": 5}


@pytest.mark.parametrize("query", ["context=%7B%7D&country=IN", "context=%7B%7D&context=%7B%7D"])
def test_a_context_is_given_once(query: str) -> None:
    with pytest.raises(Refused) as refused:
        context_of_query(query_pairs(query))

    assert refused.value.reply.status == 400
    assert b"Give the context once" in refused.value.reply.body


@pytest.mark.parametrize("query", ["a=%FF", "&".join(f"a{n}=1" for n in range(201))])
def test_a_query_that_cannot_be_read_is_refused(query: str) -> None:
    with pytest.raises(Refused) as refused:
        query_pairs(query)

    assert refused.value.reply.status == 400


@pytest.mark.parametrize(
    "body", [b"", b"  ", b"{}", b'{"context":null}', b'{"context":{}}', b'{"context":{},"other":1}']
)
def test_no_context_is_the_empty_context(body: bytes) -> None:
    assert context_of_body(body).attributes == {}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", b"not JSON"),
        (b"\xff", b"not UTF-8"),
        (b"[]", b"must be a JSON object"),
        (b'{"targetingKey":"u1"}', b"targetingKey: unknown here"),
        (b'{"contxt":{},"context":null}', b"contxt: unknown here"),
        (b'{"context":[]}', b"context: must be a JSON object"),
        (b'{"context":{"a":1,"a":2}}', b"given twice"),
        (b'{"context":{"a":1e999}}', b"1e999"),
        (b'{"context":{"a":NaN}}', b"NaN"),
        (b'{"context":' + b"[" * 100_000, b"nested deeper"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_in_words(body: bytes, said: bytes) -> None:
    with pytest.raises(Refused) as refused:
        context_of_body(body)

    assert refused.value.reply.status == 400
    assert said in refused.value.reply.body
