"""Regulars itself, as ``regulars serve`` runs it."""

import os

from api.app import create_app
from api.settings import Settings

app = create_app(Settings(database_url=os.environ["BENCH_DSN"]))
