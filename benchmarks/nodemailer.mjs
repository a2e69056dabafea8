// One run of nodemailer's pool: `node nodemailer.mjs raw|compose PORT CONNECTIONS MESSAGES FILE`.
// FILE is a ready-made message for `raw`, and {subject, text, html, unsubscribe} templates in JSON for `compose`.
// Prints {seconds, cpu}. The clock starts when the pool is warm.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(new URL("./.peers/package.json", import.meta.url));
const nodemailer = require("nodemailer");
const [mode, port, connections, messages, file] = process.argv.slice(2);
const total = Number(messages);
const transport = nodemailer.createTransport({
  host: "127.0.0.1",
  port: Number(port),
  secure: false,
  ignoreTLS: true,
  pool: true,
  maxConnections: Number(connections),
  maxMessages: Infinity,
});

const from = "mira@brightfjord.example";
const raw = mode === "raw" ? readFileSync(file) : null;
const template = mode === "compose" ? JSON.parse(readFileSync(file, "utf8")) : null;
const fill = (text, n) =>
  text.replaceAll("{{ first_name }}", `Ada${n}`).replaceAll("{{ company }}", "Lovelace & Sons");

function message(n) {
  const to = `p${n}@example.com`;
  if (raw) return { envelope: { from, to }, raw };
  return {
    from: { name: "Mira Sol", address: from },
    to: { name: `Ada${n} Lovelace`, address: to },
    subject: fill(template.subject, n),
    text: fill(template.text, n),
    html: fill(template.html, n),
    headers: {
      "List-Unsubscribe": `<${template.unsubscribe}/${n}>`,
      "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    },
  };
}

let next = 0;
async function lane(until) {
  while (next < until) await transport.sendMail(message(next++));
}
const lanes = (until) => Promise.all(Array.from({ length: 2 * Number(connections) }, () => lane(until)));

await lanes(Math.min(200, total)); // open the connections, let the compiler warm up
const done = next;
const before = process.cpuUsage();
const began = process.hrtime.bigint();
await lanes(done + total);
const seconds = Number(process.hrtime.bigint() - began) / 1e9;
const used = process.cpuUsage(before);
console.log(JSON.stringify({ seconds, cpu: (used.user + used.system) / 1e6 }));
transport.close();
