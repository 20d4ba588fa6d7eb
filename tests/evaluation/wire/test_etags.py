"""When two answers are the same."""

import pytest

from evaluation.core.context import context_from, context_from_query
from evaluation.wire.etags import context_text, etag_of, matches
from evaluation.wire.requests import context_of_body


@pytest.mark.parametrize("asked", ['"abc"', 'W/"abc"', '"x", "abc"', "*", "abc", ' W/"abc" , "y"'])
def test_a_tag_is_recognised_in_each_form(asked: str) -> None:
    assert matches(asked, '"abc"')


@pytest.mark.parametrize("asked", ["", '"abcd"', "W/", '"ab","c"'])
def test_another_tag_is_another(asked: str) -> None:
    assert not matches(asked, '"abc"')


def test_the_order_of_attributes_does_not_matter() -> None:
    assert context_text(context_from({"a": 1, "b": 2})) == context_text(context_from({"b": 2, "a": 1}))


def test_a_query_and_a_body_are_told_apart_where_they_differ() -> None:
    assert context_text(context_from({"a": "1.5"})) != context_text(context_from_query([("a", "1.5")]))


def test_every_part_counts() -> None:
    contexts = [context_from({"a": 1}), context_from({"a": 2}), context_from({"a": 1}, b'{"a":1}')]
    parts = [("a", "b"), ("ab", ""), ("a", "b", ""), ("b", "a"), ("a",)]

    assert len({etag_of(context, *each) for context in contexts for each in parts}) == 15


def test_the_same_question_has_the_same_tag() -> None:
    asked = [context_of_body(b'{"context":{"a":1}}') for _ in range(2)]

    assert etag_of(asked[0], "a") == etag_of(asked[1], "a")
    assert etag_of(asked[0], "a") != etag_of(context_of_body(b'{"context":{"a":2}}'), "a")


def test_a_body_is_not_taken_for_an_address_that_says_the_same_text() -> None:
    body = b'{"context":{"a":1}}'

    assert etag_of(context_of_body(body), "a") != etag_of(context_from({"context": {"a": 1}}), "a")


def test_a_lone_surrogate_has_a_tag() -> None:
    assert etag_of(context_from({"a": "\ud800"}), "a").startswith('"')
