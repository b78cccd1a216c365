// Stands in for the name server alone: connections to a shop's host name end at the sandbox's TLS port.
// The certificate is checked as ever, against the CA that NODE_EXTRA_CA_CERTS names.
import tls from "node:tls";

const port = Number(process.env.SANDBOX_TLS_PORT);
const connect = tls.connect;

tls.connect = (...given) => {
  const [options] = given;
  if (typeof options === "object" && String(options.host).endsWith(".myshopify.com")) {
    return connect({ ...options, host: "127.0.0.1", port });
  }
  return connect(...given);
};
