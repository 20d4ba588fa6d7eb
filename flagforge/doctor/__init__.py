"""`manage.py doctor`: everything that can be wrong with an installation, each with what to do about it.

It begins before the settings load, since these refuse to at the first fault. docs/doctor.md tells what is looked at.
"""
