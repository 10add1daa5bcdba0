/** An edit is sent as what differs, and refused where the contract refuses it. */
import { describe, expect, it } from "vitest";
import type { App } from "../../api/types";
import { changeOf, draftOf, problemsOf } from "./settings-draft";

const app: App = {
  sdkAppID: 1400000001,
  name: "Chat",
  createdMs: 0,
  accounts: 0,
  online: 0,
  settings: { webInstances: 1, platformPolicy: "multi", revokeLimitS: 120, blockedSender: "refuse", uploadMb: 100, uploadDayMb: 2048, historyDays: 7, receiptGroups: ["Work", "Public", "Meeting"], receiptMembersMax: 200 },
};
const withLimit = (revokeLimitS: number): App => ({ ...app, settings: { ...app.settings, revokeLimitS } });

it("nothing edited is nothing to send", () => {
  expect(changeOf(app, draftOf(app))).toBeUndefined();
});

it("only what differs is sent", () => {
  expect(changeOf(app, { ...draftOf(app), webInstances: 3 })).toEqual({ settings: { webInstances: 3 } });
  expect(changeOf(app, { ...draftOf(app), name: " Work " })).toEqual({ name: "Work" });
});

it("the same time in another unit is no change", () => {
  expect(changeOf(app, { ...draftOf(app), revokeAmount: 120, revokeUnit: "second" })).toBeUndefined();
});

it.each([
  [0, 0, "minute"],
  [45, 45, "second"],
  [120, 2, "minute"],
  [5400, 90, "minute"],
  [7200, 2, "hour"],
  [604_800, 7, "day"],
] as const)("a limit of %i seconds is edited as %i %ss", (seconds, amount, unit) => {
  const draft = draftOf(withLimit(seconds));
  expect([draft.revokeAmount, draft.revokeUnit]).toEqual([amount, unit]);
});

describe("problems", () => {
  const problems = (part: Partial<ReturnType<typeof draftOf>>) => [...problemsOf(app, { ...draftOf(app), ...part })];

  it("the edges of what is allowed are allowed", () => {
    expect(problems({ webInstances: 1 })).toEqual([]);
    expect(problems({ webInstances: 10 })).toEqual([]);
    expect(problems({ revokeAmount: 0 })).toEqual([]);
    expect(problems({ uploadMb: 0, uploadDayMb: 0 })).toEqual([]);
    expect(problems({ revokeAmount: 7, revokeUnit: "day" })).toEqual([]);
  });

  it("beyond them is not", () => {
    for (const webInstances of [0, 11, 1.5, Number.NaN]) expect(problems({ webInstances })).toEqual(["webInstances"]);
    expect(problems({ revokeAmount: 8, revokeUnit: "day" })).toEqual(["revokeLimit"]);
    expect(problems({ revokeAmount: Number.NaN })).toEqual(["revokeLimit"]);
    for (const uploadMb of [-1, 101, Number.NaN]) expect(problems({ uploadMb })).toEqual(["uploadMb"]);
    expect(problems({ uploadDayMb: 1.5 })).toEqual(["uploadDayMb"]);
    for (const historyDays of [-1, 3651, 0.5]) expect(problems({ historyDays })).toEqual(["historyDays"]);
    expect(problems({ historyDays: 0, receiptMembersMax: 2001 })).toEqual(["receiptMembersMax"]);
    expect(problems({ name: "  " })).toEqual(["name"]);
  });
});
