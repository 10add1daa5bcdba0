/** The overview's series follow the server's own time. */
import { expect, it } from "vitest";
import type { Overview } from "../api/types";
import { emptyTrend, trendRoom, withOverview } from "./overview-trend";

const at = (nowMs: number, messagesSent: number, startedMs = 0): Overview => ({
  version: "0.1.0",
  startedMs,
  nowMs,
  connections: 5,
  instances: 4,
  accountsOnline: 3,
  apps: 1,
  accounts: 9,
  messagesSent,
  dataBytes: 0,
  dev: false,
});

it("a rate needs two moments", () => {
  const one = withOverview(emptyTrend, at(1000, 100));
  expect(one.messageRate).toEqual([]);
  expect(withOverview(one, at(3000, 150)).messageRate).toEqual([25]);
});

it("the same moment twice makes no rate", () => {
  const one = withOverview(emptyTrend, at(1000, 100));
  expect(withOverview(one, at(1000, 100)).messageRate).toEqual([]);
});

it("a restarted server starts a new trend", () => {
  const before = withOverview(withOverview(emptyTrend, at(1000, 100)), at(2000, 200));
  const after = withOverview(before, at(3000, 0, 2500));
  expect([after.connections, after.messageRate]).toEqual([[5], []]);
});

it("a long gap starts a new trend", () => {
  const before = withOverview(emptyTrend, at(1000, 100));
  expect(withOverview(before, at(600_000, 900)).messageRate).toEqual([]);
});

it("keeps no more than there is room for", () => {
  let trend = emptyTrend;
  for (let turn = 0; turn < trendRoom * 2; turn++) trend = withOverview(trend, at(turn * 1000, turn));
  expect(trend.connections.length).toBe(trendRoom);
  expect(trend.messageRate.length).toBe(trendRoom);
});
