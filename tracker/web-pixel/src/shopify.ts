/** What the pixel reads of Shopify's customer events. Everything may be missing: a sandbox hands over what it likes. */

export type Maybe<T> = T | null | undefined;

export interface Money {
  amount?: Maybe<number | string>;
  currencyCode?: Maybe<string>;
}

export interface Variant {
  id?: Maybe<string>;
  sku?: Maybe<string>;
  title?: Maybe<string>;
  price?: Maybe<Money>;
  image?: Maybe<{ src?: Maybe<string> }>;
  product?: Maybe<{
    id?: Maybe<string>;
    title?: Maybe<string>;
    type?: Maybe<string>;
    url?: Maybe<string>;
    vendor?: Maybe<string>;
  }>;
}

export interface CartLine {
  merchandise?: Maybe<Variant>;
  quantity?: Maybe<number>;
  cost?: Maybe<{ totalAmount?: Maybe<Money> }>;
}

export interface Cart {
  id?: Maybe<string>;
  lines?: Maybe<CartLine[]>;
  totalQuantity?: Maybe<number>;
  cost?: Maybe<{ totalAmount?: Maybe<Money> }>;
}

export interface Checkout {
  token?: Maybe<string>;
  email?: Maybe<string>;
  currencyCode?: Maybe<string>;
  subtotalPrice?: Maybe<Money>;
  totalPrice?: Maybe<Money>;
  totalTax?: Maybe<Money>;
  discountsAmount?: Maybe<Money>;
  shippingLine?: Maybe<{ price?: Maybe<Money> }>;
  discountApplications?: Maybe<{ title?: Maybe<string>; type?: Maybe<string> }[]>;
  lineItems?: Maybe<
    { quantity?: Maybe<number>; title?: Maybe<string>; finalLinePrice?: Maybe<Money>; variant?: Maybe<Variant> }[]
  >;
  order?: Maybe<{ id?: Maybe<string>; customer?: Maybe<{ id?: Maybe<string>; isFirstOrder?: Maybe<boolean> }> }>;
  transactions?: Maybe<
    { gateway?: Maybe<string>; amount?: Maybe<Money>; paymentMethod?: Maybe<{ name?: Maybe<string>; type?: Maybe<string> }> }[]
  >;
}

export interface EventData {
  cart?: Maybe<Cart>;
  cartLine?: Maybe<CartLine>;
  checkout?: Maybe<Checkout>;
  collection?: Maybe<{ id?: Maybe<string>; title?: Maybe<string>; productVariants?: Maybe<Variant[]> }>;
  productVariant?: Maybe<Variant>;
  searchResult?: Maybe<{ query?: Maybe<string>; productVariants?: Maybe<Variant[]> }>;
  alert?: Maybe<{ type?: Maybe<string>; message?: Maybe<string>; target?: Maybe<string>; value?: Maybe<string> }>;
  error?: Maybe<{
    type?: Maybe<string>;
    message?: Maybe<string>;
    appName?: Maybe<string>;
    extensionName?: Maybe<string>;
    extensionTarget?: Maybe<string>;
  }>;
  element?: Maybe<{ id?: Maybe<string>; href?: Maybe<string>; action?: Maybe<string> }>;
}

export interface EventContext {
  document?: Maybe<{ location?: Maybe<{ href?: Maybe<string> }>; referrer?: Maybe<string>; title?: Maybe<string> }>;
  navigator?: Maybe<{ language?: Maybe<string>; userAgent?: Maybe<string> }>;
  window?: Maybe<{
    location?: Maybe<{ href?: Maybe<string> }>;
    screen?: Maybe<{ width?: Maybe<number>; height?: Maybe<number> }>;
  }>;
}

export interface CustomerEvent {
  id?: Maybe<string>;
  name: string;
  clientId?: Maybe<string>;
  timestamp?: Maybe<string>;
  context?: Maybe<EventContext>;
  data?: Maybe<EventData>;
}

export interface CustomerPrivacy {
  analyticsProcessingAllowed?: boolean;
  marketingAllowed?: boolean;
}

export interface PixelSettings {
  writeKey?: Maybe<string>;
  host?: Maybe<string>;
}

/** The sandbox as a pixel gets it: an app's pixel through `register`, a custom pixel as variables of the same names. */
export interface PixelApi {
  settings: PixelSettings;
  analytics: { subscribe(name: string, callback: (event: CustomerEvent) => unknown): unknown };
  browser: {
    cookie: { get(name: string): Promise<Maybe<string>> };
    sessionStorage: { getItem(key: string): Promise<Maybe<string>>; setItem(key: string, value: string): Promise<unknown> };
  };
  init: {
    context?: Maybe<EventContext>;
    data?: Maybe<{ cart?: Maybe<Cart> }>;
    customerPrivacy?: Maybe<CustomerPrivacy>;
  };
  customerPrivacy?: Maybe<{
    subscribe(name: string, callback: (event: { customerPrivacy?: CustomerPrivacy }) => unknown): unknown;
  }>;
}
