"""An application without anything in it, for the time a start takes: FastAPI, SQLAlchemy and one statement.

`python -m bench.bare DATABASE PORT`.
"""

from __future__ import annotations

import sys

import uvicorn
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine


def build(database: str) -> FastAPI:
    """GET /health answers after one statement."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{database}")
    app = FastAPI()

    @app.get("/health")
    async def health() -> dict[str, str]:
        async with engine.connect() as db:
            await db.execute(text("SELECT 1 FROM memory LIMIT 1"))
        return {"status": "ok"}

    return app


def main() -> None:
    """DATABASE PORT"""
    database, port = sys.argv[1:]
    uvicorn.run(build(database), host="127.0.0.1", port=int(port), access_log=False, log_level="error")


if __name__ == "__main__":
    main()
