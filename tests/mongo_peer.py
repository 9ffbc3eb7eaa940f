"""Run in an environment of its own (`tests.stores`): a server that speaks as MongoDB does, with one account."""

import asyncio
import sys

from mongoeco.wire import AsyncMongoEcoProxyServer
from mongoeco.wire.auth import WireAuthUser


async def main() -> None:
    """Serve on the port that is given until killed."""
    users = (WireAuthUser(username="ana", password="hunter2"),)
    async with AsyncMongoEcoProxyServer(port=int(sys.argv[1]), auth_users=users):
        await asyncio.Event().wait()


asyncio.run(main())
