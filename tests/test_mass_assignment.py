"""Bar S14: no input of the API takes a field that it does not name; made from the API itself."""

from typing import get_args

import msgspec
import pytest
from litestar import Litestar

from accounts.contents import contents
from connect.app import API
from connect.errors import decode
from connect.piccolo_app import APP_CONFIG
from connect.policy import Role
from test_policy import address, visit

TRIED = {"role", "roles", "agency_id", "is_admin", "admin", "id", "created_at", "account_id"}
COLUMNS = {c._meta.name for t in APP_CONFIG.table_classes for c in t._meta.columns}
NAMES = sorted(COLUMNS | TRIED)


def inputs():
    """(method, path, struct or None for a table of booleans) of every route that takes JSON."""
    found = []
    for route in Litestar(API, openapi_config=None, logging_config=None).routes:
        for handler in getattr(route, "route_handlers", []):
            field = handler.parsed_fn_signature.parameters.get("data")
            if field is not None:
                kinds = get_args(field.annotation) or (field.annotation,)
                form = next((k for k in kinds if hasattr(k, "__struct_fields__")), None)
                found += [(method, route.path, form) for method in handler.http_methods]
    return found


INPUTS = inputs()
FORMS = sorted({form for _, _, form in INPUTS if form}, key=lambda form: form.__name__)


def others(form):
    taken = {f.encode_name for f in msgspec.structs.fields(form)} if form else set()
    return [name for name in NAMES if name not in taken]


async def test_s14_every_field_that_an_input_does_not_name_is_refused_by_name(app, database):
    admin = await visit(app, Role.ADMIN)
    before = await contents(without=("session",))

    for method, path, form in INPUTS:
        foreign = others(form)
        answer = await admin.client.request(
            method, address(path), json=dict.fromkeys(foreign, "x"), headers=admin.bearer
        )
        told = {error["field"]: error["message"] for error in answer.json()["errors"]}

        assert answer.status_code == 422, (method, path)
        assert set(foreign) - told.keys() == set(), (method, path)
        assert {told[name].startswith("There is no such") for name in foreign} == {True}

    assert await contents(without=("session",)) == before
    assert len(INPUTS) > 20
    assert len(NAMES) > 100


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_s14_one_such_field_alone_is_refused_too(form):
    assert form.__struct_config__.forbid_unknown_fields
    for name in others(form):
        with pytest.raises(Exception) as refusal:
            decode(form, {name: "x"})
        assert refusal.value.errors[name] == "There is no such field here."
