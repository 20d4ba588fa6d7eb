"""OpenFeature's own scenarios, unchanged: see features/README.md."""

from pytest_bdd import scenarios

scenarios("features/evaluation_v2.feature", "features/hooks.feature", "features/metadata.feature")
