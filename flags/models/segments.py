"""Named groups of people, used by the rules of many flags."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Lower

from flags.models.flags import key_validator
from flags.models.stored_json import StoredJson
from flags.querysets import SegmentManager
from tenants.actors import Scope
from tenants.models import Organization, Project
from tenants.models.base import History, SoftDeleted, id_field


class Segment(SoftDeleted):
    id = id_field()
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="segments")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="segments")
    key = models.CharField(max_length=200, validators=[key_validator])
    name = models.CharField(max_length=200)
    included = models.JSONField(decoder=StoredJson, default=list, blank=True)
    excluded = models.JSONField(decoder=StoredJson, default=list, blank=True)
    rules = models.JSONField(decoder=StoredJson, default=list, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[SegmentManager] = SegmentManager()
    history = History()

    class Meta:
        ordering = ["key"]
        constraints = [models.UniqueConstraint("project", Lower("key"), name="segment_key_unique_whatever_the_case")]

    def __str__(self) -> str:
        return self.key

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return (("project", self.project_id), ("organization", self.organization_id))
