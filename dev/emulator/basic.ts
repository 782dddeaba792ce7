/**
 * AGS Basic as far as a service needs it: whether a namespace exists.
 *
 * @module
 */

import { ok } from "./errors.ts";
import type { Route } from "./router.ts";

/** Builds the Basic routes. */
export function basicRoutes(namespace: string): readonly Route[] {
  return [{
    method: "GET",
    template: "/basic/v1/admin/namespaces/{namespace}",
    permission: {
      resource: "ADMIN:NAMESPACE:{namespace}:NAMESPACE",
      action: 2,
    },
    handle: () => ok({ namespace, displayName: namespace, status: "ACTIVE" }),
  }];
}
