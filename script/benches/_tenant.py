"""A tenant with many flags, made through the services, for benches that need a database.

python -m script.benches._tenant 100     makes it in the database of the environment and prints its keys as JSON
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from script.benches._rulesets import VALUES

INDIA = {"attribute": "country", "op": "in", "values": ["IN", "LK"]}
STATE: dict[str, Any] = {
    "enabled": True,
    "off": "off",
    "rules": [{"id": "r1", "if": INDIA, "serve": {"split": {"weights": {"on": 25, "off": 75}}}}],
    "fallthrough": {"variant": "on"},
}


def made_in(environment: Mapping[str, str], flags: int) -> dict[str, Any]:
    """The bootstrap document of a tenant with that many flags, made by a process of its own."""
    whole = {**os.environ, **environment}
    for command in (["manage.py", "migrate", "--verbosity", "0"], ["-m", "script.benches._tenant", str(flags)]):
        output = subprocess.run([sys.executable, *command], env=whole, check=True, stdout=subprocess.PIPE).stdout
    document: dict[str, Any] = json.loads(output)
    return document


def make(flags: int) -> dict[str, Any]:
    """The same in this process; Django must be set up."""
    from tenants.bootstrap import bootstrap

    document = bootstrap("bench", "shop", ["production"], "bench@example.com")
    add_flags(document["project"]["id"], flags)
    return document


def add_flags(project_id: str, count: int) -> None:
    """More flags, all of five types in turn, each with one condition and a split."""
    from flags import services
    from tenants import outbox
    from tenants.actors import Actor
    from tenants.models import Project

    project, actor, types = Project.objects.get(pk=project_id), Actor.system("bench"), list(VALUES)
    environment = project.environments.get()
    begin = project.flags.count()
    for number in range(begin, begin + count):
        value_type = types[number % len(types)]
        body = {"key": f"flag-{number:04}", "name": "Bench", "type": value_type, "variants": VALUES[value_type]}
        flag = services.create_flag(project, body, actor=actor).thing
        services.put_config(flag, environment, STATE, actor=actor)
    outbox.drain()


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flagforge.settings.base")
    os.environ["FLAGFORGE_LOG_LEVEL"] = "ERROR"
    django.setup()
    print(json.dumps(make(int(sys.argv[1]))))
