/** What the live feed says of a visitor, and its three kinds of events. */

export interface Factor {
  key: string;
  points: number;
  sentence: string;
}

export interface Visitor {
  visitorId: string;
  page: string | null;
  pageKind: string;
  activity: string;
  lastSeen: string;
  sessionStarted: string;
  pageViews: number;
  sessions: number;
  country: string | null;
  city: string | null;
  device: { kind?: string | null; browser?: string | null; os?: string | null } | null;
  source: string;
  basketValue: number;
  currency: string;
  orders: number;
  way: string[];
  behaviorScore: number;
  riskLevel: string;
  riskFactors: Factor[];
  patterns: string[];
  isBot: boolean;
  isCustomer: boolean;
}

export interface Told {
  at: string;
  total?: number;
  window_seconds?: number;
  visitors?: Visitor[];
}
