# syntax=docker/dockerfile:1
# Two stages: one installs, one runs. The result holds no compiler, runs as nobody in particular, owns nothing.
FROM python:3.13-slim AS build
WORKDIR /app
RUN python -m venv /app/.venv
COPY requirements.txt ./
RUN /app/.venv/bin/python -m pip install --no-cache-dir --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE alembic.ini ./
COPY api api
COPY domain domain
COPY tenancy tenancy
COPY migrations migrations
RUN /app/.venv/bin/python -m pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim
RUN useradd --system --no-create-home --uid 10001 regulars
WORKDIR /app
COPY --from=build /app /app
USER 10001
# docker stop waits ten seconds before it kills: what is longer needs docker stop --time.
ENV PATH=/app/.venv/bin:$PATH REGULARS_REQUIRE_HARDENING=1 REGULARS_HOST=0.0.0.0 REGULARS_WORKERS=2 REGULARS_GRACE_S=8
EXPOSE 8000
# Ready, not only alive: one that drains, or has lost its database, is not to be sent requests.
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:%s/readyz' % os.environ.get('REGULARS_PORT', 8000))"]
# Watched segments need one more container: regulars worker, with --no-healthcheck.
CMD ["regulars", "serve"]
