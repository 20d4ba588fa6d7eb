"""Wiring: settings, URL map, ASGI, Celery timetable. Nobody imports it."""
