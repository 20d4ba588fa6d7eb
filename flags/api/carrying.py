"""A project as a file: what `manage.py export_project` writes, and brought into a project that is there."""

from rest_framework.request import Request
from rest_framework.response import Response

from flags.api import schema
from flags.carrying import bring_into, exported, refuse_too_many
from tenants.api.doors import ProjectView
from tenants.api.problems import refuse

YES_OR_NO = {"": False, "false": False, "true": True}


@schema.export_project
class Export(ProjectView):
    """Environments, segments, flags and their states; no keys, no people, no history."""

    def get(self, request: Request, **names: str) -> Response:
        self.asked()
        file = f"{self.project.organization.slug}-{self.project.key}.json"
        document = exported(self.project, actor=self.actor)
        return Response(document, headers={"Content-Disposition": f'attachment; filename="{file}"'})


@schema.import_project
class Import(ProjectView):
    """Make and change what the file names, all of it or nothing; what it does not name stays."""

    def post(self, request: Request, **names: str) -> Response:
        asked = self.asked("dry_run").get("dry_run", "")
        if asked not in YES_OR_NO:
            raise refuse("dry_run", "true or false")
        document, comment = self.read()
        refuse_too_many(document)
        dry_run = YES_OR_NO[asked]
        carried = bring_into(self.project, document, actor=self.actor, comment=comment, dry_run=dry_run)
        return Response({"dry_run": dry_run, **carried.document()})
