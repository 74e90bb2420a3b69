"""Prints the orders as they come, by long polls. Started again, it goes on where it was."""

import json, pathlib, urllib.request

fields = {"Authorization": "Bearer " + pathlib.Path("kitchen.key").read_text().strip()}
cursor = pathlib.Path("cursor")
while True:
    start = f"after={cursor.read_text()}" if cursor.exists() else "since=earliest"
    request = urllib.request.Request(f"http://localhost:8080/channels/orders.tea?transport=poll&{start}", headers=fields)
    with urllib.request.urlopen(request, timeout=90) as answer:
        batch = json.load(answer)
    for event in batch["events"]:
        print(event["data"], flush=True)
    cursor.write_text(batch["next"])
