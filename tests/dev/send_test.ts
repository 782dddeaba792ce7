import assert from "node:assert/strict";
import { join } from "node:path";
import {
  CONSUMABLE_ITEM_ID,
  DEFAULT_CLIENT_ID,
  DEFAULT_CLIENT_SECRET,
  DEFAULT_NAMESPACE,
} from "../../dev/emulator/mod.ts";
import { createAgsClient } from "../../lib/ags/client.ts";
import { queryEntitlements } from "../../lib/ags/platform.ts";
import type { Event } from "../../lib/core/event.ts";
import { Secret } from "../../lib/config/secret.ts";
import { startService } from "../../lib/service.ts";
import { on } from "../../mod.ts";
import { testConfig } from "../_support/config.ts";
import { recordLog } from "../_support/log.ts";
import {
  type Ended,
  freePorts,
  ROOT,
  run,
  start,
  tempFolder,
  tool,
} from "./_run.ts";

const LOGIN = "userAuthentication.userLoggedIn";
const THIRD_PARTY_LOGIN = "userAuthentication.userThirdPartyLoggedIn";

/** `deno task dev`'s program, with the emulator, and `deno task send`'s to it. */
interface Dev extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
  readonly emulatorUrl: string;
  /** What the service has printed. */
  readonly text: string;
  send(...args: readonly string[]): Promise<Ended>;
  /** Writes an event file. */
  file(name: string, content: string): Promise<string>;
}

