"""Uses an emulator of Azure Web PubSub with Microsoft's Python clients.

Prints one line of JSON: what was seen. The argument is the connection string.
"""

import json
import sys
import threading

from azure.messaging.webpubsubclient import WebPubSubClient, WebPubSubClientCredential
from azure.messaging.webpubsubclient.models import (
    CallbackType,
    SendMessageError,
    WebPubSubDataType,
)
from azure.messaging.webpubsubservice import WebPubSubServiceClient

TIMEOUT = 20
ROLES = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"]

service = WebPubSubServiceClient.from_connection_string(sys.argv[1], hub="chat")


def url():
    return service.get_client_access_token(user_id="py", roles=ROLES)["url"]


client = WebPubSubClient(WebPubSubClientCredential(url), message_retry_total=0)
group_messages, server_messages = [], []
arrived = threading.Event()
connected = threading.Event()
connection = {}


def on_connected(event):
    connection["id"] = event.connection_id
    connected.set()


def note(target, wanted, data):
    target.append(data if isinstance(data, (str, dict, list)) else list(bytes(data)))
    if len(server_messages) >= wanted:
        arrived.set()


client.subscribe(CallbackType.CONNECTED, on_connected)
client.subscribe(
    CallbackType.GROUP_MESSAGE, lambda event: note(group_messages, 5, event.data)
)
client.subscribe(
    CallbackType.SERVER_MESSAGE, lambda event: note(server_messages, 5, event.data)
)

with client:
    connected.wait(TIMEOUT)
    client.join_group("g")
    client.send_to_group("g", {"n": 1}, WebPubSubDataType.JSON)
    client.send_event("order", "text", WebPubSubDataType.TEXT)
    client.send_event("order", memoryview(b"\x00\xff"), WebPubSubDataType.BINARY)
    try:
        client.send_event("fail", "x", WebPubSubDataType.TEXT)
        failed = False
    except SendMessageError:
        failed = True
    service.send_to_all({"to": "all"})
    service.send_to_user("py", "to the user", content_type="text/plain")
    service.send_to_group(
        "g", {"to": "the group"}, filter="userId eq 'py'", content_type="application/json"
    )
    arrived.wait(TIMEOUT)
    exists = [
        service.connection_exists(connection["id"]),
        service.user_exists("py"),
        service.group_exists("g"),
        service.user_exists("nobody"),
    ]
    service.remove_user_from_all_groups("py")
    exists.append(service.group_exists("g"))
    service.grant_permission("sendToGroup", connection["id"], target_name="x")
    exists.append(service.has_permission("sendToGroup", connection["id"], target_name="x"))

print(
    json.dumps(
        {
            "group": group_messages,
            "server": server_messages,
            "failed": failed,
            "exists": exists,
        }
    )
)
