"""Where Piccolo finds the engine and the tables."""

from piccolo.conf.apps import AppRegistry

from connect.config import settings
from connect.db import make_engine

DB = make_engine(settings().database_url)
APP_REGISTRY = AppRegistry(apps=["connect.piccolo_app"])
