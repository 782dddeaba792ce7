/**
 * Routes requests and answers them.
 *
 * @module
 */

import type { IncomingMessage, ServerResponse } from "node:http";
import type { HttpConfig } from "../config/http.ts";
import type { Logger } from "../core/context.ts";
import { type HttpAnswer, HttpProblem, type HttpRoute } from "../core/http.ts";
import type { Holding } from "./_body.ts";
import { createCors, isCorsPreflight } from "./_cors.ts";
import { Exchange, headersOf, targetOf } from "./_exchange.ts";
import { createPeerOf } from "./_peer.ts";
import { answerOf, problemOf } from "./_problem.ts";
import { createRouteTable, type RouteTable } from "./_route_table.ts";

/** One request. */
export interface Call {
  /** The request. */
  readonly incoming: IncomingMessage;
  /** The response. */
  readonly response: ServerResponse;
  /** The budget for its body and its answer. */
  readonly holding: Holding;
  /** Its route, once known. */
  route: HttpRoute | undefined;
}

/** Answers requests through their routes. */
export interface Answering {
  /** The routes. */
  readonly table: RouteTable;
  /**
   * The answer to a request. Never rejects.
   *
   * @param refusal Why to answer 503; `undefined` for a normal answer.
   */
  answer(call: Call, refusal: string | undefined): Promise<HttpAnswer>;
}

/** Creates an answering service without routes. */
export function createAnswering(config: HttpConfig, log: Logger): Answering {
  const table = createRouteTable();
  const cors = createCors(config.httpCorsOrigins);
  const peerOf = createPeerOf(config.trustedProxies);

  async function route(call: Call, reply: Reply): Promise<HttpAnswer> {
    const { incoming, response, holding } = call;
    const method = incoming.method ?? "";
    const target = targetOf(incoming.url, config.basePath);
    const headers = headersOf(incoming);
    const { routes, params } = table.methodsOf(target.path);
    const origin = headers.get("origin");
    if ([...routes.values()].some((each) => each.cors === true)) {
      if (isCorsPreflight(method, headers)) {
        return cors.preflight(origin, routes.keys());
      }
      reply.headers = cors.headersFor(origin);
    }
    call.route = routes.get(method);
    if (call.route === undefined) {
      const allow = [...routes.values()]
        .filter(({ isListed = true }) => isListed)
        .map((each) => each.method).join(", ");
      throw new HttpProblem(405, "Method is unknown", { headers: { allow } });
    }
    const { remoteAddress } = incoming.socket;
    const answer = await call.route.handle(
      new Exchange(incoming, response, {
        ...target,
        params,
        headers,
        peerOf: () => peerOf(remoteAddress, headers.get("x-forwarded-for")),
        maxBodyBytes: config.httpMaxBodyBytes,
        bodyTimeout: config.httpBodyTimeout,
        holding,
      }),
    );
    holding.take(answer.body?.length ?? 0);
    return answer;
  }

  function refuse(call: Call, error: unknown): HttpAnswer {
    const problem = problemOf(error);
    const { status, cause } = problem;
    const fields = { route: call.route?.path, status };
    if (status === 500) {
      log.error("HTTP route failed", {
        ...fields,
        error: cause ?? problem,
      });
    } else log.debug("HTTP request refused", { ...fields, error: problem });
    return answerOf(problem);
  }

  return {
    table,
    async answer(call, refusal) {
      const reply: Reply = { headers: [] };
      let answer: HttpAnswer;
      try {
        if (refusal !== undefined) throw new HttpProblem(503, refusal);
        answer = await route(call, reply);
      } catch (error) {
        answer = refuse(call, error);
      }
      return reply.headers.length === 0 ? answer : {
        ...answer,
        headers: [...answer.headers ?? [], ...reply.headers],
      };
    },
  };
}

interface Reply {
  /** Headers of every answer of the route. */
  headers: readonly (readonly [string, string])[];
}
