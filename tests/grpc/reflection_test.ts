import assert from "node:assert/strict";
import { addReflection } from "../../lib/grpc/reflection.ts";
import { readDescriptor } from "./_descriptors.ts";
import { fixtureFiles, PROTO_FOLDER } from "./_fixture.ts";
import {
  type Conversation,
  reflect,
  REFLECTION_VERSIONS,
  type ReflectionAnswer,
} from "./_clients.ts";
import { type Channel, serve } from "./_grpc.ts";

const SERVED = "fixture.kinds.v1.EverythingService";

function serveFixture(): Promise<Channel> {
  return serve((server) =>
    addReflection(server, {
      protoFolder: PROTO_FOLDER,
      files: [fixtureFiles()],
      services: [SERVED],
    })
  );
}

async function close({ end, ended }: Conversation): Promise<void> {
  end();
  assert.equal(await ended, "OK");
}

/** Names of the files of an answer, the one asked for first. */
function fileNames(answer: ReflectionAnswer): readonly string[] {
  const files = answer.file_descriptor_response?.file_descriptor_proto ?? [];
  return files.map((bytes) => readDescriptor(bytes).name);
}

for (const version of REFLECTION_VERSIONS) {
  Deno.test(`reflection ${version} lists what is served, and itself, and nothing else`, async () => {
    await using channel = await serveFixture();
    const conversation = reflect(channel.client, version);
    const answer = await conversation.ask({ host: "h", list_services: "*" });
    assert.deepEqual(answer, {
      valid_host: "h",
      original_request: { host: "h", list_services: "*" },
      list_services_response: {
        service: [
          { name: SERVED },
          { name: "grpc.reflection.v1.ServerReflection" },
          { name: "grpc.reflection.v1alpha.ServerReflection" },
        ],
      },
    });
    await close(conversation);
  });

  Deno.test(`reflection ${version} answers a symbol with its file and all that it needs`, async () => {
    await using channel = await serveFixture();
    const conversation = reflect(channel.client, version);
    const answer = await conversation.ask({ file_containing_symbol: SERVED });
    const files = answer.file_descriptor_response!.file_descriptor_proto.map(
      readDescriptor,
    );
    assert.equal(files[0]?.name, "fixture/kinds.proto");
    const names = new Set(files.map(({ name }) => name));
    assert.equal(names.size, files.length);
    for (const { name, dependency = [] } of files) {
      for (const needed of dependency) {
        assert.ok(names.has(needed), `${name} needs ${needed}`);
      }
    }
    await close(conversation);
  });

  Deno.test(`reflection ${version} describes itself`, async () => {
    await using channel = await serveFixture();
    const conversation = reflect(channel.client, version);
    for (const other of REFLECTION_VERSIONS) {
      const file_containing_symbol =
        `grpc.reflection.${other}.ServerReflection`;
      assert.deepEqual(
        fileNames(await conversation.ask({ file_containing_symbol })),
        [`grpc/reflection/${other}/reflection.proto`],
      );
    }
    await close(conversation);
  });

  Deno.test(`reflection ${version} finds services, methods, messages, fields, enums and values by full name`, async () => {
    await using channel = await serveFixture();
    const conversation = reflect(channel.client, version);
    const kinds = "fixture/kinds.proto";
    const symbols: Readonly<Record<string, string | undefined>> = {
      "fixture.kinds.v1.EverythingService": kinds,
      "fixture.kinds.v1.EverythingService.OnMessage": kinds,
      "fixture.kinds.v1.Everything": kinds,
      "fixture.kinds.v1.Everything.scalars": kinds,
      "fixture.kinds.v1.Everything.Inner.Innermost.id": kinds,
      "fixture.kinds.v1.Choices.first_choice": kinds,
      "fixture.kinds.v1.Everything.Inner.Kind": kinds,
      "fixture.kinds.v1.Everything.Inner.KIND_OTHER": kinds,
      "fixture.kinds.v1.COLOUR_RED": kinds,
      "fixture.shared.v1.Shared": "fixture/shared.proto",
      "google.protobuf.Struct": "google/protobuf/struct.proto",
      "EverythingService": undefined,
      "kinds.v1.EverythingService": undefined,
      "fixture.kinds.v1": undefined,
      "fixture.kinds.v1.Nothing": undefined,
      "fixture.kinds.v1.EverythingService.Nothing": undefined,
      "fixture.kinds.v1.Colour.COLOUR_RED.more": undefined,
      ".fixture.kinds.v1.Everything": undefined,
      "constructor": undefined,
      "__proto__": undefined,
      "": undefined,
      [`${"a.".repeat(50_000)}a`]: undefined,
    };
    for (const [symbol, file] of Object.entries(symbols)) {
      const answer = await conversation.ask({ file_containing_symbol: symbol });
      assert.equal(fileNames(answer)[0], file, symbol.slice(0, 80));
      assert.equal(answer.error_response?.error_code, file ? undefined : 5);
    }
    await close(conversation);
  });

  Deno.test(`reflection ${version} finds files by name`, async () => {
    await using channel = await serveFixture();
    const conversation = reflect(channel.client, version);
    const ask = (file_by_filename: string) =>
      conversation.ask({ file_by_filename });
    assert.deepEqual(fileNames(await ask("fixture/shared.proto")), [
      "fixture/shared.proto",
    ]);
    assert.deepEqual(fileNames(await ask("google/protobuf/struct.proto")), [
      "google/protobuf/struct.proto",
    ]);
    for (const name of ["none.proto", "../deno.json", "/etc/passwd", ""]) {
      assert.deepEqual((await ask(name)).error_response, {
        error_code: 5,
        error_message: `File "${name}" is not served`,
      });
    }
    await close(conversation);
  });

  Deno.test(`reflection ${version} refuses what it does not have, and goes on`, async () => {
    await using channel = await serveFixture();
    const conversation = reflect(channel.client, version);
    const extension = {
      file_containing_extension: {
        containing_type: "fixture.kinds.v1.Everything",
        extension_number: 1,
      },
    };
    assert.equal(
      (await conversation.ask(extension)).error_response?.error_code,
      5,
    );
    assert.equal(
      (await conversation.ask({ host: "h" })).error_response?.error_code,
      3,
    );
    const answer = await conversation.ask({
      all_extension_numbers_of_type: "fixture.kinds.v1.Everything",
    });
    assert.deepEqual(answer.all_extension_numbers_response, {
      base_type_name: "fixture.kinds.v1.Everything",
    });
    const list = await conversation.ask({ list_services: "" });
    assert.equal(list.list_services_response?.service.length, 3);
    await close(conversation);
  });

  Deno.test(`reflection ${version} answers in order a client that asks faster than it reads`, async () => {
    await using channel = await serveFixture();
    const conversation = reflect(channel.client, version);
    // More than any window holds: each answer is some 15 kB.
    const count = 300;
    for (let index = 0; index < count; index++) {
      conversation.write({
        host: String(index),
        file_containing_symbol: SERVED,
      });
    }
    for (let index = 0; index < count; index++) {
      assert.equal((await conversation.next()).valid_host, String(index));
    }
    await close(conversation);
  });

  Deno.test(`reflection ${version} outlives a client that breaks off`, async () => {
    await using channel = await serveFixture();
    const broken = reflect(channel.client, version);
    await broken.ask({ list_services: "" });
    broken.cancel();
    assert.equal(await broken.ended, "CANCELLED");
    const next = reflect(channel.client, version);
    assert.ok((await next.ask({ list_services: "" })).list_services_response);
    await close(next);
  });
}
