"""An order's record as the Admin API shows it, from nothing but seed and number."""

from __future__ import annotations

from functools import cache

from shopwarden.sandbox.shop_goods import GOODS
from shopwarden.sandbox.shop_people import CURRENCY, Record, address, bag, named, names
from shopwarden.sandbox.shop_world import DAY, FIRST_CUSTOMER, FIRST_NUMBER, FIRST_ORDER, World, gid, iso

_CARDS = (("Visa", "411111"), ("Mastercard", "555555"), ("American Express", "378282"), ("Discover", "601111"))


def order_record(world: World, index: int) -> Record:
    """All of the order but its customer, whose number is in `_customer`."""
    drawn = world.draw("sale", index)
    number, at = FIRST_ORDER + index, world.order_time(index)
    owner = world.owner(index)
    first, last = names(world, owner) if owner is not None else ("Robin", "Guest")
    home = named(address(world, owner, index, number), first, last)
    goods, shipping, tax = world.cents(index)
    status = status_of(world, index)
    sent = status in {"PAID", "PARTIALLY_REFUNDED"} and world.order_time(world.orders - 1) - at > 2 * DAY
    lines = line_items(world, index, number)
    called = f"#{FIRST_NUMBER + index}"
    return {
        "id": gid("Order", number),
        "legacyResourceId": str(number),
        "name": called,
        "number": FIRST_NUMBER + index,
        "email": world.mail(owner) if owner is not None else f"guest.{index}@example.com",
        "phone": None,
        **_times(at, status),
        **_words(drawn, number),
        "clientIp": world.ip(owner, index),
        "_customer": None if owner is None else FIRST_CUSTOMER + owner,
        "displayFinancialStatus": status,
        "displayFulfillmentStatus": "FULFILLED" if sent else "UNFULFILLED",
        **amounts(goods, shipping, tax, status),
        "subtotalLineItemsQuantity": sum(quantity for _, quantity in world.lines(index)),
        "currentSubtotalLineItemsQuantity": sum(quantity for _, quantity in world.lines(index)),
        "billingAddress": home,
        "shippingAddress": home,
        "billingAddressMatchesShippingAddress": True,
        "lineItems": lines,
        "shippingLines": [_shipping(number, shipping)],
        "shippingLine": _shipping(number, shipping),
        "transactions": transactions(world, index, goods + shipping + tax, status),
        "fulfillments": [_parcel(number, called, at + DAY)] if sent else [],
        "refunds": [_refund(number, at + DAY, goods + shipping + tax)] if status == "REFUNDED" else [],
        "disputes": [{"id": gid("ShopifyPaymentsDispute", number), "initiatedAs": "CHARGEBACK", "status": "LOST"}]
        if drawn[0] == 255
        else [],
        "customerJourneySummary": _journey(drawn, number, at),
    }


def amounts(goods: int, shipping: int, tax: int, status: str) -> Record:
    """Every sum of an order, in cents of the shop's currency."""
    total = goods + shipping + tax
    paid = 0 if status in {"PENDING", "VOIDED"} else total
    back = total if status == "REFUNDED" else 0
    return {
        "_total": total,
        "currencyCode": CURRENCY,
        "presentmentCurrencyCode": CURRENCY,
        "totalPriceSet": bag(total),
        "currentTotalPriceSet": bag(total - back),
        "subtotalPriceSet": bag(goods),
        "currentSubtotalPriceSet": bag(0 if back else goods),
        "totalDiscountsSet": bag(0),
        "currentTotalDiscountsSet": bag(0),
        "totalShippingPriceSet": bag(shipping),
        "totalTaxSet": bag(tax),
        "currentTotalTaxSet": bag(0 if back else tax),
        "totalRefundedSet": bag(back),
        "totalReceivedSet": bag(paid),
        "totalOutstandingSet": bag(total if status == "PENDING" else 0),
        "netPaymentSet": bag(paid - back),
        "fullyPaid": paid == total,
        "unpaid": paid == 0,
        "refundable": paid > back,
        "capturable": False,
    }


def line_items(world: World, index: int, number: int) -> list[Record]:
    items: list[Record] = []
    for place, (position, quantity) in enumerate(world.lines(index)):
        good = GOODS[position]
        each, all_of_it = bag(good.cents), bag(good.cents * quantity)
        items.append(
            {
                "id": gid("LineItem", number * 10 + place),
                "name": good.title,
                "title": good.title,
                "variantTitle": None,
                "quantity": quantity,
                "currentQuantity": quantity,
                "refundableQuantity": quantity,
                "sku": f"SKU-{position:03d}",
                "vendor": "House brand",
                "isGiftCard": good.kind == "Gift card",
                "requiresShipping": good.kind != "Gift card",
                "taxable": True,
                "customAttributes": [],
                "originalUnitPriceSet": each,
                "discountedUnitPriceSet": each,
                "originalTotalSet": all_of_it,
                "discountedTotalSet": all_of_it,
                "totalDiscountSet": bag(0),
                "product": product(position),
                "variant": variant(position),
            }
        )
    return items


@cache
def product(position: int) -> Record:
    good = GOODS[position]
    return {
        "id": gid("Product", good.number),
        "legacyResourceId": str(good.number),
        "title": good.title,
        "handle": good.title.lower().replace(" ", "-"),
        "vendor": "House brand",
        "productType": good.kind,
    }


