#!/usr/bin/env python
"""Django's command line for FlagForge."""

import os
import sys

from django.core.management import execute_from_command_line

from flagforge.doctor.examination import main as doctor

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "flagforge.settings.base")
    if sys.argv[1:2] == ["doctor"]:  # it also looks at settings that do not load
        sys.exit(doctor(sys.argv[2:]))
    execute_from_command_line(sys.argv)
