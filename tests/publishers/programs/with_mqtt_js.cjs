// A device written with MQTT.js for Node.js. Its one argument says, in JSON, where and as whom; its last line is its
// account. On MQTT 5 it waits for each message's receipt.
const mqtt = require("mqtt");

const given = JSON.parse(process.argv[2]);
const prefix = `vouch/v1/${given.device}`;
const client = mqtt.connect(`mqtt://${given.host}:${given.port}`, {
  clientId: given.device,
  username: given.device,
  password: given.password,
  protocolVersion: given.version,
  clean: false,
  properties: given.version === 5 ? { sessionExpiryInterval: 600 } : undefined,
  reconnectPeriod: 200,
});
const waiting = new Map();
const receipts = { stored: 0, duplicate: 0, rejected_count: 0 };

client.on("message", (topic, payload, packet) => {
  const key = packet.properties.correlationData.toString();
  if (!waiting.has(key)) return;
  const receipt = JSON.parse(payload.toString());
  for (const name of Object.keys(receipts)) receipts[name] += receipt[name];
  waiting.get(key)();
  waiting.delete(key);
});

function publish(n, message) {
  const options = { qos: 1 };
  if (given.version !== 5) return client.publishAsync(`${prefix}/telemetry`, message, options);
  options.properties = { responseTopic: `${prefix}/receipt`, correlationData: Buffer.from(`${n}`) };
  return new Promise((resolve, reject) => {
    waiting.set(`${n}`, resolve);
    client.publish(`${prefix}/telemetry`, message, options, (error) => error && reject(error));
  });
}

async function main() {
  const said = [];
  const answered = [];
  const start = Date.now() - given.count * 1000;
  await new Promise((resolve) => client.once("connect", resolve));
  if (given.version === 5) await client.subscribeAsync(`${prefix}/receipt`, { qos: 1 });
  for (let n = 0; n < given.count; n++) {
    const at = new Date(start + n * 1000).toISOString();
    const values = { strokes: n, oil_celsius: 20 + n / 7, state: n % 2 ? "FAULT" : "RUNNING" };
    for (const [name, value] of Object.entries(values)) said.push([name, at, `${value}`]);
    answered.push(publish(n, JSON.stringify({ measured_at: at, values })));
    if (n === Math.floor(given.count / 2)) client.stream.destroy();
  }
  await Promise.all(answered);
  await client.endAsync();
  console.log(JSON.stringify({ readings: said, receipts }));
}

setTimeout(() => {
  console.error(`${waiting.size} messages have no receipt`);
  process.exit(1);
}, 30000).unref();
main();
