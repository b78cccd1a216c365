"""Rows for the vendor signals."""


def ip(key, **said):
    return {"vendor.ip": {key: said}}


def email(key, **said):
    return {"vendor.email": {key: said}}


def phone(key, **said):
    return {"vendor.phone": {key: said}}


def risk(key, **said):
    return {"vendor.risk": {key: said}}


ROWS = {
    "vendor.ipqualityscore_ip": (ip("ipqualityscore.ip", fraud_score=92), ip("ipqualityscore.ip", fraud_score=40)),
    "vendor.maxmind_insights": (ip("maxmind.insights", fraud_score=20), ip("maxmind.insights", fraud_score=0.9)),
    "vendor.ipqualityscore_email": (
        email("ipqualityscore.email", fraud_score=95),
        email("ipqualityscore.email", fraud_score=20),
    ),
    "vendor.sendgrid_email": (email("sendgrid.email", verdict="risky"), email("sendgrid.email", verdict="valid")),
    "vendor.ipqualityscore_phone": (
        phone("ipqualityscore.phone", recent_abuse=True),
        phone("ipqualityscore.phone", fraud_score=0),
    ),
    "vendor.maxmind_minfraud": (risk("maxmind.minfraud", score=35.5), risk("maxmind.minfraud", score=0.1)),
    "vendor.sift_score": (risk("sift.score", score=88), risk("sift.score", score=12)),
    "vendor.riskified_doubts": (risk("riskified.decide", opinion="decline"), risk("riskified.decide", opinion="approve")),
    "vendor.riskified_approves": (
        risk("riskified.decide", opinion="approve"),
        risk("riskified.decide", opinion="review"),
    ),
    "vendor.other": (risk("newcomer.order", score=99), risk("newcomer.order", score=10, opinion="approve")),
}
