/**
 * Answers of AGS for `deno task dev`: operations that the emulator does not have, or that
 * are to be answered otherwise. Saved, they count at once. docs/emulator.md says more.
 *
 * @module
 */

import { stub } from "event-handler/emulator";

export default [
  stub({
    method: "GET",
    path: "/session/v1/admin/namespaces/{namespace}/gamesessions/{sessionId}",
    answer: ({ params }) => ({ id: params.sessionId, members: [] }),
  }),
];
