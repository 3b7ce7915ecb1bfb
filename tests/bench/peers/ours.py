"""Regulars itself, as ``regulars serve`` runs it: all limits are counted, and no benchmark reaches them."""

import os

from api.app import create_app
from api.settings import Settings

MUCH = 10**9
LIMITS = {"key_rate": MUCH, "key_burst": MUCH, "tenant_rate": MUCH, "tenant_burst": MUCH}
app = create_app(Settings(database_url=os.environ["BENCH_DSN"], **LIMITS))
