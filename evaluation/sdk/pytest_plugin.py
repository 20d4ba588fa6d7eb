"""What pytest finds where the SDK is installed: the fixture `flagforge`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .testing import TestData


@pytest.fixture
def flagforge() -> "Iterator[TestData]":
    """Flags of this test alone: `flagforge.set("new-checkout", True)`, and `flagforge.client()` to ask for them."""
    from .testing import TestData  # whoever tests without flags waits for nothing

    data = TestData()
    yield data
    data.close()
