/**
 * What the service is measured against: a bare server that answers 204.
 *
 * @module
 */

const [port = "0"] = Deno.args;

Deno.serve(
  { port: Number(port), hostname: "127.0.0.1", onListen: () => {} },
  () => new Response(null, { status: 204 }),
);
