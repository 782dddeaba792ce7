/**
 * The emulator's own interface under `/emulator`: what it has seen and
 * granted, and what shall go wrong. It is no part of AGS; requests to it need
 * no token, meet no fault and are not in the journal.
 *
 * | Request | Does |
 * | --- | --- |
 * | `GET /emulator` | names the namespace, the items and the operations |
 * | `GET /emulator/faults` | lists the faults in force |
 * | `PUT /emulator/faults` | replaces them by the JSON array sent |
 * | `DELETE /emulator/faults` | removes them |
 * | `GET /emulator/journal?since=` | lists requests above that number |
 * | `DELETE /emulator/journal` | forgets requests, grants and totals |
 * | `GET /emulator/grants?userId=&since=` | lists grants above that number |
 * | `DELETE /emulator/tokens` | revokes all tokens issued so far |
 * | `POST /emulator/reset` | forgets everything but the tokens |
 *
 * @module
 */

import type { Catalog } from "./catalog.ts";
import { type Answer, ok } from "./errors.ts";
import { FaultError, parseFaults } from "./fault_schema.ts";
import type { Faults } from "./faults.ts";
import type { JournalWriter } from "./journal.ts";
import type { State } from "./ledger.ts";
import type { Call, Route } from "./router.ts";

/** What the control routes work with. */
export interface ControlOptions {
  /** Namespace that the tokens are good for. */
  readonly namespace: string;
  /** Client that may log in. */
  readonly clientId: string;
  /** Items of the store. */
  readonly catalog: Catalog;
  /** What goes wrong. */
  readonly faults: Faults;
  /** What was asked and granted. */
  readonly journal: JournalWriter;
  /** What players own. */
  readonly state: State;
  /** The operations of the emulated services. */
  readonly routes: readonly Route[];
  /** Revokes all tokens. */
  readonly revokeTokens: () => void;
  /** Forgets everything. */
  readonly reset: () => void;
}

/**
 * Builds the control routes.
 *
 * @param options The parts of the emulator.
 */
export function controlRoutes(options: ControlOptions): readonly Route[] {
  const { faults, journal } = options;
  const done: Answer = ok({ done: true });
  return [
    {
      method: "GET",
      template: "/emulator",
      handle: () => ok(describe(options)),
    },
    {
      method: "GET",
      template: "/emulator/faults",
      handle: () => ok({ faults: faults.list }),
    },
    {
      method: "PUT",
      template: "/emulator/faults",
      handle: (call) => setFaults(call, faults),
    },
    {
      method: "DELETE",
      template: "/emulator/faults",
      handle: () => {
        faults.clear();
        return done;
      },
    },
    {
      method: "GET",
      template: "/emulator/journal",
      handle: (call) => {
        const since = readSince(call);
        if (typeof since !== "number") return since;
        return ok({
          requests: journal.requests(since),
          counters: journal.counters,
          last: journal.lastRequest,
        });
      },
    },
    {
      method: "DELETE",
      template: "/emulator/journal",
      handle: () => {
        journal.clear();
        return done;
      },
    },
    {
      method: "GET",
      template: "/emulator/grants",
      handle: (call) => listGrants(call, options),
    },
    {
      method: "DELETE",
      template: "/emulator/tokens",
      handle: () => {
        options.revokeTokens();
        return done;
      },
    },
    {
      method: "POST",
      template: "/emulator/reset",
      handle: () => {
        options.reset();
        return done;
      },
    },
  ];
}

function describe(
  { namespace, clientId, catalog, routes, state }: ControlOptions,
): unknown {
  return {
    namespace,
    clientId,
    items: catalog.items,
    operations: routes.map(({ method, template }) => `${method} ${template}`),
    players: state.players,
    forgottenPlayers: state.forgotten,
  };
}

function setFaults(call: Call, faults: Faults): Answer {
  let input: unknown;
  try {
    input = JSON.parse(call.body);
  } catch {
    return refuse("Cannot set the faults: the body is not JSON");
  }
  try {
    faults.set(parseFaults(input));
  } catch (error) {
    if (!(error instanceof FaultError)) throw error;
    return refuse("Cannot set the faults", error.problems);
  }
  return ok({ faults: faults.list });
}

function listGrants(
  call: Call,
  { journal, state }: ControlOptions,
): Answer {
  const since = readSince(call);
  if (typeof since !== "number") return since;
  const userId = new URLSearchParams(call.query).get("userId") ?? undefined;
  return ok({
    grants: journal.grants({
      since,
      ...(userId !== undefined && { userId }),
    }),
    ...(userId !== undefined && { counts: state.grantCounts(userId) }),
    total: journal.counters.grants,
    last: journal.lastGrant,
  });
}

function readSince({ query }: Call): number | Answer {
  const text = new URLSearchParams(query).get("since") ?? "0";
  if (/^\d{1,15}$/.test(text)) return Number(text);
  return refuse(
    `Cannot list from "${text}": since must be the number of an entry`,
  );
}

function refuse(error: string, problems?: readonly string[]): Answer {
  return { status: 400, body: { error, ...(problems && { problems }) } };
}