@cache
def variant(position: int) -> Record:
    good = GOODS[position]
    price = f"{good.cents // 100}.{good.cents % 100:02d}"
    number = good.number + 1_000_000
    return {
        "id": gid("ProductVariant", number),
        "legacyResourceId": str(number),
        "title": "Default Title",
        "sku": f"SKU-{position:03d}",
        "price": price,
    }


def transactions(world: World, index: int, cents: int, status: str) -> list[Record]:
    """One sale by card; void orders have one that failed."""
    drawn, number = world.draw("card", index), FIRST_ORDER + index
    company, bin_ = _CARDS[drawn[0] % len(_CARDS)]
    failed = status == "VOIDED"
    last = f"{int.from_bytes(drawn[1:3]) % 10_000:04d}"
    made = iso(world.order_time(index))
    card = {
        "__typename": "CardPaymentDetails",
        "avsResultCode": "N" if failed or drawn[3] > 245 else "Y",
        "bin": bin_,
        "company": company,
        "cvvResultCode": "N" if failed or drawn[4] > 248 else "M",
        "expirationMonth": 1 + drawn[5] % 12,
        "expirationYear": 2027 + drawn[6] % 5,
        "name": None,
        "number": f"•••• •••• •••• {last}",
        "paymentMethodName": company.lower().replace(" ", "_"),
        "wallet": None,
    }
    return [
        {
            "id": gid("OrderTransaction", number),
            "kind": "SALE",
            "status": "FAILURE" if failed else "PENDING" if status == "PENDING" else "SUCCESS",
            "errorCode": "CARD_DECLINED" if failed else None,
            "gateway": "shopify_payments",
            "formattedGateway": "Shopify payments",
            "accountNumber": f"•••• •••• •••• {last}",
            "authorizationCode": None if failed else f"ch_{number}",
            "paymentId": f"r{number}",
            "createdAt": made,
            "processedAt": made,
            "test": False,
            "manualPaymentGateway": False,
            "amountSet": bag(cents),
            "parentTransaction": None,
            "paymentDetails": card,
        }
    ]


def status_of(world: World, index: int) -> str:
    """What became of the payment."""
    drawn = world.draw("sale", index)[0]
    return "REFUNDED" if drawn < 6 else "PENDING" if drawn < 12 else "VOIDED" if drawn < 15 else "PAID"


def _times(at: int, status: str) -> Record:
    stopped = status == "VOIDED"
    return {
        "createdAt": iso(at),
        "updatedAt": iso(at + 60),
        "processedAt": iso(at),
        "cancelledAt": iso(at + 60) if stopped else None,
        "cancelReason": "DECLINED" if stopped else None,
        "cancellation": {"staffNote": None} if stopped else None,
        "closed": stopped,
        "closedAt": iso(at + 60) if stopped else None,
    }


def _words(drawn: bytes, number: int) -> Record:
    return {
        "confirmed": True,
        "confirmationNumber": f"C{number % 1_000_000_007:X}",
        "test": False,
        "note": None,
        "tags": ["repeat"] if drawn[1] < 10 else [],
        "sourceName": "web",
        "sourceIdentifier": None,
        "app": {"id": gid("OrderApp", 580111), "name": "Online Store"},
        "customerLocale": "en",
        "customerAcceptsMarketing": drawn[2] < 110,
        "customAttributes": [],
        "discountCode": None,
        "discountCodes": [],
        "requiresShipping": True,
        "edited": False,
        "paymentGatewayNames": ["shopify_payments"],
        "poNumber": None,
        "statusPageUrl": f"https://shop.example/orders/{number}/status",
    }


def _shipping(number: int, cents: int) -> Record:
    return {
        "id": gid("ShippingLine", number),
        "title": "Standard" if cents else "Free shipping",
        "code": "STANDARD",
        "source": "shopify",
        "carrierIdentifier": None,
        "originalPriceSet": bag(cents),
        "discountedPriceSet": bag(cents),
    }


def _parcel(number: int, called: str, at: int) -> Record:
    return {
        "id": gid("Fulfillment", number),
        "legacyResourceId": str(number),
        "name": f"{called}-F1",
        "status": "SUCCESS",
        "displayStatus": "DELIVERED",
        "createdAt": iso(at),
        "updatedAt": iso(at),
        "deliveredAt": iso(at + DAY),
        "totalQuantity": 1,
        "trackingInfo": [{"company": "Post", "number": f"P{number}", "url": None}],
    }


def _refund(number: int, at: int, cents: int) -> Record:
    return {
        "id": gid("Refund", number),
        "legacyResourceId": str(number),
        "createdAt": iso(at),
        "updatedAt": iso(at),
        "note": None,
        "totalRefundedSet": bag(cents),
    }


def _journey(drawn: bytes, number: int, at: int) -> Record:
    visit = {
        "id": gid("CustomerVisit", number),
        "landingPage": "https://shop.example/",
        "landingPageHtml": None,
        "occurredAt": iso(at - 600),
        "referralCode": None,
        "referrerUrl": None,
        "source": ("direct", "Google", "Newsletter")[drawn[3] % 3],
        "sourceType": None,
        "utmParameters": None,
    }
    return {"customerOrderIndex": None, "daysToConversion": 0, "ready": True, "firstVisit": visit, "lastVisit": visit}
