/** Prints what the pixel sends of one purchase, as JSON: [{url, body}, ...]. Arguments: cookies as JSON, begin as ISO time. */

import { purchase } from "./purchase.ts";
import { Sandbox } from "./sandbox.ts";

const [cookies = "{}", begin = "2026-03-02T10:00:00.000Z"] = process.argv.slice(2);
const sandbox = new Sandbox({ analyticsProcessingAllowed: true, marketingAllowed: true }, JSON.parse(cookies));
for (const event of purchase(Date.parse(begin))) {
  await sandbox.publish(event);
  await sandbox.ring();
}
process.stdout.write(JSON.stringify(sandbox.sent.map(({ url, request }) => ({ url, body: request.body }))));
