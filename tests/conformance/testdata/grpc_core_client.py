"""Calls a gRPC method as clients on gRPC's C core do, the rude ones included.

Arguments: the port, the method's path, a file with the message.
Prints what came of it as JSON.
"""

import json
import sys

import grpc

CONNECTIONS = 100
CALLS = 10


def same(message):
    return message


def main(port, path, file):
    with open(file, "rb") as opened:
        message = opened.read()
    ok = 0
    unexpected = []
    for index in range(CONNECTIONS):
        # A channel of its own: connections are shared otherwise.
        options = [("grpc.use_local_subchannel_pool", 1)]
        with grpc.insecure_channel(f"127.0.0.1:{port}", options) as channel:
            call = channel.unary_unary(path, same, same)
            for answer in [
                call.future(message, timeout=20) for _ in range(CALLS)
            ]:
                if answer.code() == grpc.StatusCode.OK:
                    ok += 1
                else:
                    unexpected.append(str(answer.code()))
            # A deadline that is over before the answer can come, and a cancel.
            call.future(message, timeout=0.003)
            call.future(message, timeout=20).cancel()
    print(json.dumps({
        "connections": CONNECTIONS,
        "ok": ok,
        "unexpected": unexpected,
    }))


main(*sys.argv[1:])
