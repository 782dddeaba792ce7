import assert from "node:assert/strict";
import { encodeDescriptor } from "../../lib/grpc/descriptors.ts";
import { readProtoFiles } from "../../lib/events/proto_files.ts";
import { makeFolder } from "../grpc/_fixture.ts";
import { readDescriptor } from "../grpc/_descriptors.ts";

const FILE = `syntax = "proto3";
  package shop.v1;
  import "google/protobuf/empty.proto";
  import "google/protobuf/descriptor.proto";
  extend google.protobuf.MethodOptions { string topics = 50001; }
  message Placed { string topic = 1; }
  service PlacedService {
    rpc onMessage(Placed) returns (google.protobuf.Empty) {
      option (topics) = "a, b";
    }
  }`;

Deno.test("readProtoFiles() takes files that declare options of their own, and leaves those out", () => {
  using folder = makeFolder({
    "a.proto": FILE,
    "b.proto": FILE.replace("shop", "other").replace("50001", "50002"),
  });
  const files = readProtoFiles(folder.path, ["a.proto", "b.proto"]);
  assert.deepEqual(
    [...files.files.keys()],
    ["a.proto", "b.proto", "google/protobuf/empty.proto"],
  );
  const descriptor = readDescriptor(
    encodeDescriptor(files, files.files.get("a.proto")!),
  );
  assert.deepEqual(descriptor.dependency, ["google/protobuf/empty.proto"]);
});
