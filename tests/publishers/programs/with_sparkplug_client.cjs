// An edge node with one device, written with sparkplug-client for Node.js: aliases, and payloads compressed in turn by
// DEFLATE, GZIP and not at all. Asked for a rebirth it is born again with what it said last; with `reborn` it waits for
// that and says `count` things after it. Its one argument says, in JSON, where and as whom; its last line is its account.
const sparkplug = require("sparkplug-client");

const given = JSON.parse(process.argv[2]);
const TYPES = { strokes: "UInt32", oil_celsius: "Double", tilt: "Int16", state: "String" };
const COMPRESSION = [{}, { compress: true, algorithm: "DEFLATE" }, { compress: true, algorithm: "GZIP" }];
const said = { node: new Map(), press: new Map() };
let latest = 0;
let end = given.reborn ? Infinity : given.count;
// So long ago that no reading is of the future, however long it waits for its rebirth.
const start = Date.now() - (given.count + 100_000) * 1000;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function payload(who, n, names, birth) {
  const values = { strokes: n, oil_celsius: 20 + n / 7, tilt: (n % 600) - 300, state: n % 2 ? "FAULT" : "RUNNING" };
  const timestamp = start + n * 1000;
  const at = new Date(timestamp).toISOString();
  for (const name of names) said[who].set(`${name} ${n}`, [name, at, `${values[name]}`]);
  const metrics = names.map((name) => {
    const alias = Object.keys(TYPES).indexOf(name) + (who === "node" ? 1 : 11);
    const known = birth ? { name, alias } : { alias };
    return { ...known, timestamp, type: TYPES[name], value: values[name] };
  });
  return { timestamp, metrics };
}

function beBorn(client) {
  client.publishNodeBirth(payload("node", latest, ["strokes"], true));
  client.publishDeviceBirth("press", payload("press", latest, Object.keys(TYPES), true));
}

async function main() {
  const client = sparkplug.newClient({
    serverUrl: `mqtt://${given.host}:${given.port}`,
    username: given.device,
    password: given.password,
    groupId: given.group,
    edgeNode: given.device,
    clientId: given.device,
    version: "spBv1.0",
    publishDeath: given.end === "clean",
  });
  await new Promise((resolve) => client.once("birth", resolve));
  beBorn(client);
  client.on("ncmd", (command) => {
    // The library reads no value where a command has no datatype, which the standard advises to leave out.
    if (command.metrics.some((metric) => metric.name === "Node Control/Rebirth")) {
      beBorn(client);
      end = Math.min(end, latest + given.count);
    }
  });
  for (let n = 1; n < end; n++) {
    client.publishNodeData(payload("node", n, ["strokes"]), COMPRESSION[n % 3]);
    client.publishDeviceData("press", payload("press", n, Object.keys(TYPES).slice(0, 1 + (n % 4))), COMPRESSION[(n + 1) % 3]);
    latest = n;
    if (given.pause || n % 50 === 0) await pause(given.pause || 10);
  }
  await pause(500);
  const account = JSON.stringify({ node: [...said.node.values()], press: [...said.press.values()] });
  await new Promise((resolve) => process.stdout.write(`${account}\n`, resolve));
  if (given.end === "clean") {
    client.stop();
    await pause(500);
  }
  process.exit(0);
}

main();
