/**
 * An app's settings while somebody edits them.
 *
 * **Comes in:** the app as the server has it, and edits. **Goes out:** what differs, and what is not allowed.
 * **Never here:** sending it.
 */
import {
  revokeLimitSMax,
  historyDaysMax,
  receiptGroupKinds,
  receiptMembersMaxMax,
  uploadDayMbMax,
  uploadMbMax,
  webInstancesMax,
  type App,
  type AppChange,
  type BlockedSender,
  type PlatformPolicy,
  type ReceiptGroupKind,
  type Settings,
} from "../../api/types";

export const units = ["second", "minute", "hour", "day"] as const;
export type Unit = (typeof units)[number];
export const secondsOf: Record<Unit, number> = { second: 1, minute: 60, hour: 3600, day: 86_400 };

export interface Draft {
  name: string;
  /** NaN while the field is empty; so is `revokeAmount`. */
  webInstances: number;
  platformPolicy: PlatformPolicy;
  revokeAmount: number;
  revokeUnit: Unit;
  blockedSender: BlockedSender;
  uploadMb: number;
  uploadDayMb: number;
  historyDays: number;
  receiptGroups: readonly ReceiptGroupKind[];
  receiptMembersMax: number;
}

export function draftOf(app: App): Draft {
  const { webInstances, platformPolicy, revokeLimitS, blockedSender, uploadMb, uploadDayMb } = app.settings;
  const { historyDays, receiptGroups, receiptMembersMax } = app.settings;
  const revokeUnit = unitFor(revokeLimitS);
  return {
    name: app.name,
    webInstances,
    platformPolicy,
    revokeAmount: revokeLimitS / secondsOf[revokeUnit],
    revokeUnit,
    blockedSender,
    uploadMb,
    uploadDayMb,
    historyDays,
    receiptGroups,
    receiptMembersMax,
  };
}

/** Only what differs, so that two people who change different settings do not undo each other. */
export function changeOf(app: App, draft: Draft): AppChange | undefined {
  const settings: Partial<Settings> = {};
  const revokeLimitS = draft.revokeAmount * secondsOf[draft.revokeUnit];
  if (draft.webInstances !== app.settings.webInstances) settings.webInstances = draft.webInstances;
  if (draft.platformPolicy !== app.settings.platformPolicy) settings.platformPolicy = draft.platformPolicy;
  if (revokeLimitS !== app.settings.revokeLimitS) settings.revokeLimitS = revokeLimitS;
  if (draft.blockedSender !== app.settings.blockedSender) settings.blockedSender = draft.blockedSender;
  if (draft.uploadMb !== app.settings.uploadMb) settings.uploadMb = draft.uploadMb;
  if (draft.uploadDayMb !== app.settings.uploadDayMb) settings.uploadDayMb = draft.uploadDayMb;
  if (draft.historyDays !== app.settings.historyDays) settings.historyDays = draft.historyDays;
  if (draft.receiptMembersMax !== app.settings.receiptMembersMax) settings.receiptMembersMax = draft.receiptMembersMax;
  const groupsDiffer = receiptGroupKinds.some((kind) => draft.receiptGroups.includes(kind) !== app.settings.receiptGroups.includes(kind));
  if (groupsDiffer) settings.receiptGroups = draft.receiptGroups;
  const change: AppChange = {};
  if (draft.name.trim() !== app.name) change.name = draft.name.trim();
  if (Object.keys(settings).length > 0) change.settings = settings;
  return Object.keys(change).length > 0 ? change : undefined;
}

export type DraftField = "name" | "webInstances" | "revokeLimit" | "uploadMb" | "uploadDayMb" | "historyDays" | "receiptMembersMax";

export function problemsOf(app: App, draft: Draft): ReadonlySet<DraftField> {
  const problems = new Set<DraftField>();
  // An app may have been made without a name elsewhere; taking a name away is what is refused.
  if (draft.name.trim() === "" && app.name !== "") problems.add("name");
  if (!isWhole(draft.webInstances, 1, webInstancesMax)) problems.add("webInstances");
  if (!isWhole(draft.revokeAmount * secondsOf[draft.revokeUnit], 0, revokeLimitSMax)) problems.add("revokeLimit");
  if (!isWhole(draft.uploadMb, 0, uploadMbMax)) problems.add("uploadMb");
  if (!isWhole(draft.uploadDayMb, 0, uploadDayMbMax)) problems.add("uploadDayMb");
  if (!isWhole(draft.historyDays, 0, historyDaysMax)) problems.add("historyDays");
  if (!isWhole(draft.receiptMembersMax, 0, receiptMembersMaxMax)) problems.add("receiptMembersMax");
  return problems;
}

function isWhole(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}

/** The largest unit that needs no fraction. */
function unitFor(seconds: number): Unit {
  if (seconds === 0) return "minute";
  return [...units].reverse().find((unit) => seconds % secondsOf[unit] === 0) ?? "second";
}
