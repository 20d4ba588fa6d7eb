"""Bodies as they come: what an answer says beyond what people write may come back with it."""

from typing import Any

from tenants.api.problems import refuse

Body = dict[str, Any]
FLAG_ANSWERS = ("version", "archived_at", "warnings", "state")
STATE_ANSWERS = ("version", "updated_at", "updated_by", "warnings", "environment", "convergence")
SEGMENT_ANSWERS = ("version",)


def without(body: Body, answers: tuple[str, ...]) -> Body:
    """The body without the members that only answers have, so that an answer can be edited and put back."""
    return {name: value for name, value in body.items() if name not in answers}


def keyed(body: Body, key: str) -> Body:
    """The body of a PUT with the key that its address gives."""
    if body.get("key", key) != key:
        raise refuse("key", "is not the key in the address; leave it out")
    return body | {"key": key}


def written_state(body: Body) -> Body:
    """A state as people write it: where weights stand beside ranges, as in an answer, the weights count."""
    state = without(body, STATE_ANSWERS)
    if isinstance(state.get("rules"), list):
        state["rules"] = [_written_rule(rule) for rule in state["rules"]]
    if "fallthrough" in state:
        state["fallthrough"] = _written_serve(state["fallthrough"])
    return state


def _written_rule(rule: Any) -> Any:
    if not isinstance(rule, dict) or "serve" not in rule:
        return rule
    return rule | {"serve": _written_serve(rule["serve"])}


def _written_serve(serve: Any) -> Any:
    split = serve.get("split") if isinstance(serve, dict) else None
    if not isinstance(split, dict) or not {"weights", "ranges"} <= split.keys():
        return serve
    return serve | {"split": {name: value for name, value in split.items() if name != "ranges"}}
