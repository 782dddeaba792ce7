import assert from "node:assert/strict";
import { join } from "node:path";
import { projectCopy } from "./_project_copy.ts";
import { DEFAULT_NAMESPACE, startEmulator } from "../../dev/emulator/mod.ts";
import { TEST_SETTINGS } from "../_support/config.ts";
import { until } from "../../dev/until.ts";
import {
  freePorts,
  run,
  type Running,
  start,
  tempFolder,
  tool,
} from "./_run.ts";

/** The reference app's. */
const SETTINGS = Object.values(TEST_SETTINGS);

const LOGIN = "userAuthentication.userLoggedIn";
const THIRD_PARTY_LOGIN = "userAuthentication.userThirdPartyLoggedIn";

/** Whether somebody answers HTTP there. */
async function answers(url: string): Promise<boolean> {
  try {
    await (await fetch(url)).body?.cancel();
    return true;
  } catch {
    return false;
  }
}

function startDev(
  env: Readonly<Record<string, string>>,
  cwd: string,
): Running {
  return start(tool("dev/main.ts", ["--no-check"]), { env, cwd });
}

/** Sends one event, as `deno task send` does; its standard output. */
async function send(
  env: Readonly<Record<string, string>>,
  cwd: string,
  args: readonly string[] = [],
): Promise<string> {
  const words = [LOGIN, ...args];
  return (await run(tool("dev/send.ts", words), { env, cwd })).stdout;
}

/** Another process prints the banner: it may come after what the service logs. */
const BANNER_END = /^ {2}Try /m;

Deno.test("deno task dev shows a banner: handlers, ports, the emulator, what is not set", async () => {
  await using folder = await tempFolder();
  const env = freePorts();
  await using dev = startDev(env, folder.path);
  await dev.printed(/Service started/);
  await dev.printed(BANNER_END);
  const rows = [
    `  Handlers   ${LOGIN}`,
    `             ${THIRD_PARTY_LOGIN}`,
    `  gRPC       localhost:${env.GRPC_PORT}`,
    `  Metrics    http://localhost:${env.METRICS_PORT}/metrics`,
    `  AGS        emulator at http://127.0.0.1:${env.EMULATOR_PORT}`,
    `  Messaging  emulated publisher at localhost:${env.ASYNC_MESSAGING_PUBLISHER_GRPC_PORT}`,
    `  Namespace  ${DEFAULT_NAMESPACE}`,
    "  Defaults   AB_BASE_URL AB_CLIENT_ID AB_CLIENT_SECRET AB_NAMESPACE",
  ];
  for (const row of rows) {
    assert.ok(dev.text.includes(`\n${row}`), `${row} in ${dev.text}`);
  }
  assert.match(
    dev.text,
    new RegExp(`^  Try        .*task send ${LOGIN}$`, "m"),
  );
  const [, defaults = ""] = /^ {2}Defaults([^]*?)\n {2}Try/m.exec(dev.text) ??
    [];
  // Those that the emulator stands in for by name, the rest by number.
  const required = SETTINGS.filter((each) => each.default === undefined);
  const names = defaults.match(/\b[A-Z]+(?:_[A-Z]+)+\b/g) ?? [];
  assert.deepEqual(names, required.map(({ env }) => env));
  const given = SETTINGS.filter((each) => each.env in env);
  assert.ok(given.length >= 3, "ports are given");
  const rest = SETTINGS.length - required.length - given.length;
  assert.match(
    defaults,
    new RegExp(`and ${rest} more \\(.*task start --help\\)$`),
  );
  assert.doesNotMatch(dev.text, /emulator-only/, "no secret is shown");
});

Deno.test("deno task dev serves metrics, probes and the emulator, and stops when told", async () => {
  await using folder = await tempFolder();
  const env = freePorts();
  await using dev = startDev(env, folder.path);
  await dev.printed(/Service started/);
  const admin = `http://127.0.0.1:${env.METRICS_PORT}`;
  for (const path of ["/livez", "/readyz", "/metrics"]) {
    const answer = await fetch(admin + path);
    await answer.body?.cancel();
    assert.equal(answer.status, 200, path);
  }
  const emulator = `http://127.0.0.1:${env.EMULATOR_PORT}/emulator`;
  assert.ok(await answers(emulator));
  const { code, stdout } = await dev.stop();
  assert.equal(code, 0);
  assert.match(stdout, /Service stopped/);
  assert.equal(await answers(emulator), false);
});

