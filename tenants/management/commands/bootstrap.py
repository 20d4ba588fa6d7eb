"""`manage.py bootstrap`: a tenant, its environments and its keys, without a browser."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants import outbox
from tenants.bootstrap import bootstrap
from tenants.problems import Conflict, Invalid


class Command(BaseCommand):
    help = (
        "Create or find an organization with a project, environments, an owner and keys, and print them. "
        "Secret keys and the password are printed only when they are new."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--organization", required=True, help="its slug, such as acme")
        parser.add_argument("--project", required=True, help="its key, such as web")
        parser.add_argument("--environments", required=True, help="keys with commas: development,staging,production")
        parser.add_argument("--email", required=True, help="of the owner")
        parser.add_argument("--password", help="for a new owner; made up when it is missing")
        parser.add_argument(
            "--new-keys", action="store_true", help="revoke the keys of an earlier bootstrap, make new ones"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            document = bootstrap(
                options["organization"],
                options["project"],
                [key.strip() for key in options["environments"].split(",") if key.strip()],
                options["email"],
                options["password"],
                options["new_keys"],
            )
        except Invalid as error:
            lines = [f"--{fault.path}: {fault.message}" for fault in error.faults]
            raise CommandError("\n".join(["Nothing was made.", *lines])) from error
        except Conflict as error:
            raise CommandError(error.detail) from error
        outbox.drain()  # so that what is printed works
        self.stdout.write(json.dumps(document, indent=2) if options["json"] else _as_text(document))


def _as_text(document: dict[str, Any]) -> str:
    kept = "(exists; it was shown when it was made, --new-keys makes another)"
    owner = document["owner"]
    lines = [
        f"organization  {document['organization']['slug']}  {document['organization']['id']}",
        f"project       {document['project']['key']}  {document['project']['id']}",
        f"owner         {owner['email']}  password {owner['password'] or '(as before)'}",
    ]
    for key, environment in document["environments"].items():
        lines += [
            f"environment   {key}  {environment['id']}",
            f"  client key  {environment['client_key']}",
            f"  server key  {environment['server_key'] or kept}",
        ]
    lines += [f"relay key     {document['relay_key'] or kept}", f"token         {document['token'] or kept}"]
    urls = document["urls"]
    lines += [f"control plane {urls['control_plane']}", f"relay         {urls['relay']}"]
    return "\n".join(lines)
