"""`manage.py settings show|set|apply`: runtime settings from a terminal, and from a file that is kept in Git."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants import runtime, services, settings_file
from tenants.actors import Actor
from tenants.models import RuntimeSetting
from tenants.problems import Fault, Invalid
from tenants.settings_file import SettingsFile

ACTOR = Actor.system("settings")


class Command(BaseCommand):
    help = "Show and change what can be changed while everything runs. See docs/maintenance.md."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="ACT")
        acts.add_parser("show", help="every runtime setting with its value, and where that comes from")
        change = acts.add_parser("set", help="change some; in force everywhere within two seconds")
        change.add_argument("values", nargs="+", help="name=value, or name= for what the environment says")
        change.add_argument("--comment", default="", help="why, for the audit log")
        apply = acts.add_parser(
            "apply", help="make them those of a file; what an earlier file set and this leaves out goes"
        )
        apply.add_argument("file", type=Path, help="TOML (.toml), or YAML or JSON")
        apply.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
        apply.add_argument("--comment", default="", help="why, such as the commit")

    def handle(self, *args: Any, act: str, **options: Any) -> None:
        getattr(self, act)(**options)

    def show(self, **options: Any) -> None:
        sources = dict(RuntimeSetting.objects.values_list("name", "is_from_file"))
        for name in runtime.known():
            source = {True: "file", False: "set", None: "environment"}[sources.get(name)]
            self.stdout.write(f"{name} = {_written(runtime.value(name))}  ({source})")

    def set(self, values: list[str], comment: str, **options: Any) -> None:
        wanted = dict(map(_read, values))
        try:
            changed = services.change_runtime_settings(wanted, actor=ACTOR, comment=comment)
        except Invalid as error:
            raise CommandError("; ".join(f"{fault.path}: {fault.message}" for fault in error.faults)) from error
        self._tell(changed)

    def apply(self, file: Path, dry_run: bool, comment: str, **options: Any) -> None:
        try:
            given = settings_file.read(file.read_text(encoding="utf-8"), is_toml=file.suffix == ".toml")
            changed = self._applied(given, dry_run, comment or f"from {file.name}")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} cannot be read: {error}.") from error
        except Invalid as error:
            raise CommandError("\n".join(_located(file, fault) for fault in error.faults)) from error
        self._tell(changed)
        if dry_run and changed:
            self.stdout.write("Nothing was changed: this was a dry run.")

    def _applied(self, given: SettingsFile, dry_run: bool, comment: str) -> dict[str, tuple[Any, Any]]:
        left_out = RuntimeSetting.objects.filter(is_from_file=True).exclude(name__in=given.values).order_by("name")
        values = dict.fromkeys(left_out.values_list("name", flat=True)) | dict(given.values)
        try:
            return services.change_runtime_settings(
                values, actor=ACTOR, comment=comment, from_file=True, dry_run=dry_run
            )
        except Invalid as error:
            raise Invalid(map(given.located, error.faults)) from error

    def _tell(self, changed: dict[str, tuple[Any, Any]]) -> None:
        for name, (before, after) in changed.items():
            self.stdout.write(f"{name}: {_written(before)} → {_written(after)}")
        if not changed:
            self.stdout.write("Nothing differs.")


def _read(given: str) -> tuple[str, Any]:
    name, sign, text = given.partition("=")
    if not sign:
        raise CommandError(f"{given}: write name=value, or name= for what the environment says.")
    setting = runtime.known().get(name)
    return name, None if not text else setting.read(text) if setting else text


def _located(file: Path, fault: Fault) -> str:
    where = f"{file}:{fault.line}" if fault.line else str(file)
    return f"{where}: {f'{fault.path}: ' if fault.path else ''}{fault.message}"


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else f"{value:,}"
