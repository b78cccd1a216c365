/** Products, carts and checkouts as properties of Segment's e-commerce events. */

import type { Cart, CartLine, Checkout, Maybe, Variant } from "./shopify.ts";
import { amount, plainId, text } from "./values.ts";

export type Properties = Record<string, unknown>;

// With these no event outgrows what the server takes of one, 32 KiB, whatever the shop calls its products.
const MOST_PRODUCTS = 20;
const LONGEST_NAME = 80;

export function product(variant: Maybe<Variant>): Properties {
  return {
    product_id: plainId(variant?.product?.id),
    variant_id: plainId(variant?.id),
    sku: text(variant?.sku, LONGEST_NAME),
    name: text(variant?.product?.title, LONGEST_NAME) ?? text(variant?.title, LONGEST_NAME),
    variant: text(variant?.title, LONGEST_NAME),
    brand: text(variant?.product?.vendor, LONGEST_NAME),
    category: text(variant?.product?.type, LONGEST_NAME),
    price: amount(variant?.price),
    currency: text(variant?.price?.currencyCode, 3),
  };
}

export function line(cartLine: Maybe<CartLine>): Properties {
  return { ...product(cartLine?.merchandise), quantity: cartLine?.quantity ?? undefined };
}

export function listed(variants: Maybe<Variant[]>): Properties[] {
  return (variants ?? []).slice(0, MOST_PRODUCTS).map(product);
}

export function cart(given: Maybe<Cart>): Properties {
  return {
    cart_token: plainId(given?.id),
    cart_value: amount(given?.cost?.totalAmount),
    value: amount(given?.cost?.totalAmount),
    currency: text(given?.cost?.totalAmount?.currencyCode, 3),
    quantity: given?.totalQuantity ?? undefined,
    products: (given?.lines ?? []).slice(0, MOST_PRODUCTS).map(line),
  };
}

export function checkout(given: Maybe<Checkout>): Properties {
  const goods = amount(given?.subtotalPrice);
  return {
    checkout_token: text(given?.token),
    cart_value: goods,
    value: amount(given?.totalPrice) ?? goods,
    shipping: amount(given?.shippingLine?.price),
    tax: amount(given?.totalTax),
    discount: amount(given?.discountsAmount),
    coupon: given?.discountApplications?.map((one) => text(one.title)).find(Boolean),
    currency: text(given?.currencyCode ?? given?.totalPrice?.currencyCode, 3),
    products: (given?.lineItems ?? []).slice(0, MOST_PRODUCTS).map((item) => ({
      ...product(item.variant),
      name: text(item.variant?.product?.title, LONGEST_NAME) ?? text(item.title, LONGEST_NAME),
      quantity: item.quantity ?? undefined,
      line_total: amount(item.finalLinePrice),
    })),
  };
}

export function order(given: Maybe<Checkout>): Properties {
  const paid = given?.transactions?.[0];
  return {
    ...checkout(given),
    order_id: plainId(given?.order?.id),
    total: amount(given?.totalPrice),
    revenue: amount(given?.totalPrice),
    gateway: text(paid?.gateway),
    payment_method: text(paid?.paymentMethod?.name) ?? text(paid?.paymentMethod?.type),
    is_first_order: given?.order?.customer?.isFirstOrder ?? undefined,
  };
}
