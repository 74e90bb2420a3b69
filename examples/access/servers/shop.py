"""Orders what stands on the command line."""

import pathlib, sys, urllib.request, uuid

key = pathlib.Path("shop.key").read_text().strip()
fields = {
    "Authorization": f"Bearer {key}",
    "Content-Type": "text/plain",
    "Idempotency-Key": str(uuid.uuid4()),  # who is not sure whether it came sends it again with the same
}
request = urllib.request.Request("http://localhost:8080/channels/orders.tea", " ".join(sys.argv[1:]).encode(), fields)
print(urllib.request.urlopen(request, timeout=10).read().decode())
