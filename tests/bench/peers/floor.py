"""Hand-written: a Starlette endpoint for each question, asyncpg, the best SQL; PostgreSQL builds the JSON."""

from uuid import UUID

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.bench.merchants import COUNTRY, DAYS, ORDERS, TAG
from tests.bench.peers.frame import answered, pooled, read_frames

FRAMES = read_frames()
THERE = "deleted_at IS NULL AND erased_at IS NULL"
KNOWN = f"registered_at <= now() AND merged_into IS NULL AND {THERE}"
ID = "'cus_' || translate(id::text, '-', '') AS id"

ONE = f"""
SELECT row_to_json(r)
  FROM (SELECT {ID}, kind, display_name AS "displayName", email, country, created_at AS "createdAt"
          FROM customer
         WHERE id = (SELECT coalesce(merged_into, id) FROM customer WHERE id = $1) AND {THERE}) r
"""
LIST = f"""
SELECT coalesce(json_agg(row_to_json(r)), '[]')
  FROM (SELECT {ID}, kind, display_name AS "displayName", email, phone, country, city, tags,
               registered_at AS "registeredAt", updated_at AS "updatedAt"
          FROM customer WHERE country = $1 AND {KNOWN}
         ORDER BY registered_at DESC, customer.id DESC LIMIT 50) r
"""
NESTED = f"""
SELECT coalesce(json_agg(row_to_json(r)), '[]')
  FROM (SELECT {ID}, display_name AS "displayName", email,
               (SELECT coalesce(json_agg(row_to_json(o)), '[]')
                  FROM (SELECT 'ord_' || translate(orders.id::text, '-', '') AS id, external_id AS "externalId", status,
                               net_total::text AS "netTotal", placed_at AS "placedAt"
                          FROM orders WHERE customer_id = page.id
                         ORDER BY placed_at DESC, orders.id DESC LIMIT 5) o) AS orders
          FROM (SELECT id, display_name, email FROM customer WHERE country = $1 AND {KNOWN}
                 ORDER BY registered_at DESC, id DESC LIMIT 50) page) r
"""
SEGMENT = f"""
SELECT json_build_object('segment', json_build_object('count', json_build_object('value', count(*)))) FROM customer
 WHERE country = '{COUNTRY}' AND tags && ARRAY['{TAG}'] AND {KNOWN}
   AND (SELECT count(*) FROM orders
         WHERE customer_id = customer.id AND status <> 'CANCELLED' AND placed_at <= now()
           AND placed_at > now() - interval '{DAYS} days') >= {ORDERS}
"""
NPS = """
SELECT json_agg(json_build_object('period', month::date, 'n', n, 'nps', CASE WHEN n > 0 THEN json_build_object(
                  'score', round(100.0 * (up - down) / n, 1)::text) END) ORDER BY month)
  FROM generate_series(date_trunc('month', now()) - interval '11 months', now(), interval '1 month') AS month,
       LATERAL (SELECT count(*) AS n, count(*) FILTER (WHERE score >= 9) AS up,
                       count(*) FILTER (WHERE score <= 6) AS down
                  FROM feedback
                 WHERE kind = 'NPS' AND score IS NOT NULL AND submitted_at >= month
                   AND submitted_at < month + interval '1 month' AND submitted_at <= now()
                   AND (customer_id IS NULL OR customer_id NOT IN (
                        SELECT id FROM customer WHERE deleted_at IS NOT NULL OR erased_at IS NOT NULL))) AS answers
"""


async def one(request: Request) -> Response:
    """A customer by id; of one that was merged its winner, as the product promises."""
    given = orjson.loads(await request.body())
    return await _respond(request, ONE, UUID(given["id"].removeprefix("cus_")))


async def list_(request: Request) -> Response:
    """Fifty customers of a country, the newest first."""
    return await _respond(request, LIST, orjson.loads(await request.body())["country"])


async def nested(request: Request) -> Response:
    """The same fifty with their five latest orders."""
    return await _respond(request, NESTED, orjson.loads(await request.body())["country"])


async def segment(request: Request) -> Response:
    """How many customers a segment has; its rule is written into the statement."""
    await request.body()
    return await _respond(request, SEGMENT)


async def nps(request: Request) -> Response:
    """The net promoter score in each month of a year."""
    await request.body()
    return await _respond(request, NPS)


async def _respond(request: Request, statement: str, *values: object) -> Response:
    frame = FRAMES[request.headers["authorization"]]
    found = await answered(request, frame, statement, *values)
    return Response(b'{"data":' + (found or b"null") + b"}", media_type="application/json")


ROUTES = {"/one": one, "/list": list_, "/nested": nested, "/segment": segment, "/nps": nps}
app = Starlette(routes=[Route(path, made, methods=["POST"]) for path, made in ROUTES.items()], lifespan=pooled)