Deno.test("deno task dev takes the settings of .env, below the environment's", async () => {
  await using folder = await tempFolder();
  await Deno.writeTextFile(
    join(folder.path, ".env"),
    "AB_NAMESPACE=fromfile\nITEM_ID_TO_GRANT=no-such-item\nLOG_FORMAT=json\n" +
      "MAX_ATEMPTS=3\n",
  );
  const env = { ...freePorts(), AB_NAMESPACE: "fromenvironment" };
  await using dev = startDev(env, folder.path);
  await dev.printed(/Service started/);
  await dev.printed(BANNER_END);
  assert.match(dev.text, /^ {2}Namespace {2}fromenvironment$/m);
  assert.match(dev.text, /^\{.*"message":"Service started"/m);
  assert.match(
    dev.text,
    /^\{.*"MAX_ATEMPTS in \.env is not a setting.*did you mean MAX_ATTEMPTS"/m,
  );
  const answer = await send(env, folder.path);
  assert.match(answer, /^FAILED_PRECONDITION in /m, "there is no such item");
});

for (const where of ["the environment", ".env"] as const) {
  Deno.test(`deno task dev starts no emulator when ${where} names an AGS`, async () => {
    await using folder = await tempFolder();
    await using ags = await startEmulator({ namespace: "realgame" });
    const settings = {
      AB_BASE_URL: ags.url,
      AB_CLIENT_ID: "c0000000000000000000000000000001",
      AB_CLIENT_SECRET: "emulator-only",
      AB_NAMESPACE: "realgame",
      ITEM_ID_TO_GRANT: "e0000000000000000000000000000002",
    };
    const lines = Object.entries(settings).map((pair) => pair.join("="));
    const env: Record<string, string> = freePorts();
    if (where === ".env") {
      await Deno.writeTextFile(join(folder.path, ".env"), lines.join("\n"));
    } else Object.assign(env, settings);
    await using dev = startDev(env, folder.path);
    await dev.printed(BANNER_END);
    assert.match(dev.text, new RegExp(`^ {2}AGS {8}${ags.url}$`, "m"));
    assert.match(dev.text, /^ {2}Defaults {3}\d+ settings \(/m);
    assert.equal(
      await fetch(`http://127.0.0.1:${env.EMULATOR_PORT}/emulator`)
        .then(async (answer) => {
          await answer.body?.cancel();
          return answer.status;
        }),
      404,
    );
    assert.match(await send(env, folder.path), /^OK in [\d.]+ ms: handled$/m);
    assert.equal(ags.journal.counters.grants, 1);
  });
}

/** What dev says when the service cannot start: it stays, and ends with that code. */
async function refused(
  env: Readonly<Record<string, string>>,
): Promise<{ readonly code: number; readonly stderr: string }> {
  await using folder = await tempFolder();
  await using dev = startDev(env, folder.path);
  await dev.printed(/It starts again when a file changes; Ctrl-C ends dev/);
  const { code, stderr } = await dev.stop();
  assert.doesNotMatch(stderr, /\n\s+at /, "no stack");
  return { code, stderr: stderr.trim() };
}

for (const name of ["EMULATOR_PORT", "ASYNC_MESSAGING_PUBLISHER_GRPC_PORT"]) {
  Deno.test(`deno task dev says that ${name} is taken, and what moves it`, async () => {
    const listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
    const taken = String((listener.addr as Deno.NetAddr).port);
    try {
      assert.deepEqual(await refused({ ...freePorts(), [name]: taken }), {
        code: 1,
        stderr:
          `Port ${taken} cannot be opened: expected ${name} to name a free port`,
      });
    } finally {
      listener.close();
    }
  });
}

Deno.test("deno task dev refuses a port that is none", async () => {
  assert.deepEqual(await refused({ ...freePorts(), EMULATOR_PORT: "80a" }), {
    code: 78,
    stderr:
      'EMULATOR_PORT is invalid: expected a port from 1 to 65535, found "80a"',
  });
});

Deno.test("deno task dev refuses settings as the service does", async () => {
  const env = { ...freePorts(), HANDLER_TIMEOUT: "soon" };
  const { code, stderr } = await refused(env);
  assert.equal(code, 78);
  assert.match(stderr, /^HANDLER_TIMEOUT is invalid: /);
});

Deno.test("deno task dev lists all that a named AGS lacks", async () => {
  const env = { ...freePorts(), AB_BASE_URL: "https://ags.example" };
  const { code, stderr } = await refused(env);
  assert.equal(code, 78);
  assert.deepEqual(stderr.split("\n").map((line) => line.split(" ")[0]), [
    "AB_CLIENT_ID",
    "AB_CLIENT_SECRET",
    "AB_NAMESPACE",
    "ITEM_ID_TO_GRANT",
  ]);
});

Deno.test("deno task dev takes EMULATOR_PORT from .env, too, and starts when .env is mended", async () => {
  await using folder = await tempFolder();
  const file = join(folder.path, ".env");
  const { EMULATOR_PORT, ...env } = freePorts();
  await Deno.writeTextFile(file, "EMULATOR_PORT=none\n");
  await using dev = startDev(env, folder.path);
  await dev.printed(/EMULATOR_PORT is invalid[^]*Service was not started/);
  await Deno.writeTextFile(file, `EMULATOR_PORT=${EMULATOR_PORT}\n`);
  await dev.printed(/Service started/);
  assert.ok(await answers(`http://127.0.0.1:${EMULATOR_PORT}/emulator`));
  assert.match(await send(env, folder.path), /^OK in /m);
});

for (const args of [["--nonsense"], ["nonsense"]]) {
  Deno.test(`deno task dev refuses an argument it does not know: ${args}`, async () => {
    await using folder = await tempFolder();
    const { code, stderr } = await run(tool("dev/main.ts", args), {
      env: freePorts(),
      cwd: folder.path,
    });
    assert.deepEqual([code, stderr.trim()], [
      2,
      `Argument "${args}" is unknown: see --help`,
    ]);
  });
}

Deno.test("deno task dev --help shows its options, and ends", async () => {
  await using folder = await tempFolder();
  const { code, stdout, stderr } = await run(tool("dev/main.ts", ["--help"]), {
    cwd: folder.path,
  });
  assert.deepEqual([code, stderr], [0, ""]);
  for (const option of ["--kafka", "--inspect", "--no-check"]) {
    assert.match(stdout, new RegExp(`^ {2}${option}`, "m"));
  }
});

/** Starts dev in a copy of the project, as its user does. */
function startCopy(
  env: Readonly<Record<string, string>>,
  cwd: string,
): Running {
  return start(["task", "dev", "--no-check"], { env, cwd });
}

function handlerText(body: string): string {
  return `import { on, TerminalError } from "event-handler";
    export default on("${LOGIN}", () => { ${body} });`;
}

Deno.test("deno task dev starts the service again when a handler or .env changes, and keeps the rest", async (t) => {
  await using folder = await projectCopy();
  const cwd = folder.path;
  const handler = join(cwd, "handlers/user_logged_in.ts");
  const original = await Deno.readTextFile(handler);
  const env = freePorts();
  await using dev = startCopy(env, cwd);
  await dev.printed(BANNER_END);
  const twice = ["--set", "id=sent-twice"];
  assert.match(await send(env, cwd, twice), /^OK in /m);

  async function change(
    write: () => Promise<void>,
    seen: RegExp,
  ): Promise<string> {
    const from = dev.text.length;
    await write();
    await dev.printed(seen, from);
    return dev.text.slice(from);
  }

  await t.step("a handler that changes, with one line", async () => {
    const text = handlerText('throw new TerminalError("Changed");');
    const said = await change(
      () => Deno.writeTextFile(handler, text),
      /Restarted in .*\n/,
    );
    assert.match(said, /^Restarted in \d+\.\d s\n$/);
    assert.match(await send(env, cwd), /^INVALID_ARGUMENT in [\d.]+ ms: /m);
  });

  await t.step("a handler that does not compile, and then does", async () => {
    await change(
      () => Deno.writeTextFile(handler, "export default ("),
      /user_logged_in\.ts:1:17[^]*Service ended with code 1\. It starts again/,
    );
    await change(
      () => Deno.writeTextFile(handler, original),
      /Restarted in .*\n/,
    );
    assert.match(await send(env, cwd), /^OK in /m);
  });

  await t.step(
    "what is done is done, and what the emulator knows stays",
    async () => {
      const from = dev.text.length;
      assert.match(await send(env, cwd, twice), /^OK in /m);
      await dev.printed(/outcome=duplicate/, from);
      const journal = await fetch(
        `http://127.0.0.1:${env.EMULATOR_PORT}/emulator/grants`,
      );
      assert.equal((await journal.json()).total, 2);
    },
  );

  await t.step("a handler that is new", async () => {
    const list = join(cwd, "handlers/mod.ts");
    const text = await Deno.readTextFile(list);
    await Deno.writeTextFile(
      join(cwd, "handlers/banned.ts"),
      `import { on } from "event-handler";
       export default on("userAccount.userAccountBanned", () => {});`,
    );
    const said = await change(
      () =>
        Deno.writeTextFile(
          list,
          text.replace("[\n", "[\n  banned,\n")
            .replace("\n\n/** Every", '\nimport banned from "./banned.ts";$&'),
        ),
      /Restarted in [^]*Handlers[^]*\n {2}Try/,
    );
    assert.match(said, /userAccount\.userAccountBanned\n/);
  });

  for (const namespace of ["appeared", "changed"]) {
    await t.step(`a .env that ${namespace}`, async () => {
      const said = await change(
        () =>
          Deno.writeTextFile(
            join(cwd, ".env"),
            `AB_NAMESPACE=${namespace}\n`,
          ),
        new RegExp(`^ {2}Namespace {2}${namespace}$`, "m"),
      );
      assert.match(said, /Emulator is empty again: its settings have changed/);
      assert.match(await send(env, cwd), /^OK in /m);
    });
  }

  await t.step("and stops at Ctrl-C", async () => {
    const { code, stdout } = await dev.stop("SIGINT");
    assert.equal(code, 0);
    assert.match(stdout, /Service stopped/);
  });
});

/** Waits until nobody listens on any port of dev's. */
async function noneLeft(
  env: Readonly<Record<string, string>>,
): Promise<void> {
  await until("all ports to be free", () => {
    for (const port of Object.values(env)) {
      Deno.listen({ port: Number(port) }).close();
    }
    return true;
  });
}

const BEGUN = 'Deno.stdout.writeSync(new TextEncoder().encode("Begun\\n"));';

/** States of dev in which it is told to stop: the handler's file, and what shows it. */
const STATES: readonly {
  readonly name: string;
  readonly text: string;
  readonly seen: RegExp;
  readonly sends?: true;
  readonly code: number;
}[] = [
  {
    name: "whose service starts, and never ends that",
    text:
      `${BEGUN} await new Promise(() => setInterval(() => {}, 9e5)); export default 1;`,
    seen: /Begun/,
    code: 137,
  },
  {
    name: "whose service blocks as it starts",
    text: `${BEGUN} for (;;); export default 1;`,
    seen: /Begun/,
    code: 137,
  },
  {
    name: "whose service could not start",
    text: "export default (",
    seen: /Service ended with code 1/,
    code: 1,
  },
  {
    name: "whose service has ended by itself",
    text: handlerText("Deno.exit(7);"),
    sends: true,
    seen: /Service ended with code 7/,
    code: 7,
  },
  {
    name: "whose handler blocks",
    text: handlerText(`${BEGUN} for (;;);`),
    sends: true,
    seen: /Begun/,
    code: 137,
  },
  {
    name: "whose handler blocks when the service is draining",
    text: handlerText(
      `${BEGUN} return new Promise(() => setTimeout(() => { for (;;); }, 1_500));`,
    ),
    sends: true,
    seen: /Begun/,
    code: 137,
  },
];

for (const { name, text, seen, sends, code } of STATES) {
  Deno.test(`deno task dev ends at SIGTERM, ${name}, and leaves nobody behind`, async () => {
    await using folder = await projectCopy();
    const cwd = folder.path;
    await Deno.writeTextFile(
      join(cwd, "handlers/user_logged_in.ts"),
      text,
    );
    const env = freePorts();
    await using dev = startCopy({ ...env, SHUTDOWN_GRACE: "2s" }, cwd);
    await using stack = new AsyncDisposableStack();
    if (sends) {
      await dev.printed(BANNER_END);
      // Its answer is not waited for: there may be none.
      stack.use(start(tool("dev/send.ts", [LOGIN]), { env, cwd }));
    }
    await dev.printed(seen);
    Deno.kill(dev.pid, "SIGTERM");
    assert.equal((await dev.ended()).code, code);
    await noneLeft(env);
  });
}

Deno.test("deno task dev that is killed takes its service with it", async () => {
  await using folder = await tempFolder();
  const env = freePorts();
  await using dev = startDev(env, folder.path);
  await dev.printed(/Service started/);
  Deno.kill(dev.pid, "SIGKILL");
  await noneLeft(env);
});

/** A handler of each way to forget a promise, and the line that is to blame. */
const FORGETFUL = {
  "in its own file": {
    text: `import { on } from "event-handler";

async function later(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1));
  throw new Error("Forgotten");
}
export default on("${LOGIN}", () => { later(); });
`,
    line: 5,
  },
  "in a library": {
    text: `import { on } from "event-handler";

export default on("${LOGIN}", (_event, ctx) => {
  ctx.ags.request("GET", "/nonsense");
});
`,
    line: 3,
  },
};

for (const [where, { text, line }] of Object.entries(FORGETFUL)) {
  Deno.test(`The error of a promise that a handler forgot, made ${where}, is logged with handler, event and line`, async () => {
    await using folder = await projectCopy();
    const cwd = folder.path;
    await Deno.writeTextFile(join(cwd, "handlers/user_logged_in.ts"), text);
    const env = { ...freePorts(), LOG_FORMAT: "json" };
    await using dev = startCopy(env, cwd);
    await dev.printed(BANNER_END);
    await send(env, cwd, ["--set", "id=of-the-forgotten"]);
    const record = await dev.printed(/^.*Promise was rejected.*$/m);
    const { handler, eventType, eventId, at } = JSON.parse(record);
    assert.deepEqual({ handler, eventType, eventId, at }, {
      handler: "user_logged_in",
      eventType: LOGIN,
      eventId: "of-the-forgotten",
      at: `handlers/user_logged_in.ts:${line}`,
    });
  });
}

Deno.test("deno task dev shows errors of types and forgotten awaits in the background, and when they are mended", async () => {
  await using folder = await projectCopy();
  const cwd = folder.path;
  const handler = join(cwd, "handlers/user_logged_in.ts");
  const original = await Deno.readTextFile(handler);
  const env = freePorts();
  await using dev = start(["task", "dev"], { env, cwd });
  await dev.printed(BANNER_END);
  const from = dev.text.length;
  await Deno.writeTextFile(
    handler,
    original.replace("await grantItem", "grantItem")
      .replace("userId: event.data.userId", "userIdd: event.data.userId"),
  );
  await dev.printed(/Restarted/, from);
  // It is served meanwhile.
  assert.match(await send(env, cwd), /^OK in /m);
  const place = (wanted: string) => {
    const before = original.slice(0, original.indexOf(wanted));
    const [last = "", ...others] = before.split("\n").reverse();
    return `handlers/user_logged_in\\.ts:${others.length + 1}:${
      last.length + 1
    }`;
  };
  const typo = place("userId: event.data.userId");
  await dev.printed(
    new RegExp(
      `^To mend, while the service runs:\n${typo} .*'userIdd'.*TS`,
      "m",
    ),
    from,
  );
  await dev.printed(
    new RegExp(`^${place("await grantItem")} This promise is not awaited`, "m"),
    from,
  );
  await Deno.writeTextFile(handler, original);
  await dev.printed(/^Nothing is left to mend in the handlers$/m, from);
});

Deno.test("deno task dev names the file of a handler that on() did not make, and says each problem once", async () => {
  await using folder = await projectCopy();
  const cwd = folder.path;
  await Deno.writeTextFile(
    join(cwd, "handlers/user_logged_in.ts"),
    "export default () => {};",
  );
  await Deno.writeTextFile(
    join(cwd, "handlers/user_third_party_logged_in.ts"),
    `import { on } from "event-handler";
     export default on(["${THIRD_PARTY_LOGIN}", "${LOGIN}x" as "${LOGIN}"], () => {});`,
  );
  await using dev = startCopy(freePorts(), cwd);
  await dev.printed(/Service ended with code 1/);
  const { stderr, stdout } = await dev.stop();
  assert.deepEqual(
    stderr.trim().split("\n").filter((line) => !line.startsWith("Task ")),
    [
      'handlers/user_logged_in.ts exports no on(…): expected "export default on(…)", ' +
      "found function",
      `handlers/user_third_party_logged_in.ts:2: Event type "${LOGIN}x" does not exist: ` +
      `did you mean "${LOGIN}"`,
    ],
  );
  assert.doesNotMatch(stdout, /cannot start|user_logged_in/);
});
