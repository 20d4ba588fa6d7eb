"""Keys to send with, and a process that remembers nothing of the test before: those of the evaluation's tests."""

from tests.evaluation.conftest import a_flag as a_flag
from tests.evaluation.conftest import client_key as client_key
from tests.evaluation.conftest import fresh_process as fresh_process
from tests.evaluation.conftest import relay_key as relay_key
from tests.evaluation.conftest import server_key as server_key
from tests.evaluation.conftest import token_key as token_key
