/**
 * AGS IAM, users: every player is known, under the name that the seed gives, or one
 * made of the id.
 *
 * @module
 */

import { ok } from "./errors.ts";
import type { Route } from "./router.ts";
import { iso, RESOURCE } from "./service.ts";

/** What the user routes work with. */
export interface UsersOptions {
  /** Namespace of the game. */
  readonly namespace: string;
  /** Display names of players that the seed names. */
  readonly displayNames: ReadonlyMap<string, string>;
  /** Time in milliseconds since the epoch. */
  readonly now: () => number;
}

/** Builds the user routes. */
export function userRoutes(options: UsersOptions): readonly Route[] {
  const { namespace, displayNames } = options;
  const createdAt = iso(options.now());
  return [{
    method: "GET",
    template: "/iam/v3/admin/namespaces/{namespace}/users/{userId}",
    permission: { resource: `${RESOURCE}:USER:{userId}`, action: 2 },
    handle: ({ params: { userId = "" } }) =>
      ok({
        userId,
        namespace,
        displayName: displayNames.get(userId) ??
          `Player ${userId.slice(0, 8)}`,
        userName: `user-${userId.slice(0, 8)}`,
        emailAddress: "player@example.com",
        oldEmailAddress: "",
        authType: "EMAILPASSWD",
        country: "US",
        dateOfBirth: "2000-01-01",
        enabled: true,
        emailVerified: true,
        phoneVerified: false,
        deletionStatus: false,
        bans: [],
        permissions: [],
        roles: [],
        namespaceRoles: [],
        createdAt,
        lastDateOfBirthChangedTime: createdAt,
        lastEnabledChangedTime: createdAt,
      }),
  }];
}
