/**
 * Rules of `GRPC_AUTH=iam`: who may call, whatever IAM's keys are answered with.
 *
 * @module
 */

import assert from "node:assert/strict";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { DEFAULT_CLIENT_ID } from "../../dev/emulator/mod.ts";
import { type MemoryGroup, memoryGroup } from "../_support/memory_group.ts";
import { type Answer, call } from "../grpc/_grpc.ts";
import { agsId } from "./_events.ts";
import { type Front, startFront } from "./_front.ts";
import { peakMegabytes } from "./_memory.ts";
import { CLIENT_SECRET, startWorld, type Suite, type World } from "./_world.ts";
import { PATIENCE } from "../_support/patience.ts";

const JWKS = "/iam/v3/oauth/jwks";
const MEGABYTE = 1_048_576;

/** What the process may take in memory, in MB, and its container has. */
const MAX_MEMORY = 256;

/** Key sets that want its memory. */
const ATTACKS: Readonly<Record<string, () => Response>> = {
  "300 MB": () => new Response(spaces(300)),
  "1 GB as 1 MB of gzip": () =>
    new Response(
      spaces(1_024).pipeThrough(new CompressionStream("gzip")),
      { headers: { "content-encoding": "gzip" } },
    ),
  "what never ends": () => new Response(spaces(Infinity)),
  "2 million lists in each other": () =>
    new Response(`{"keys":${"[".repeat(2e6)}${"]".repeat(2e6)}}`),
};

/** Registers the rules. */
export function authRules(suite: Suite): void {
  Deno.test({
    name:
      `${suite.name}: key sets that want its memory do not get it, and calls are answered UNAVAILABLE`,
    ignore: Deno.build.os !== "linux",
    fn: async (test) => {
      for (const [what, attack] of Object.entries(ATTACKS)) {
        await test.step({
          name: what,
          sanitizeOps: false,
          sanitizeResources: false,
          fn: () => survives(suite, attack),
        });
      }
    },
  });

  Deno.test(`${suite.name}: a token of a new key is answered UNAVAILABLE while look-ups rest, and gets through after it`, async () => {
    await using front = startFront();
    await using world = await startGuarded(suite, front);
    const { send, grants } = world;
    const old = await loginToken(world);
    assert.equal((await sendWith(world, old)).status, "OK");

    const { publicKey, privateKey } = await generateKeyPair("RS256");
    const key = { ...await exportJWK(publicKey), kid: "new", alg: "RS256" };
    front.answer(JWKS, () => Response.json({ keys: [key] }));
    const token = await new SignJWT({
      client_id: "connector",
      namespace: world.emulator.namespace,
    }).setProtectedHeader({ alg: "RS256", kid: "new" })
      .setExpirationTime("1h").sign(privateKey);
    const userId = agsId();
    const headers = { authorization: `Bearer ${token}` };
    const first = await send({ userId, headers });
    assert.equal(first.status, "UNAVAILABLE");
    const pushback = Number(first.metadata["grpc-retry-pushback-ms"]);
    assert.ok(pushback > 0 && pushback <= 30_000, `${pushback} ms`);
    assert.equal(front.count(JWKS), 0, "IAM is left alone");
    await delivered(() => send({ userId, headers }));
    assert.equal(grants(userId), 1);
    assert.equal(front.count(JWKS), 1);
  });
}

async function survives(suite: Suite, attack: () => Response): Promise<void> {
  using group = memoryGroup(MAX_MEMORY);
  await using front = startFront();
  {
    await using world = await startGuarded(suite, front, group);
    const { target, channel } = world;
    const token = await loginToken(world);
    front.answer(JWKS, attack);
    const calls = Array.from({ length: 50 }, () => sendWith(world, token));
    for (const { status } of await Promise.all(calls)) {
      assert.equal(status, "UNAVAILABLE");
    }
    assert.equal(front.count(JWKS), 1, "one look-up for all");
    front.answer(JWKS, undefined);
    await delivered(() => sendWith(world, token));
    const health = await call(channel.client, "/grpc.health.v1.Health/Check");
    assert.equal(health.status, "OK");
    const peak = await peakMegabytes(target.pid);
    assert.ok(peak < MAX_MEMORY, `${peak} MB`);
  }
}

async function startGuarded(
  suite: Suite,
  front: Front,
  group?: MemoryGroup,
): Promise<World> {
  const world = await startWorld(suite, {
    env: { GRPC_AUTH: "iam", AB_BASE_URL: front.url },
    group,
  });
  front.leadsTo = world.emulator.url;
  return world;
}

function sendWith({ send }: World, token: string): Promise<Answer> {
  return send({ headers: { authorization: `Bearer ${token}` } });
}

async function loginToken({ emulator }: World): Promise<string> {
  const login = await fetch(`${emulator.url}/iam/v3/oauth/token`, {
    method: "POST",
    headers: {
      authorization: `Basic ${btoa(`${DEFAULT_CLIENT_ID}:${CLIENT_SECRET}`)}`,
      "content-type": "application/x-www-form-urlencoded",
    },
    body: "grant_type=client_credentials",
  });
  const { access_token: token } = await login.json();
  return token;
}

async function delivered(send: () => Promise<Answer>): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE);
  for (;;) {
    const { status } = await send();
    if (status === "OK") return;
    assert.equal(status, "UNAVAILABLE");
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function spaces(megabytes: number): ReadableStream<Uint8Array<ArrayBuffer>> {
  const piece = new Uint8Array(MEGABYTE).fill(0x20);
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      if (sent++ < megabytes) controller.enqueue(piece);
      else controller.close();
    },
  });
}
