/**
 * What of an event's payload may be written to a log: what is known to be harmless, by
 * the name of its field and by its look. All else is replaced, however it is called: a
 * payload may be a studio's own, and a new field of AGS's may name a person.
 *
 * @module
 */

/** What stands in place of a value, or of a name that is none. */
export const REDACTED = "[redacted]";
const CUT = "[…]";

/** How deep a payload is looked at. */
const MAX_DEPTH = 8;
/** How many fields and items are looked at: a log record has no room for more. */
const MAX_ENTRIES = 4_096;

/** An id or a code of AGS's or the studio's: no spaces, no `@`, and no IP address. */
const CODE =
  /^(?!\d{1,3}(?:\.\d{1,3}){3}$)(?!(?:[\dA-Fa-f]{0,4}:){2,}[\dA-Fa-f:.]*$)[\w.:-]{1,128}$/;
/** A player, as AGS has them: a v4 UUID without hyphens, or with. */
const PLAYER = /^[\da-f]{8}-?(?:[\da-f]{4}-?){3}[\da-f]{12}$/;
/** A point in time: RFC 3339, or seconds or more since the epoch. */
const TIME =
  /^(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)|\d{1,19})$/;
/** A whole or other number, as protobuf's JSON writes those of 64 bits. */
const NUMBER = /^-?\d{1,19}(?:\.\d{1,9})?$/;

/** Names of AGS's fields, without `_` and `-` and in lower case, by what they hold. */
const HARMLESS: ReadonlyMap<string, RegExp> = new Map([
  ...named(PLAYER, "userId"),
  ...named(
    CODE,
    "id namespace parentNamespace gameNamespace publisherNamespace targetNamespace " +
      "itemNamespace currencyNamespace initiatorNamespace",
    "achievementCode action appId appType baseAppId baseAppItemId banId " +
      "basePolicyId campaignId challengeCode chargeStatus clazz clientId " +
      "clientPlatform clientType collectionId configId contentId currencyCode " +
      "currencyType cycle cycleId cycleType deductionType discountType dlcId " +
      "entitlementId entitlementType eventTopic gameMode goalCode groupId groupType " +
      "inventoryId itemId itemIdentityType itemSku itemType keyGroupId matchId " +
      "method notificationPlatform notificationType objectId objectType orderNo " +
      "origin partyId platform platformId policyId policyVersionId predicateType " +
      "previousStatus productId productIdType redeemType responseType restrictType " +
      "rewardCode roleId runId scheduleId seasonId sectionId sku slotId source " +
      "sourceItemId sourceOrigin spanContext statCode status statusV2 storeId " +
      "targetCurrencyCode targetItemId targetStoreId targetType taskId teamId " +
      "templateSlug ticketId topic topicName traceId type typeId updateStrategy " +
      "viewId walletId",
  ),
  ...named(
    TIME,
    "timestamp achievedAt claimedAt completedAt createdAt createdTime dateAccessed " +
      "dateCreated dateModified currentPeriodEnd currentPeriodStart cycleEnd " +
      "cycleStart discountExpireAt discountPurchaseAt end endDate enrolledAt expireAt " +
      "expiresAt firstTicketCreatedAt fulfilledTime grantedAt nextBillingDate " +
      "nextReset obtainedAt publishedDate publishedTime purchaseAt queueAt " +
      "reconnectFrom redeemEnd redeemStart releaseDate resetTime revokedAt " +
      "scheduleEnd scheduleStart start startDate subscribedAt ticketCreatedAt " +
      "txEndTime unsubscribedAt updateAt updatedAt updatedTime",
  ),
  ...named(
    NUMBER,
    "actualPaid amount anyOf attemptNumber averageMatchmakingExecutionTime balance " +
      "batchNo chargedCycles count currentCycle currentExp currentTierIndex " +
      "currentVersion cycleVersion decimals deduction defaultValue discountAmount " +
      "discountPercentage discountedPrice displayOrder duration errorCode eventId " +
      "extraSubscriptionDays finalQty findMatchTimeoutSeconds fixedFreeDays " +
      "fixedTrialCycles graceDays grantDays grantedPasses height httpStatus " +
      "httpStatusCode inc lastTierIndex latency latestValue max maxCount " +
      "maxCountPerUser maxNumber maxSlots maxSlotSize maximum min minNumber minimum " +
      "playerCount playerMaxNumber playerMinNumber price priority qty quantity " +
      "requestValue requiredExp seasonPeriod slotUsed stackedUseCount statValue " +
      "subtotalPrice tierIndex totalAmountDeduction totalConnectedUser " +
      "totalDeduction totalMatchmakingRequest totalPercentageDeduction " +
      "totalPlayersInQueue totalPrice totalTax totalUsersOnline trialPrice " +
      "trialedCycles updateValue useCount value version width",
  ),
]);

function named(
  look: RegExp,
  ...names: readonly string[]
): readonly (readonly [string, RegExp])[] {
  return names.join(" ").split(" ").map((name) => [plainName(name), look]);
}

function plainName(name: string): string {
  return name.replaceAll(/[_-]/g, "").toLowerCase();
}

/** What the name of a field looks like. The keys of a map may be anything. */
const NAME = /^[A-Za-z_][\w-]{0,63}$/;

/** How much may still be looked at. */
interface Budget {
  entries: number;
}

/**
 * A copy of a payload with all that is not known to be harmless replaced. Names of
 * fields stay, booleans do, and texts and numbers of fields that are known.
 *
 * @param payload What an event says: JSON.
 */
export function harmlessPart(payload: unknown): unknown {
  return partOf(payload, undefined, { depth: 0, budget: { entries: 0 } });
}

function partOf(
  value: unknown,
  look: RegExp | undefined,
  place: { readonly depth: number; readonly budget: Budget },
): unknown {
  if (value === null || value === undefined || typeof value === "boolean") {
    return value;
  }
  if (typeof value !== "object") {
    return look?.test(String(value)) ? value : REDACTED;
  }
  if (place.depth >= MAX_DEPTH) return CUT;
  const inner = { ...place, depth: place.depth + 1 };
  const { budget } = place;
  if (Array.isArray(value)) {
    const items: unknown[] = [];
    for (const item of value) {
      if (budget.entries++ >= MAX_ENTRIES) return [...items, CUT];
      items.push(partOf(item, look, inner));
    }
    return items;
  }
  // Bytes, dates and the like are no payload's.
  if (!isPlainObject(value)) return REDACTED;
  const fields: [string, unknown][] = [];
  for (const name of Object.keys(value)) {
    if (budget.entries++ >= MAX_ENTRIES) {
      fields.push(["…", CUT]);
      break;
    }
    const isName = NAME.test(name);
    fields.push([
      isName ? name : `${REDACTED} ${fields.length + 1}`,
      partOf(
        Reflect.get(value, name),
        isName ? HARMLESS.get(plainName(name)) : undefined,
        inner,
      ),
    ]);
  }
  return Object.fromEntries(fields);
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype ||
    // Decoded messages have classes of their own.
    !(value instanceof Date || ArrayBuffer.isView(value) ||
      value instanceof Map || value instanceof Set);
}
