"""The stories several signals tell together, each with the most it may weigh."""

from __future__ import annotations

from shopwarden.contracts.signal import Group

GROUPS = (
    Group("anonymity", 22, "Who sits behind the IP address is hidden"),
    Group("bad_address", 26, "The IP address is known for fraud"),
    Group("bad_email", 24, "The e-mail address is known for fraud"),
    Group("card_check", 28, "The card and the address do not fit"),
    Group("card_testing", 95, "Stolen card numbers are being tried out"),
    Group("dead_email", 30, "Mail to the address does not arrive"),
    Group("destination", 32, "The parcel goes somewhere unusual"),
    Group("haste", 35, "The buyer knew what to buy before looking"),
    Group("location", 30, "The places do not fit together"),
    Group("machine", 55, "A program, not a person, is shopping"),
    Group("past_fraud", 60, "Earlier orders ended badly"),
    Group("phone", 14, "The phone number is doubtful"),
    Group("shared_address", 40, "One address serves many buyers"),
    Group("shared_device", 45, "One device serves many buyers"),
    Group("standing", 40, "What the customer's history speaks for"),
    Group("takeover", 42, "Somebody else may be using the account"),
    Group("throwaway_email", 35, "The e-mail address was made for one use"),
    Group("value", 24, "The order is unusually large"),
    Group("velocity_email", 30, "One e-mail address does too much at once"),
    Group("velocity_ip", 35, "One IP address does too much at once"),
    Group("vendor_risk", 45, "Fraud services judged the order or the customer"),
)
