"""What no endpoint can beat: an empty answer, and ``SELECT 1`` in the same transaction frame."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.bench.peers.frame import answered, pooled, read_frames

FRAMES = read_frames()


async def empty(request: Request) -> Response:
    """The body is read, nothing is asked."""
    await request.body()
    return Response(b'{"data":{}}', media_type="application/json")


async def select1(request: Request) -> Response:
    """The frame and nothing in it."""
    await request.body()
    found = await answered(request, FRAMES[request.headers["authorization"]], "SELECT 1")
    return Response(b'{"data":%d}' % found, media_type="application/json")


ROUTES = [Route("/empty", empty, methods=["POST"]), Route("/select1", select1, methods=["POST"])]
app = Starlette(routes=ROUTES, lifespan=pooled)
