"""Sends telemetry with AccelByte's Python SDK: base URL, token; prints what came of it."""

import json
import sys

import accelbyte_py_sdk
from accelbyte_py_sdk.core import InMemoryTokenRepository, MyConfigRepository
from accelbyte_py_sdk.api import gametelemetry
from accelbyte_py_sdk.api.gametelemetry.models import TelemetryBody

base_url, token = sys.argv[1:]
tokens = InMemoryTokenRepository()
accelbyte_py_sdk.initialize(
    options={
        "config": MyConfigRepository(base_url, "client", "secret", "mygame"),
        "token": tokens,
    }
)
tokens.store_token({"access_token": token, "token_type": "Bearer", "expires_in": 3600})


def body(name):
    return (
        TelemetryBody.create(name, "mygame", {"level": 7})
        .with_event_id(f"id-{name}")
        .with_event_timestamp("2026-10-07T09:15:04Z")
    )


def save(*names):
    _, error = gametelemetry.protected_save_events_game_telemetry_v1_protected_events_post(
        body=[body(name) for name in names]
    )
    return None if error is None else "refused"


print(json.dumps([save("level-up", "died"), save("fine", "a/b"), save("level-up")]))
