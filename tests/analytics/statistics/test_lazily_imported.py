"""A web process that nobody asks for an analysis does not load the libraries of one."""

import subprocess
import sys

HEAVY = ("numpy", "scipy", "pandas", "statsmodels")
SERVING = f"""
import sys, django
django.setup()
import flagforge.urls, flagforge.celery, analytics.statistics.sequential, analytics.statistics.effects
print(" ".join(name for name in {HEAVY} if name in sys.modules), end="")
"""


def test_the_urls_of_the_control_plane_load_no_library_of_statistics() -> None:
    served = subprocess.run([sys.executable, "-c", SERVING], capture_output=True, text=True, check=False)

    assert (served.stdout, served.stderr) == ("", "")
