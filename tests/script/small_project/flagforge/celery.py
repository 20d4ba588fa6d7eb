"""A worker with nothing to do, over a folder."""

import os
from pathlib import Path

from celery import Celery

messages = Path(os.environ["FLAGFORGE_DATA"], "broker")
messages.mkdir(exist_ok=True)

app = Celery("flagforge", broker="filesystem://")
app.conf.broker_transport_options = {
    "data_folder_in": str(messages),
    "data_folder_out": str(messages),
    "control_folder": str(messages),
}
