// An edge node with one device, written with sparkplug-client for Node.js: aliases, and payloads compressed in turn by
// DEFLATE, GZIP and not at all. Its one argument says, in JSON, where and as whom; its last line is its account.
const sparkplug = require("sparkplug-client");

const given = JSON.parse(process.argv[2]);
const TYPES = { strokes: "UInt32", oil_celsius: "Double", tilt: "Int16", state: "String" };
const COMPRESSION = [{}, { compress: true, algorithm: "DEFLATE" }, { compress: true, algorithm: "GZIP" }];
const said = { node: [], press: [] };
const start = Date.now() - given.count * 1000;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function payload(who, n, names, birth) {
  const values = { strokes: n, oil_celsius: 20 + n / 7, tilt: (n % 600) - 300, state: n % 2 ? "FAULT" : "RUNNING" };
  const timestamp = start + n * 1000;
  for (const name of names) said[who].push([name, new Date(timestamp).toISOString(), `${values[name]}`]);
  const metrics = names.map((name) => {
    const alias = Object.keys(TYPES).indexOf(name) + (who === "node" ? 1 : 11);
    const known = birth ? { name, alias } : { alias };
    return { ...known, timestamp, type: TYPES[name], value: values[name] };
  });
  return { timestamp, metrics };
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
  client.publishNodeBirth(payload("node", 0, ["strokes"], true));
  client.publishDeviceBirth("press", payload("press", 0, Object.keys(TYPES), true));
  for (let n = 1; n < given.count; n++) {
    client.publishNodeData(payload("node", n, ["strokes"]), COMPRESSION[n % 3]);
    client.publishDeviceData("press", payload("press", n, Object.keys(TYPES).slice(0, 1 + (n % 4))), COMPRESSION[(n + 1) % 3]);
    if (n % 50 === 0) await pause(10);
  }
  await pause(500);
  console.log(JSON.stringify(said));
  if (given.end === "clean") {
    client.stop();
    await pause(500);
  }
  process.exit(0);
}

main();
