/**
 * The last minutes of the overview's numbers.
 *
 * **Comes in:** an overview after another. **Goes out:** series, and the rate of messages between two of them.
 * **Never here:** the clock; the server's own time is in each overview.
 */
import { shallowRef } from "vue";
import type { Overview } from "../api/types";

export interface Trend {
  last: Overview | undefined;
  connections: readonly number[];
  accountsOnline: readonly number[];
  /** Per second. One value less than the others: a rate needs two moments. */
  messageRate: readonly number[];
}

/** About five minutes at one overview every three seconds. */
export const trendRoom = 100;

export const emptyTrend: Trend = { last: undefined, connections: [], accountsOnline: [], messageRate: [] };

/** Outlives the page that shows it, so that a short look elsewhere does not start it anew. */
export const rememberedTrend = shallowRef(emptyTrend);

export function withOverview(trend: Trend, now: Overview): Trend {
  const { last } = trend;
  // The server was started anew, or nobody looked for a while: a line across that would tell a story that was not.
  if (last && (last.startedMs !== now.startedMs || now.nowMs - last.nowMs > gapMsMax)) {
    return withOverview(emptyTrend, now);
  }
  return {
    last: now,
    connections: push(trend.connections, now.connections),
    accountsOnline: push(trend.accountsOnline, now.accountsOnline),
    messageRate: last && now.nowMs > last.nowMs ? push(trend.messageRate, rate(last, now)) : trend.messageRate,
  };
}

const gapMsMax = 60_000;

function rate(last: Overview, now: Overview): number {
  return Math.max(0, now.messagesSent - last.messagesSent) / ((now.nowMs - last.nowMs) / 1000);
}

function push(series: readonly number[], value: number): readonly number[] {
  return [...series, value].slice(-trendRoom);
}
