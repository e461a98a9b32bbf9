"""A device written with kpn-senml and paho. Its one argument says, in JSON, where and as whom.

Its last line is its account. Every other pack goes in CBOR; two of three have a base value, which the library takes
off in doubles.
"""

import json
import sys
import time
from datetime import UTC, datetime
from typing import Any

from kpn_senml import SenmlPack, SenmlRecord, SenmlUnits
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion


def main(given: dict[str, Any]) -> None:
    """Publish `count` packs of one instant each."""
    client = Client(CallbackAPIVersion.VERSION2, client_id=given["device"])
    client.username_pw_set(given["device"], given["password"])
    client.connect(given["host"], given["port"])
    client.loop_start()
    said, sent = [], []
    start = int(time.time() * 1000) - 100 * given["count"]
    for n in range(given["count"]):
        at = (start + 100 * n) / 1000
        oil = round(23.1 + n / 10, 1)
        pack = SenmlPack(f"urn:dev:ops:32473-{given['device']}:")
        pack.base_time = int(at)
        pack.base_value = (None, 20, 0.3)[n % 3]
        pack.add(SenmlRecord("oil_celsius", unit=SenmlUnits.SENML_UNIT_DEGREES_CELSIUS, value=oil, time=at))
        pack.add(SenmlRecord("strokes", value=n, time=at))
        form, payload = ("json", pack.to_json()) if n % 2 else ("cbor", pack.to_cbor())
        sent.append(client.publish(f"vouch/v1/{given['device']}/senml/{form}", payload, qos=1))
        instant = datetime.fromtimestamp(at, UTC).isoformat()
        said += [["oil_celsius", instant, str(oil)], ["strokes", instant, str(n)]]
    for one in sent:
        one.wait_for_publish(20)
    client.disconnect()
    client.loop_stop()
    print(json.dumps({"readings": said}))


main(json.loads(sys.argv[1]))
