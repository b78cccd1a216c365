"""Rows for the signals of labels and lists."""

NOTHING = {"customer.confirmed_good_orders": 0, "customer.confirmed_fraud_orders": 0, "customer.labelled": "none"}
ENTRY = {"entry_id": "00000000-0000-7000-8000-000000000001", "kind": "email", "value": "ada@example.org"}

ROWS = {
    "order.confirmed_fraud": ({**NOTHING, "customer.confirmed_fraud_orders": 1}, NOTHING),
    "trust.confirmed_good": (
        {**NOTHING, "customer.confirmed_good_orders": 2, "customer.known_device": True},
        {**NOTHING, "customer.confirmed_good_orders": 2, "customer.labelled": "fraud"},
    ),
    "trust.allowed": ({"lists": [{**ENTRY, "list": "allow"}]}, {"lists": [{**ENTRY, "list": "watch"}]}),
}
