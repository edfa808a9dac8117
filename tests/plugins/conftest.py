"""The pages as Airflow mounts them: behind its own auth manager, with tokens that it made itself."""

import asyncio
import os
import secrets

import tests.fixtures_airflow_home

__all__ = ["tests"]
# Airflow's own default is shorter than the library that signs the tokens wants.
os.environ.setdefault("AIRFLOW__API_AUTH__JWT_SECRET", secrets.token_hex(64))

import httpx
import pytest
from fastapi import FastAPI

from artifacts.places import read_places
from plugins.on_call.app import create_app
from plugins.on_call.settings import OnCallSettings
from tests.plugins.small_home import make_home


@pytest.fixture(scope="session")
def auth():
    """Airflow's auth manager, on a metadata database with its tables."""
    from airflow import settings
    from airflow.api_fastapi.app import init_auth_manager
    from airflow.models import import_all_models
    from airflow.models.base import Base

    import_all_models()
    Base.metadata.create_all(settings.engine)
    return init_auth_manager()


@pytest.fixture(scope="session")
def token(auth):
    """Of a role, the token that Airflow gives at login."""
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    return lambda role: auth.generate_jwt(SimpleAuthManagerUser(username="on-call", role=role))


class Client:
    """Asks the app in this process."""

    def __init__(self, app, cookies):
        self.app, self.cookies = app, cookies

    def request(self, method, path, **options):
        async def ask():
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test", cookies=self.cookies) as client:
                return await client.request(method, path, **options)

        return asyncio.run(ask())

    def get(self, path, **options):
        return self.request("GET", path, **options)


@pytest.fixture
def opened(token):
    """A client of the pages of some places, with a viewer's cookie."""

    def client(places=None, settings=None, role="viewer"):
        outer = FastAPI()
        outer.mount("/on-call", create_app(settings or OnCallSettings(), places or read_places({})))
        return Client(outer, {} if role is None else {"_token": token(role)})

    return client


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """The places of a small real home, and what each prediction of its log is like."""
    return make_home(tmp_path_factory.mktemp("home"))
