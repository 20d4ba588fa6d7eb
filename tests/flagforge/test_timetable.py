"""The worker's timetable names tasks that there are."""

from flagforge.celery import app


def test_every_entry_names_a_task_and_says_when_it_is_worth_nothing_any_more() -> None:
    app.loader.import_default_modules()

    for name, entry in app.conf.beat_schedule.items():
        assert entry["task"] in app.tasks, name
        assert entry["options"]["expires"] > 0, name