async function startDev(
  variables: Readonly<Record<string, string>> = {},
): Promise<Dev> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder());
  const env = { ...freePorts(), ...variables };
  const cwd = folder.path;
  const service = stack.use(start(tool("dev/main.ts"), { env, cwd }));
  await service.printed(/Service started/);
  const running = stack.move();
  return {
    env,
    emulatorUrl: `http://127.0.0.1:${env.EMULATOR_PORT}`,
    get text() {
      return service.text;
    },
    send: (...args) =>
      run(
        tool("dev/send.ts", [
          "--address",
          `127.0.0.1:${env.GRPC_PORT}`,
          ...args,
        ]),
        { env, cwd },
      ),
    async file(name, content) {
      const path = join(folder.path, name);
      await Deno.writeTextFile(path, content);
      return path;
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** The grants that the emulator has seen. */
async function grantsOf(
  dev: Dev,
): Promise<readonly { readonly userId: string; readonly itemId: string }[]> {
  const answer = await fetch(`${dev.emulatorUrl}/emulator/grants`);
  return (await answer.json()).grants;
}

/** What a player owns, as the emulator has it. */
async function entitlementsOf(dev: Dev, userId: string) {
  using client = createAgsClient({
    baseUrl: dev.emulatorUrl,
    clientId: DEFAULT_CLIENT_ID,
    clientSecret: new Secret(DEFAULT_CLIENT_SECRET),
    namespace: DEFAULT_NAMESPACE,
  });
  const ags = client.bind({ signal: new AbortController().signal });
  return await queryEntitlements(ags, { userId });
}

// Named and nested as the vendor's two samples are; the values are our own.
const SNAKE_CASE = {
  payload: {
    user_account: { user_id: "sample-user", email_address: "a@example.com" },
    user_authentication: { platform_id: "device", refresh: false },
  },
  id: "sample-event",
  version: "1",
  name: "userLoggedIn",
  namespace: DEFAULT_NAMESPACE,
  parent_namespace: "studio",
  timestamp: "2026-01-01T00:00:00Z",
  client_id: "client",
  user_id: "snake-user",
  trace_id: "trace",
  session_id: "session",
};

const CAMEL_CASE = {
  payload: {
    userAccount: { userId: "sample-user", emailAddress: "a@example.com" },
    userAuthentication: { platformId: "steam", refresh: false },
  },
  id: "sample-event",
  version: 1,
  name: "userThirdPartyLoggedIn",
  namespace: DEFAULT_NAMESPACE,
  parentNamespace: "studio",
  timestamp: "2026-01-01T00:00:00Z",
  clientId: "client",
  userId: "camel-user",
  traceId: "trace",
  sessionId: "session",
};

Deno.test("deno task send", async (t) => {
  await using dev = await startDev();

  await t.step(
    "prints status, time, outcome, and what AGS was asked",
    async () => {
      const { code, stdout, stderr } = await dev.send(LOGIN);
      assert.equal(stderr, "");
      assert.equal(code, 0);
      const [status = "", asked = "", ...rest] = stdout.trimEnd().split("\n");
      assert.match(status, /^OK in \d+\.\d ms: handled$/);
      const [, userId = "", item] =
        /^ {2}POST \/platform\/admin\/namespaces\/mygame\/users\/(\S+)\/fulfillment \{.*\} -> 200: granted item (\S+), 1 left$/
          .exec(asked) ?? [];
      assert.deepEqual(rest, []);
      const owned = await entitlementsOf(dev, userId);
      assert.deepEqual(owned.map(({ itemId }) => itemId), [item]);
      assert.equal(item, CONSUMABLE_ITEM_ID);
    },
  );

  await t.step(
    "says of a duplicate when its event was handled, and of neither that nothing was granted",
    async () => {
      const args = ["--set", "userId=twice", "--set", "id=twice"];
      await dev.send(LOGIN, ...args);
      const { code, stdout } = await dev.send(LOGIN, ...args);
      assert.equal(code, 0);
      assert.match(
        stdout,
        /^OK in [\d.]+ ms: duplicate \(handled \d+ (ms|s) ago\)\n$/,
      );
    },
  );

  await t.step("sets a nested field", async () => {
    const { code, stdout } = await dev.send(
      LOGIN,
      "--set",
      "userId=renewer",
      "--set",
      "payload.userAuthentication.refresh=true",
    );
    assert.equal(code, 0);
    assert.match(stdout, /^OK in .* ms: handled\n {2}POST .*\/renewer\/ful/m);
  });

  await t.step(
    "says why an event was rejected, and exits with 1",
    async () => {
      const { code, stdout } = await dev.send(LOGIN, "--set", "userId=");
      assert.equal(code, 1);
      assert.match(
        stdout,
        /^INVALID_ARGUMENT in \d+\.\d ms: rejected \(.*userId.*\)$/m,
      );
    },
  );

  for (
    const [type, sample, userId] of [
      [LOGIN, SNAKE_CASE, "snake-user"],
      [THIRD_PARTY_LOGIN, CAMEL_CASE, "camel-user"],
    ] as const
  ) {
    await t.step(`sends the event of a file: ${userId}`, async () => {
      const path = await dev.file(`${userId}.json`, JSON.stringify(sample));
      const { code, stdout } = await dev.send(type, "--file", path);
      assert.equal(code, 0);
      assert.match(stdout, new RegExp(`/users/${userId}/fulfillment `));
      assert.match(dev.text, /eventId=sample-event/);
    });
  }

  await t.step(
    "gives the events of a file ids of their own when it repeats them",
    async () => {
      const path = await dev.file("r.json", JSON.stringify(SNAKE_CASE));
      const seen = dev.text.length;
      const { code, stdout } = await dev.send(
        LOGIN,
        "--file",
        path,
        "--repeat",
        "7",
      );
      assert.equal(code, 0);
      assert.match(stdout, /^OK: 7$/m);
      const ids = [...dev.text.slice(seen).matchAll(/eventId=(\S+)/g)]
        .map(([, id]) => id);
      assert.equal(new Set(ids).size, 7);
    },
  );

  await t.step("sends many events, and prints how they fared", async () => {
    const before = (await grantsOf(dev)).length;
    const { code, stdout } = await dev.send(LOGIN, "--repeat", "150");
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^OK: 150\nhandled: 150\n\d+ events\/s, p50 \d+\.\d ms, p99 \d+\.\d ms$/m,
    );
    const players = (await grantsOf(dev)).slice(before)
      .map(({ userId }) => userId);
    assert.equal(players.length, 150);
    assert.equal(new Set(players).size, 150);
  });

  await t.step("sends no faster than told", async () => {
    const { code, stdout } = await dev.send(
      LOGIN,
      "--repeat",
      "6",
      "--rate",
      "20",
    );
    assert.equal(code, 0);
    const [, rate] = /^(\d+) events\/s/m.exec(stdout) ?? [];
    // Six events at 20 a second take 5 pauses of 50 ms.
    assert.ok(Number(rate) <= 24, stdout);
  });

  await t.step(
    "counts each status of many, says why, and exits with 1",
    async () => {
      const { code, stdout } = await dev.send(
        LOGIN,
        "--repeat",
        "3",
        "--set",
        "userId=",
      );
      assert.equal(code, 1);
      assert.match(stdout, /^INVALID_ARGUMENT: 3 \(.+\)$/m);
    },
  );

  await t.step(
    "exits with 1 for an event that the service does not serve",
    async () => {
      const { code, stdout } = await dev.send(
        "userAuthentication.userLoggedOut",
      );
      assert.equal(code, 1);
      assert.match(stdout, /^UNIMPLEMENTED in [\d.]+ ms: /m);
    },
  );

  await t.step(
    "sends to the service's own port where no address is given",
    async () => {
      const { env } = dev;
      await using folder = await tempFolder();
      const { code, stdout } = await run(tool("dev/send.ts", [LOGIN]), {
        env,
        cwd: folder.path,
      });
      assert.equal(code, 0);
      assert.match(stdout, /^OK in /m);
    },
  );

  await t.step(
    "gives up on a service that does not answer in time",
    async () => {
      await fetch(`${dev.emulatorUrl}/emulator/faults`, {
        method: "PUT",
        body: JSON.stringify([{
          kind: "hang",
          match: { method: "POST", path: "/platform" },
        }]),
      }).then((answer) => answer.text());
      const { code, stdout } = await dev.send(LOGIN, "--timeout", "0.3");
      assert.equal(code, 1);
      // Whichever of the two notices first.
      assert.match(stdout, /^(DEADLINE_EXCEEDED|UNAVAILABLE) in [\d.]+ ms: /m);
    },
  );
});

/** Sends, with nothing listening anywhere. */
async function sendAlone(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  files: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  await using folder = await tempFolder();
  for (const [name, content] of Object.entries(files)) {
    await Deno.writeTextFile(join(folder.path, name), content);
  }
  return await run(tool("dev/send.ts", args), {
    env: { ...freePorts(), ...env },
    cwd: folder.path,
  });
}

for (const repeat of ["1", "3"]) {
  Deno.test(`deno task send --repeat ${repeat} says what to do when no service runs`, async () => {
    const { GRPC_PORT } = freePorts();
    const address = `127.0.0.1:${GRPC_PORT}`;
    const { code, stdout } = await sendAlone([
      LOGIN,
      "--address",
      address,
      "--repeat",
      repeat,
    ]);
    assert.equal(code, 1);
    const help = /Nothing answers at (\S+): start the service with \S*task dev/;
    assert.equal(help.exec(stdout)?.[1], address);
  });
}

Deno.test("deno task send says what to do when the address does not resolve", async () => {
  const address = `${"x".repeat(64)}:6565`;
  const { code, stdout } = await sendAlone([LOGIN, "--address", address]);
  assert.equal(code, 1);
  assert.match(
    stdout,
    /^UNAVAILABLE in [\d.]+ ms: Nothing answers at x{64}:6565: start/m,
  );
});

Deno.test("deno task send --help prints how to use it", async () => {
  const { code, stdout } = await sendAlone(["--help"]);
  assert.equal(code, 0);
  for (const option of ["--set", "--file", "--repeat", "--rate", "--address"]) {
    assert.ok(stdout.includes(option));
  }
});

const REFUSED: readonly (readonly [readonly string[], RegExp])[] = [
  [[], /^Expected one event: see --help$/],
  [[LOGIN, "another"], /^Expected one event: see --help$/],
  [
    ["userAuthentication.userLogedIn"],
    /did you mean "userAuthentication\.userLoggedIn"$/,
  ],
  [
    ["userAuthentification.userLoggedIn"],
    /did you mean "userAuthentication\.userLoggedIn"$/,
  ],
  [[LOGIN, "--unknown"], /--unknown/],
  [[LOGIN, "--repeat", "0"], /^--repeat is "0": expected a number above 0$/],
  [[LOGIN, "--repeat", "2.5"], /^--repeat is "2.5": expected a whole number$/],
  [[LOGIN, "--repeat", "many"], /^--repeat is "many": expected/],
  [[LOGIN, "--rate", "-1"], /--rate/],
  [[LOGIN, "--timeout", "0"], /^--timeout is "0": expected a number above 0$/],
  [[LOGIN, "--set", "userId"], /^"userId" sets nothing: expected path=value$/],
  [
    [LOGIN, "--set", "usrId=1"],
    /Field "usrId" does not exist: did you mean "userId"$/,
  ],
  [
    [LOGIN, "--set", "payload.userAuthentication.refresh=perhaps"],
    /refresh: Value is not a bool: "perhaps"$/,
  ],
  [
    [LOGIN, "--set", "userId.x=1"],
    /^userId: Field has no parts: expected userId=value$/,
  ],
  [
    [LOGIN, "--file", "missing.json"],
    /^File missing\.json is not an event in JSON: /,
  ],
  [
    [LOGIN, "--file", "broken.json"],
    /^File broken\.json is not an event in JSON: /,
  ],
  [
    [LOGIN, "--file", "list.json"],
    /^UserLoggedIn: Value is not an object: \[\]$/,
  ],
  [
    [LOGIN, "--file", "null.json", "--set", "userId=u"],
    /^UserLoggedIn: Value is not an object: null$/,
  ],
  [[LOGIN, "--file", "other.json"], /Field "user" does not exist/],
];

const FILES = {
  "broken.json": "{",
  "list.json": "[]",
  "null.json": "null",
  "other.json": '{"user":"u"}',
};

for (const [args, message] of REFUSED) {
  Deno.test(`deno task send ${args.join(" ")} sends nothing, says why, and exits with 2`, async () => {
    const { code, stdout, stderr } = await sendAlone(args, {}, FILES);
    assert.equal(code, 2);
    assert.match(stderr.trim(), message);
    assert.doesNotMatch(stderr, /\n\s+at /, "no stack for a slip of the pen");
    assert.equal(stdout, "");
  });
}

Deno.test("deno task send refuses settings that cannot be used", async () => {
  const { code, stderr } = await sendAlone([LOGIN], { EMULATOR_PORT: "x" });
  assert.equal(code, 2);
  assert.match(stderr, /^EMULATOR_PORT is invalid: /);
});

Deno.test("deno task send says no more than the answer of a service that dev does not run", async () => {
  await using service = await startService({
    config: testConfig({ namespace: DEFAULT_NAMESPACE }),
    handlers: [on(LOGIN, () => {})],
    protoFolder: join(ROOT, "proto"),
    log: recordLog(),
  });
  const { code, stdout } = await sendAlone([
    LOGIN,
    "--address",
    `127.0.0.1:${service.portOf("grpc")}`,
  ]);
  assert.equal(code, 0);
  assert.match(stdout, /^OK in [\d.]+ ms\n$/);
});

Deno.test("deno task send sets fields of all kinds", async () => {
  const events: Event[] = [];
  await using service = await startService({
    config: testConfig({ namespace: DEFAULT_NAMESPACE }),
    handlers: [
      on(["userPermissions.*", "userRoles.*"], (event) => {
        events.push(event);
      }),
    ],
    protoFolder: join(ROOT, "proto"),
    log: recordLog(),
  });
  const send = async (type: string, ...sets: readonly string[]) => {
    const { code, stdout, stderr } = await sendAlone([
      type,
      "--address",
      `127.0.0.1:${service.portOf("grpc")}`,
      ...sets.flatMap((set) => ["--set", set]),
    ]);
    assert.equal(code, 0, stdout + stderr);
    return events.at(-1)?.data as Record<string, unknown> | undefined;
  };

  const created = await send(
    "userPermissions.userPermissionsCreated",
    "version=9007199254740991",
    "payload.permissions.0.action=2",
    "payload.permissions.1.action=4",
    "payload.userAccount.testAccount=true",
    "payload.userAccount.country=a=b",
  );
  assert.equal(created?.version, "9007199254740991");
  const payload = created?.payload as {
    permissions: readonly { action: string }[];
    userAccount: { country: string };
  };
  assert.deepEqual(payload.permissions.map(({ action }) => action), ["2", "4"]);
  assert.equal(payload.userAccount.country, "a=b");

  const deleted = await send(
    "userRoles.userRolesDeleted",
    'payload.roles=["r1","r2"]',
    "payload.roles.1=r3",
  );
  assert.deepEqual(
    (deleted?.payload as { roles: readonly string[] }).roles,
    ["r1", "r3"],
  );
});
