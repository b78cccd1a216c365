// The device fingerprint, loaded only where a store turned it on and the visitor agreed.
import FingerprintJS from "@fingerprintjs/fingerprintjs";

declare global {
  interface Window {
    shopwardenDevice?: Promise<string>;
  }
}

window.shopwardenDevice = FingerprintJS.load({ monitoring: false, delayFallback: 0 })
  .then((agent) => agent.get())
  .then((device) => device.visitorId);
