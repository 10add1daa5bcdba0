/**
 * What the console API says, word for word.
 *
 * **Comes in:** nothing. **Goes out:** the types of requests and answers, as the server writes them.
 * **Never here:** fetching, texts for people.
 */

export const platformPolicies = ["single", "dual", "triple", "multi"] as const;
export type PlatformPolicy = (typeof platformPolicies)[number];

export const uploadMbMax = 100;
export const uploadDayMbMax = 1_000_000;
export const historyDaysMax = 3650;
export const receiptMembersMaxMax = 2000;
export const receiptGroupKinds = ["Work", "Public", "Meeting"] as const;
export type ReceiptGroupKind = (typeof receiptGroupKinds)[number];
export const blockedSenders = ["refuse", "pretend"] as const;
export type BlockedSender = (typeof blockedSenders)[number];

export const platforms = [
  "web",
  "mini-program",
  "windows",
  "mac",
  "linux",
  "android",
  "ios",
  "ipad",
  "server",
] as const;
export type Platform = (typeof platforms)[number];

export const webInstancesMax = 10;
export const revokeLimitSMax = 604_800;
export const passwordCharactersMin = 10;
export const userIDBytesMax = 32;

export interface Session {
  signedIn: true;
  version: string;
}

export interface Overview {
  version: string;
  startedMs: number;
  nowMs: number;
  connections: number;
  instances: number;
  accountsOnline: number;
  apps: number;
  accounts: number;
  messagesSent: number;
  dataBytes: number;
  /** The server was started with `--dev`: it signs anybody in. */
  dev: boolean;
}

export interface Settings {
  /** 1 to `webInstancesMax`. */
  webInstances: number;
  platformPolicy: PlatformPolicy;
  /** 0 to `revokeLimitSMax`. */
  revokeLimitS: number;
  blockedSender: BlockedSender;
  /** The largest file, in megabytes: 0 (nobody uploads) to `uploadMbMax`. */
  uploadMb: number;
  /** What an account may upload within a day, in megabytes: 0 (any amount) to `uploadDayMbMax`. */
  uploadDayMb: number;
  /** Days for which messages are kept: 0 (for ever) to `historyDaysMax`. */
  historyDays: number;
  /** Kinds of groups that have read receipts. */
  receiptGroups: readonly ReceiptGroupKind[];
  /** Members that such a group may have: 0 to `receiptMembersMaxMax`. */
  receiptMembersMax: number;
}

export interface App {
  sdkAppID: number;
  name: string;
  createdMs: number;
  accounts: number;
  online: number;
  settings: Settings;
}

/** Who translates for an app; the key itself is never told. */
export interface Translate {
  url: string;
  hasKey: boolean;
}

/** A key is told once, when it is made. */
export interface SecretKey {
  secretKey: string;
}

export interface AppCreated extends SecretKey {
  app: App;
}

export interface AppChange {
  name?: string;
  settings?: Partial<Settings>;
}

export interface OnlineInstance {
  platform: Platform;
  instance: string;
  sinceMs: number;
  address: string;
}

export interface Account {
  userID: string;
  nick: string;
  avatar: string;
  createdMs: number;
  /** 0 when the account was imported and never logged in. */
  lastLoginMs: number;
  online: OnlineInstance[];
}

export interface AccountPage {
  accounts: Account[];
  /** Where the next page starts; empty on the last one. */
  next: string;
}

export interface SignedUser {
  userSig: string;
  expiresMs: number;
}
