"""Handing batch jobs in by HTTP and following them."""

BATCHES = "/v1/batches"
NDJSON = {"Content-Type": "application/x-ndjson"}
FAST = {"mode": "fast", "store": "false"}


def submit(client, content, *, headers=NDJSON, status=202, **query):
    response = client.post(BATCHES, content=content, headers=headers, params={**FAST, **query})
    assert response.status_code == status, response.text
    return response.json()


def events(client, key, last_event_id=""):
    headers = {"Last-Event-ID": last_event_id} if last_event_id else {}
    with client.stream("GET", f"{BATCHES}/{key}/events", headers=headers) as response:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        blocks = "".join(response.iter_text()).strip().split("\n\n")
    return [
        dict(line.split(": ", 1) for line in block.splitlines())
        for block in blocks
        if not block.startswith(":")
    ]
