// Sends numbered messages with Segment's own Node SDK and prints how many it gave up on.
import { Analytics } from "@segment/analytics-node"

const [host, writeKey, count] = process.argv.slice(2)
const analytics = new Analytics({ writeKey, host, maxRetries: 12, flushAt: 50, flushInterval: 100, httpRequestTimeout: 5000 })
let failed = 0
analytics.on("error", () => (failed += 1))

for (let number = 0; number < Number(count); number += 1) {
  analytics.track({
    anonymousId: `node-${number % 40}`,
    event: "Product Viewed",
    messageId: `node-message-${number}`,
    properties: { product_id: `p-${number % 7}`, price: 9.9, number },
    context: { ip: "81.2.69.142", userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0" },
  })
  if (number % 100 === 99) await new Promise((resolve) => setTimeout(resolve, 10))
}
await analytics.closeAndFlush({ timeout: 60000 })
console.log(JSON.stringify({ failed }))
