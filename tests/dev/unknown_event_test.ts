import assert from "node:assert/strict";
import { unknownEvent } from "../../dev/unknown_event.ts";

const TYPES = [
  "shop.orderPaid",
  "shop.orderSent",
  "shopOrder.sent",
  "store.orderSent",
  "user.created",
];

for (
  const [word, text] of [
    [
      "shop.orderPayd",
      'Event "shop.orderPayd" does not exist: did you mean "shop.orderPaid"',
    ],
    ["shpo.*", 'Event "shpo.*" does not exist: did you mean "shop.*"'],
    [
      "orderPaid",
      'Event "orderPaid" does not exist: did you mean "shop.orderPaid"',
    ],
    [
      "orderpayd",
      'Event "orderpayd" does not exist: did you mean "shop.orderPaid"',
    ],
    [
      "stores.ordersent",
      'Event "stores.ordersent" does not exist: did you mean "store.orderSent"',
    ],
    [
      "warehouse.orderPaid",
      'Event "warehouse.orderPaid" does not exist: did you mean "shop.orderPaid"',
    ],
    ["nothing.like.it", 'Event "nothing.like.it" does not exist'],
    [
      "asyncMessaging.orders",
      'Event "asyncMessaging.orders" is none of AGS\'s own: docs/messaging.md ' +
      "shows the handler of such an event",
    ],
  ] as const
) {
  Deno.test(`unknownEvent() says of ${word} what there is to say`, () => {
    assert.equal(unknownEvent(word, TYPES), text);
  });
}
