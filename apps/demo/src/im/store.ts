/**
 * The one place that calls the SDK: its events become state that the screen draws, what people do becomes calls.
 *
 * **Comes in:** the SDK (as an argument, so that tests bring their own), whether the tab is visible. **Goes out:** refs of views that
 * never change in place, promises that reject with a `Problem`, and troubles that belong to no call.
 * **Never here:** the DOM, words of a language, storage.
 */
import { computed, shallowRef, type ShallowRef } from "vue";
import type { Answer, EventName, SdkConversation, SdkGroup, SdkMessage, SdkProfile, Tim, TimEvent, TimStatic } from "./api";
import type { Credentials } from "./account";
import { Excerpt, type Place } from "./excerpt";
import type { Hands } from "./hands";
import { Outbox, targetOf, type Make, type Way } from "./outbox";
import { problemOf, type Problem } from "./problem";
import { Receipts, type Readers } from "./receipts";
import { Shelf } from "./shelf";
import { Timeline } from "./timeline";
import {
  conversationView,
  groupView,
  isSpeech,
  keepIfSame,
  memberView,
  profileView,
  type ConversationView,
  type GroupView,
  type MemberView,
  type MessageView,
  type ProfileView,
} from "./views";

export type Phase =
  | { readonly kind: "signedOut" }
  | { readonly kind: "signingIn"; readonly userID: string }
  | { readonly kind: "ready" }
  | { readonly kind: "kickedOut"; readonly userID: string; readonly type: string };

export type NetState = "connected" | "connecting" | "disconnected";

export type Joined = "joined" | "waiting" | "already";

export type GroupType = "Work" | "Public" | "Meeting" | "Community";

export interface Outside {
  /** Whether a person can see this tab. */
  isVisible(): boolean;
  /** Told of what failed without anybody waiting for it. */
  onTrouble(problem: Problem): void;
  /** Plugins that the SDK needs, such as the one for uploads. */
  readonly plugins?: Readonly<Record<string, unknown>>;
}

/** As many messages as one call deletes. */
const DELETED_MAX = 30;

/** As far back as one is led to the first unread message: 40 pages of 15. */
const PAGES_MAX = 40;

/** Members are asked for in pages of this many, the most that the API allows. */
const MEMBERS_PER_PAGE = 100;

export class ImStore {
  readonly phase: ShallowRef<Phase> = shallowRef({ kind: "signedOut" });
  readonly netState: ShallowRef<NetState> = shallowRef("connecting");
  readonly me: ShallowRef<ProfileView> = shallowRef(profileView({ userID: "" }));
  readonly conversations: ShallowRef<readonly ConversationView[]> = shallowRef([]);
  readonly totalUnread = shallowRef(0);
  readonly groups: ShallowRef<readonly GroupView[]> = shallowRef([]);
  readonly groupsKnown = shallowRef(false);
  readonly blacklist: ShallowRef<ReadonlySet<string>> = shallowRef(new Set<string>());
  /** How join requests were answered in this tab, by the notice's ID. The API does not say it of old notices. */
  readonly answered: ShallowRef<ReadonlyMap<string, "agreed" | "refused" | "handled">> = shallowRef(new Map());

  readonly openID: ShallowRef<string | null> = shallowRef(null);
  readonly messages: ShallowRef<readonly MessageView[]> = shallowRef([]);
  readonly history: ShallowRef<"idle" | "loading" | "failed"> = shallowRef("idle");
  readonly historyComplete = shallowRef(false);
  /** The first message that was unread when the conversation was opened. */
  readonly firstUnreadID: ShallowRef<string | null> = shallowRef(null);
  /** How many unread ones are further up than what is loaded. */
  readonly unreadAbove = shallowRef(0);
  /** Whether what is shown is around an old message, not the newest ones. */
  readonly isElsewhere = computed(() => this.excerpt.value !== null);
  /** A message to be led to; the number makes each request one of its own. */
  readonly focus: ShallowRef<{ readonly id: string; readonly turn: number } | null> = shallowRef(null);
  /** Translations that were asked for, by the message's ID. */
  readonly translations: ShallowRef<ReadonlyMap<string, string>> = shallowRef(new Map());

  readonly shelf: Shelf;
  readonly outbox: Outbox;

  /** The open conversation, also one that is too new for the list. */
  readonly open = computed<ConversationView | null>(() => {
    const id = this.openID.value;
    if (id === null) return null;
    return this.conversations.value.find((conversation) => conversation.id === id) ?? this.visiting.value;
  });

  private readonly excerpt: ShallowRef<Excerpt | null> = shallowRef(null);
  private readonly receipts: Receipts;
  /** How many messages were unread when the open conversation was opened. */
  private unreadAtOpen = 0;
  /** The page of history that is on its way. */
  private older: Promise<void> | null = null;
  private readonly visiting: ShallowRef<ConversationView | null> = shallowRef(null);
  private readonly timelines = new Map<string, Timeline>();
  private readonly recalledTexts = new Map<string, string>();
  /** Where somebody mentioned me while I was signed in and looked elsewhere. */
  private readonly mentionedIn = new Set<string>();
  private readonly reading = new Map<string, "asked" | "again">();
  /** The conversations as the SDK last gave them. */
  private listed: readonly SdkConversation[] = [];
  private tim: Tim | null = null;
  private userID = "";
  /** Grows when one signs in and out: what waits in line from before goes nowhere. */
  private login = 0;

  private readonly hands: Hands;
  private readonly listeners: readonly { event: string; handler: (event: TimEvent) => void }[];

  constructor(
    private readonly sdk: TimStatic,
    private readonly outside: Outside,
  ) {
    const hands: Hands = { sdk, call: (run) => this.call(run), attempt: (run) => this.try(run) };
    this.hands = hands;
    this.shelf = new Shelf(hands);
    this.receipts = new Receipts(hands);
    this.outbox = new Outbox((make, way) => this.sendNew(make, way));
    this.listeners = Object.entries(this.handlers).map(([name, handle]) => ({
      event: sdk.EVENT[name as EventName],
      handler: (event) => handle(event.data),
    }));
  }

  /** Whom a mention of everybody names. */
  get everybody(): string {
    return String(this.sdk.TYPES.MSG_AT_ALL);
  }

  // ---- signing in and out

  /** Resolves when the login is accepted; `phase` becomes ready with SDK_READY. */
  async signIn({ sdkAppID, userID, userSig }: Credentials): Promise<void> {
    this.forgetAll();
    this.userID = userID;
    this.phase.value = { kind: "signingIn", userID };
    try {
      const tim = this.sdk.create({ SDKAppID: sdkAppID });
      if (tim === null) throw { code: 70020, message: "not an SDKAppID" } satisfies Problem;
      this.listen(tim);
      tim.setLogLevel(1);
      if (this.outside.plugins) tim.registerPlugin(this.outside.plugins);
      const { data } = await tim.login({ userID, userSig });
      // This instance was signed in all along, so that SDK_READY will not come again.
      if ((data as { repeatLogin?: boolean } | undefined)?.repeatLogin === true) this.onReady();
    } catch (thrown) {
      this.phase.value = { kind: "signedOut" };
      throw problemOf(thrown);
    }
  }

  async signOut(): Promise<void> {
    const tim = this.tim;
    this.phase.value = { kind: "signedOut" };
    this.forgetAll();
    // Signed out here whatever the network says; the server notices the closed connection.
    await tim?.logout().catch(() => undefined);
  }

  // ---- conversations

  async openConversation(id: string): Promise<void> {
    if (this.openID.value === id) return;
    const known = this.conversations.value.find((conversation) => conversation.id === id);
    this.openID.value = id;
    this.visiting.value = known ?? conversationView({ conversationID: id, type: "", unreadCount: 0 });
    this.firstUnreadID.value = null;
    this.unreadAbove.value = 0;
    this.excerpt.value = null;
    this.focus.value = null;
    this.history.value = "idle";
    if (known?.markedUnread) void this.try(() => this.shelf.mark(known, "unread", false));
    if (known?.hidden) void this.try(() => this.shelf.mark(known, "hide", false));
    const unread = known?.unread ?? 0;
    const timeline = this.timeline(id);
    this.showOpen();
    this.markRead(id);
    if (known === undefined) {
      const { data } = await this.call((tim) => tim.getConversationProfile(id));
      if (this.openID.value === id) this.visiting.value = conversationView(data.conversation);
    }
    if (known?.kind === "group" && !this.groups.value.some((group) => group.groupID === known.target)) void this.loadGroups();
    if (!timeline.loaded) await this.loadOlder();
    if (this.openID.value === id) this.findFirstUnread(unread);
  }

  private findFirstUnread(unread: number): void {
    this.unreadAtOpen = unread;
    this.firstUnreadID.value = nthUnread(this.messages.value, unread);
    const loaded = this.messages.value.filter((message) => message.flow === "in" && isSpeech(message)).length;
    this.unreadAbove.value = this.firstUnreadID.value === null && !this.historyComplete.value ? Math.max(0, unread - loaded) : 0;
  }

  /** Leads to where the unread messages begin, however far up that is; gives up beyond what anybody would read. */
  async goToFirstUnread(): Promise<void> {
    const id = this.openID.value;
    const unread = this.unreadAtOpen;
    for (let page = 0; page < PAGES_MAX && this.openID.value === id && this.unreadAbove.value > 0; page++) {
      await this.loadOlder();
      if (this.history.value === "failed") return;
      this.findFirstUnread(unread);
    }
    this.unreadAbove.value = 0;
    const first = this.firstUnreadID.value ?? this.messages.value[0]?.id;
    if (this.openID.value === id && first !== undefined) this.lead(first);
  }

  /** Leads to a message, also one that is not loaded; resolves to whether it is there. */
  async goTo(place: Place): Promise<boolean> {
    const id = this.openID.value;
    if (id === null) return false;
    if (!this.messages.value.some((message) => message.id === place.messageID)) {
      const excerpt = new Excerpt(this.hands, id);
      await excerpt.open(place);
      if (this.openID.value !== id) return false;
      this.excerpt.value = excerpt;
      this.showOpen();
    }
    if (!this.messages.value.some((message) => message.id === place.messageID)) {
      this.excerpt.value = null;
      this.showOpen();
      return false;
    }
    this.lead(place.messageID);
    return true;
  }

  /** From an old message back to the newest ones. */
  comeBack(): void {
    this.excerpt.value = null;
    this.showOpen();
  }

  /** Has a message that is shown brought before the eye. */
  lead(id: string): void {
    this.focus.value = { id, turn: (this.focus.value?.turn ?? 0) + 1 };
  }

  /** Opens the chat with one person; rejects when there is no such account. */
  async openPerson(userID: string): Promise<void> {
    const id = `C2C${userID}`;
    if (!this.conversations.value.some((conversation) => conversation.id === id)) {
      const { data } = await this.call((tim) => tim.getUserProfile({ userIDList: [userID] }));
      if (data.length === 0 || data[0]?.userID !== userID) {
        throw { code: 40003, message: "no such account" } satisfies Problem;
      }
    }
    await this.openConversation(id);
  }

  /** Reads a conversation without opening it. */
  async readConversation(id: string): Promise<void> {
    await this.call((tim) => tim.setMessageRead({ conversationID: id }));
  }

  closeConversation(): void {
    this.openID.value = null;
    this.visiting.value = null;
    this.excerpt.value = null;
    this.messages.value = [];
  }

  /** One more page of the open conversation's history; who asks while one is on its way waits for that. */
  loadOlder(): Promise<void> {
    if (this.history.value === "loading" && this.older) return this.older;
    this.older = this.loadPage();
    return this.older;
  }

  private async loadPage(): Promise<void> {
    const id = this.openID.value;
    if (id === null) return;
    if (this.excerpt.value) return this.loadExcerpt(this.excerpt.value, "older");
    const timeline = this.timeline(id);
    if (timeline.complete) return;
    this.history.value = "loading";
    const { generation } = timeline;
    try {
      const { data } = await this.call((tim) =>
        tim.getMessageList({
          conversationID: id,
          ...(timeline.nextReqMessageID ? { nextReqMessageID: timeline.nextReqMessageID } : {}),
        }),
      );
      if (timeline.generation !== generation) return;
      timeline.takeOlder(data.messageList);
      timeline.nextReqMessageID = data.nextReqMessageID;
      timeline.complete = data.isCompleted;
      timeline.loaded = true;
      if (this.openID.value !== id) return;
      this.history.value = "idle";
      this.showOpen();
      if (this.unreadAbove.value > 0) this.findFirstUnread(this.unreadAtOpen);
      void this.receipts.ask(data.messageList, () => this.showOpen());
    } catch (thrown) {
      if (this.openID.value !== id || timeline.generation !== generation) return;
      this.history.value = "failed";
      this.outside.onTrouble(problemOf(thrown));
    }
  }

  /** What comes after a stretch of old messages. */
  async loadNewer(): Promise<void> {
    const excerpt = this.excerpt.value;
    if (excerpt && this.history.value === "idle") await this.loadExcerpt(excerpt, "newer");
  }

  private async loadExcerpt(excerpt: Excerpt, way: "older" | "newer"): Promise<void> {
    if (way === "older" ? excerpt.timeline.complete : excerpt.newestReached) return;
    this.history.value = "loading";
    try {
      await excerpt[way]();
      if (this.excerpt.value === excerpt && excerpt.newestReached) this.excerpt.value = null;
    } catch (thrown) {
      this.outside.onTrouble(problemOf(thrown));
    }
    if (this.openID.value !== excerpt.conversationID) return;
    this.history.value = "idle";
    this.showOpen();
  }

  /** To be called when the tab becomes visible: what is on the screen then is read. */
  becameVisible(): void {
    if (this.openID.value === null) return;
    this.markRead(this.openID.value);
    this.tellSeen();
  }

  // ---- messages

  resend(id: string): void {
    const message = this.find(id);
    if (message) void this.deliver(message, (tim) => tim.resendMessage(message));
  }

  async revoke(id: string): Promise<void> {
    const message = this.find(id);
    if (!message) return;
    const { body } = this.messages.value.find((view) => view.id === id) ?? {};
    await this.call((tim) => tim.revokeMessage(message));
    if (body?.kind === "text") this.recalledTexts.set(id, body.text);
    this.showOpen();
  }

  /** Changes what an own message says, for everybody. */
  async edit(id: string, text: string): Promise<void> {
    const message = this.find(id);
    if (!message) return;
    const before = message.payload;
    message.payload = { ...Object(before), text };
    try {
      await this.call((tim) => tim.modifyMessage(message));
    } catch (problem) {
      // On a conflict the SDK has put the latest text there; else it is as it was.
      if ((problem as Problem).code !== 2480) message.payload = before;
      throw problem;
    } finally {
      this.showOpen();
    }
  }

  /** Takes messages away from one's own devices; what was never sent, from here. */
  async remove(ids: readonly string[]): Promise<void> {
    const messages = ids.flatMap((id) => this.find(id) ?? []);
    const sent = messages.filter(({ status }) => status === "success").slice(0, DELETED_MAX);
    if (sent.length > 0) await this.call((tim) => tim.deleteMessage(sent));
    for (const message of messages) {
      if (message.status !== "success" || message.isDeleted) this.timeline(message.conversationID).remove(message.ID);
    }
    this.showOpen();
  }

  async translate(id: string, text: string, language: string): Promise<void> {
    const { data } = await this.call((tim) =>
      tim.translateText({ sourceTextList: [text], sourceLanguage: "auto", targetLanguage: language }),
    );
    this.translations.value = new Map([...this.translations.value, [id, data.translatedTextList[0] ?? ""]]);
  }

  /** The SDK's messages of these IDs in the open conversation, in order: to be passed on. */
  originals(ids: ReadonlySet<string>): SdkMessage[] {
    return this.messages.value.filter(({ id }) => ids.has(id)).flatMap(({ id }) => this.find(id) ?? []);
  }

  /** What a combined message holds; the SDK fetches what did not come along. */
  async openMerger(id: string): Promise<unknown> {
    const message = this.find(id);
    if (!message) return undefined;
    const payload = message.payload as { messageList?: unknown[]; downloadKey?: string };
    if ((payload.messageList?.length ?? 0) > 0 || !payload.downloadKey) return payload;
    const answer = await this.call((tim) => tim.downloadMergerMessage(message));
    return payloadIn(answer) ?? message.payload;
  }

  async readers(id: string, read: boolean, cursor: string): Promise<Readers> {
    const message = this.find(id);
    if (!message) return { userIDs: [], cursor: "", complete: true };
    return this.receipts.readers(message, read, cursor);
  }

  /** What a message said that this tab recalled, to write it anew. */
  recalledText(id: string): string | undefined {
    return this.recalledTexts.get(id);
  }

  async answerApplication(id: string, agree: boolean): Promise<void> {
    const message = this.find(id);
    if (!message) return;
    try {
      await this.call((tim) => tim.handleGroupApplication({ handleAction: agree ? "Agree" : "Reject", message }));
      this.noteAnswer(id, agree ? "agreed" : "refused");
    } catch (thrown) {
      const problem = problemOf(thrown);
      // Another admin was faster, or the applicant is in by now: there is nothing left to answer.
      if (problem.code === 10024 || problem.code === 10013) this.noteAnswer(id, "handled");
      throw problem;
    }
  }

  // ---- groups

  async createGroup(name: string, type: GroupType, joinOption: string | null, userIDs: readonly string[]): Promise<void> {
    const types: Record<GroupType, keyof TimStatic["TYPES"]> = {
      Work: "GRP_WORK",
      Public: "GRP_PUBLIC",
      Meeting: "GRP_MEETING",
      Community: "GRP_COMMUNITY",
    };
    const { data } = await this.call((tim) =>
      tim.createGroup({
        name,
        type: String(this.sdk.TYPES[types[type]]),
        ...(joinOption === null ? {} : { joinOption }),
        ...(userIDs.length === 0 ? {} : { memberList: userIDs.map((userID) => ({ userID })) }),
      }),
    );
    await this.openConversation(`GROUP${data.group.groupID}`);
  }

  async findGroup(groupID: string): Promise<GroupView> {
    const { data } = await this.call((tim) => tim.searchGroupByID(groupID));
    return groupView(data.group);
  }

  async joinGroup(groupID: string, applyMessage: string): Promise<Joined> {
    const { data } = await this.call((tim) => tim.joinGroup({ groupID, applyMessage }));
    if (data.status === "WaitAdminApproval") return "waiting";
    await this.openConversation(`GROUP${groupID}`);
    return data.status === "AlreadyInGroup" ? "already" : "joined";
  }

  async groupProfile(groupID: string): Promise<GroupView> {
    const { data } = await this.call((tim) => tim.getGroupProfile({ groupID }));
    return groupView(data.group);
  }

  /** One page of members; an incomplete page is the last. */
  async members(groupID: string, offset: number): Promise<{ members: MemberView[]; more: boolean }> {
    const { data } = await this.call((tim) => tim.getGroupMemberList({ groupID, count: MEMBERS_PER_PAGE, offset }));
    return { members: data.memberList.map(memberView), more: data.memberList.length >= MEMBERS_PER_PAGE };
  }

  async quitGroup(groupID: string): Promise<void> {
    await this.call((tim) => tim.quitGroup(groupID));
    this.leave(groupID);
  }

  async dismissGroup(groupID: string): Promise<void> {
    await this.call((tim) => tim.dismissGroup(groupID));
    this.leave(groupID);
  }

  // ---- people

  async profile(userID: string): Promise<ProfileView> {
    const { data } = await this.call((tim) => tim.getUserProfile({ userIDList: [userID] }));
    return profileView(data[0] ?? { userID });
  }

  async people(userIDs: readonly string[]): Promise<ProfileView[]> {
    if (userIDs.length === 0) return [];
    const { data } = await this.call((tim) => tim.getUserProfile({ userIDList: [...userIDs] }));
    return data.map(profileView);
  }

  async updateProfile(change: { nick: string; avatar: string; gender: string; signature: string }): Promise<void> {
    const { nick, avatar, gender, signature } = change;
    await this.call((tim) => tim.updateMyProfile({ nick, avatar, gender, selfSignature: signature }));
    this.me.value = { ...this.me.value, ...change };
  }

  async block(userID: string): Promise<void> {
    await this.call((tim) => tim.addToBlacklist({ userIDList: [userID] }));
    this.blacklist.value = new Set([...this.blacklist.value, userID]);
  }

  async unblock(userID: string): Promise<void> {
    await this.call((tim) => tim.removeFromBlacklist({ userIDList: [userID] }));
    this.blacklist.value = new Set([...this.blacklist.value].filter((blocked) => blocked !== userID));
  }

  // ---- what the SDK tells

  private readonly handlers: Record<EventName, (data: unknown) => void> = {
    SDK_READY: () => this.onReady(),
    // Only a new login helps, as when the UserSig was void at a reconnect; ERROR says why. A kick says more, and comes next.
    // A connection that is cut and comes back is told by NET_STATE_CHANGE alone.
    SDK_NOT_READY: () => {
      if (this.phase.value.kind !== "ready") return;
      this.phase.value = { kind: "signedOut" };
      this.forgetAll();
    },
    SDK_RELOAD: () => this.reload(),
    MESSAGE_RECEIVED: (data) => this.onMessages(data as SdkMessage[], true),
    MESSAGE_MODIFIED: (data) => this.onMessages(data as SdkMessage[], false),
    MESSAGE_READ_RECEIPT_RECEIVED: () => this.showOpen(),
    MESSAGE_REVOKED: (data) => this.onMessages(data as SdkMessage[], false),
    MESSAGE_READ_BY_PEER: (data) => this.onMessages(data as SdkMessage[], false),
    CONVERSATION_LIST_UPDATED: (data) => this.onConversations(data as SdkConversation[]),
    TOTAL_UNREAD_MESSAGE_COUNT_UPDATED: (data) => {
      this.totalUnread.value = data as number;
    },
    CONVERSATION_GROUP_LIST_UPDATED: (data) => {
      this.shelf.folders.value = data as string[];
    },
    GROUP_LIST_UPDATED: (data) => this.onGroups(data as SdkGroup[]),
    PROFILE_UPDATED: (data) => this.onProfiles(data as SdkProfile[]),
    BLACKLIST_UPDATED: (data) => {
      this.blacklist.value = new Set(data as string[]);
    },
    KICKED_OUT: (data) => {
      this.phase.value = { kind: "kickedOut", userID: this.userID, type: (data as { type: string }).type };
      this.forgetAll();
    },
    ERROR: (data) => this.outside.onTrouble(problemOf(data)),
    NET_STATE_CHANGE: (data) => {
      this.netState.value = (data as { state: NetState }).state;
      // What was on the screen while the line was down may have been read only here.
      if (this.netState.value === "connected") this.becameVisible();
    },
  };

  private listen(tim: Tim): void {
    if (this.tim === tim) return;
    for (const { event, handler } of this.listeners) {
      this.tim?.off(event, handler);
      tim.on(event, handler);
    }
    this.tim = tim;
  }

  private onReady(): void {
    this.phase.value = { kind: "ready" };
    this.netState.value = "connected";
    if (this.me.value.userID !== this.userID) this.me.value = profileView({ userID: this.userID });
    this.reload();
  }

  /** Asks for everything anew: at the start, and after an interruption too long to be told all that was missed. */
  private reload(): void {
    for (const timeline of this.timelines.values()) timeline.restart();
    void this.try(async (tim) => this.onProfiles([(await tim.getMyProfile()).data]));
    void this.try(async (tim) => this.onConversations((await tim.getConversationList()).data.conversationList));
    void this.try(async (tim) => {
      this.blacklist.value = new Set((await tim.getBlacklist()).data);
    });
    void this.loadGroups();
    void this.shelf.load();
    void this.try(async (tim) => {
      this.totalUnread.value = tim.getTotalUnreadMessageCount();
    });
    if (this.openID.value !== null) {
      this.history.value = "idle";
      void this.loadOlder();
    }
  }

  private async loadGroups(): Promise<void> {
    await this.try(async (tim) => this.onGroups((await tim.getGroupList()).data.groupList));
  }

  private onMessages(messages: readonly SdkMessage[], arrived: boolean): void {
    for (const message of messages) {
      const timeline = this.timelines.get(message.conversationID);
      // A conversation that was never opened reads its history from the SDK when it is.
      if (timeline && (timeline.loaded || message.conversationID === this.openID.value)) {
        if (arrived || timeline.find(message.ID)) timeline.take([message]);
      }
      if (this.excerpt.value?.timeline.find(message.ID)) this.excerpt.value.timeline.take([message]);
    }
    this.showOpen();
    const open = this.openID.value;
    if (arrived) this.noteMentions(messages);
    if (arrived && open !== null && messages.some((message) => message.conversationID === open && message.flow === "in")) {
      this.markRead(open, true);
    }
  }

  private noteMentions(messages: readonly SdkMessage[]): void {
    for (const { conversationID, flow, atUserList } of messages) {
      const isMeant = atUserList?.includes(this.userID) || atUserList?.includes(this.everybody);
      const isSeen = conversationID === this.openID.value && this.outside.isVisible();
      // The list that follows shows it.
      if (flow === "in" && isMeant && !isSeen) this.mentionedIn.add(conversationID);
    }
  }

  private onConversations(conversations: readonly SdkConversation[]): void {
    this.listed = conversations;
    const before = new Map(this.conversations.value.map((view) => [view.id, view]));
    this.conversations.value = conversations.map((conversation) => {
      const view = conversationView(conversation);
      if (view.unread === 0) this.mentionedIn.delete(view.id);
      return keepIfSame(before.get(view.id), this.mentionedIn.has(view.id) ? { ...view, mentioned: true } : view);
    });
    const open = this.openID.value;
    if (open === null) return;
    // What was deleted on another device is told by the list alone.
    this.showOpen();
    this.markRead(open);
    // Deleted or cleared on another device: what is shown here is gone as well.
    const now = this.conversations.value.find((view) => view.id === open);
    const isMine = !open.startsWith("GROUP") || this.groups.value.some(({ groupID }) => open === `GROUP${groupID}`);
    if (!now && before.has(open) && isMine) return this.afterRemoval(open);
    if (now && now.last === null && before.get(open)?.last) this.afterClearing(open);
  }

  /** A conversation was deleted: nothing of it stays. */
  afterRemoval(id: string): void {
    this.timelines.delete(id);
    if (this.openID.value === id) this.closeConversation();
  }

  /** A conversation was emptied; it stays. */
  afterClearing(id: string): void {
    this.timelines.delete(id);
    this.timeline(id).loaded = true;
    this.timeline(id).complete = true;
    if (this.openID.value === id) this.excerpt.value = null;
    this.showOpen();
  }

  private onGroups(groups: readonly SdkGroup[]): void {
    this.groups.value = groups.map(groupView);
    this.groupsKnown.value = true;
  }

  private onProfiles(profiles: readonly SdkProfile[]): void {
    const mine = profiles.find((profile) => profile.userID === this.userID);
    if (mine) this.me.value = keepIfSame(this.me.value, profileView(mine));
    // Somebody's new name and picture show in the list at once, whether or not the list itself is told anew.
    this.onConversations(
      this.listed.map((conversation) => {
        const userProfile = profiles.find((profile) => conversation.conversationID === `C2C${profile.userID}`);
        return userProfile ? { ...conversation, userProfile } : conversation;
      }),
    );
  }

  // ---- helpers

  /** Reads the conversation when a person sees it. One call at a time; what arrives meanwhile asks once more. */
  private markRead(id: string, arrived = false): void {
    if (this.phase.value.kind !== "ready" || this.openID.value !== id || !this.outside.isVisible()) return;
    const unread = this.conversations.value.find((conversation) => conversation.id === id)?.unread ?? 0;
    if (unread === 0 && !arrived) return;
    if (this.reading.has(id)) {
      if (arrived) this.reading.set(id, "again");
      return;
    }
    this.reading.set(id, "asked");
    void this.try((tim) => tim.setMessageRead({ conversationID: id })).then(() => {
      const again = this.reading.get(id) === "again";
      this.reading.delete(id);
      if (again) this.markRead(id, true);
    });
  }

  private sendNew(make: Make, { conversation, inLine = false }: Way = {}): boolean {
    const target = conversation ?? this.open.value;
    if (this.tim === null || target === null || target.kind === "system") return false;
    const groupType = this.groups.value.find(({ groupID }) => groupID === target.target)?.type;
    const message: SdkMessage | Promise<never> = make(this.tim, targetOf(this.sdk, target, groupType));
    // While the SDK is not ready, or will not have the file, what makes a message gives a rejected promise instead.
    if (message instanceof Promise) {
      void this.try(() => message);
      return false;
    }
    if (target.id === this.openID.value) this.excerpt.value = null;
    const send = (tim: Tim) => tim.sendMessage(message);
    if (!inLine) void this.deliver(message, send);
    else {
      const timeline = this.timeline(message.conversationID);
      timeline.line = this.deliver(message, send, timeline.line);
    }
    return true;
  }

  /** Resolves when it has arrived, or has not; begins when what is before it has. */
  private async deliver(
    message: SdkMessage,
    send: (tim: Tim) => Promise<Answer<{ message: SdkMessage }>>,
    before: Promise<void> | null = null,
  ): Promise<void> {
    const timeline = this.timeline(message.conversationID);
    const { login } = this;
    timeline.take([message]);
    timeline.sending.add(message.ID);
    const sent = before ? before.then(() => (this.login === login ? this.call(send) : Promise.reject(OTHER_LOGIN))) : this.call(send);
    this.showOpen();
    try {
      const { data } = await sent;
      timeline.sending.delete(message.ID);
      this.outbox.done(message.ID);
      if (data.message.ID !== message.ID) timeline.remove(message.ID);
      timeline.take([data.message]);
    } catch (thrown) {
      timeline.sending.delete(message.ID);
      this.outbox.done(message.ID);
      // A sign-out or a kick ends what was on its way; its own screen says so.
      if (this.phase.value.kind === "ready" && this.login === login) this.outside.onTrouble(problemOf(thrown));
    }
    this.showOpen();
  }

  private timeline(id: string): Timeline {
    let timeline = this.timelines.get(id);
    if (!timeline) this.timelines.set(id, (timeline = new Timeline()));
    return timeline;
  }

  private find(id: string): SdkMessage | undefined {
    if (this.openID.value === null) return undefined;
    return this.excerpt.value?.timeline.find(id) ?? this.timeline(this.openID.value).find(id);
  }

  private showOpen(): void {
    if (this.openID.value === null) return;
    const timeline = this.excerpt.value?.timeline ?? this.timeline(this.openID.value);
    this.messages.value = timeline.views();
    this.historyComplete.value = timeline.complete;
    this.tellSeen();
  }

  /** Whoever asked for a receipt gets one for what a person has before them. */
  private tellSeen(): void {
    if (this.phase.value.kind !== "ready" || !this.outside.isVisible()) return;
    this.receipts.tell(this.messages.value.flatMap(({ id }) => this.find(id) ?? []));
  }

  private noteAnswer(id: string, answer: "agreed" | "refused" | "handled"): void {
    this.answered.value = new Map([...this.answered.value, [id, answer]]);
  }

  private leave(groupID: string): void {
    this.groups.value = this.groups.value.filter((group) => group.groupID !== groupID);
    if (this.openID.value === `GROUP${groupID}`) this.closeConversation();
  }

  /** Calls the SDK; whatever it throws or rejects with becomes a `Problem`. */
  private async call<T>(run: (tim: Tim) => Promise<T>): Promise<T> {
    if (this.tim === null) throw { code: 2024, message: "not signed in" } satisfies Problem;
    try {
      return await run(this.tim);
    } catch (thrown) {
      throw problemOf(thrown);
    }
  }

  /** Like `call`, where nobody waits for the answer. */
  private async try(run: (tim: Tim) => Promise<unknown>): Promise<void> {
    try {
      await this.call(run);
    } catch (thrown) {
      if (this.phase.value.kind === "ready") this.outside.onTrouble(thrown as Problem);
    }
  }

  private forgetAll(): void {
    this.login += 1;
    this.closeConversation();
    this.listed = [];
    this.conversations.value = [];
    this.totalUnread.value = 0;
    this.groups.value = [];
    this.groupsKnown.value = false;
    this.blacklist.value = new Set();
    this.answered.value = new Map();
    this.translations.value = new Map();
    this.unreadAbove.value = 0;
    this.focus.value = null;
    this.shelf.forget();
    this.receipts.forget();
    this.outbox.forget();
    this.timelines.clear();
    this.recalledTexts.clear();
    this.mentionedIn.clear();
    this.reading.clear();
    this.history.value = "idle";
  }
}

/** Nobody is told of it. */
const OTHER_LOGIN: Problem = { code: 2024, message: "signed out meanwhile" };

/** The payload in what `downloadMergerMessage` answers, a message or an answer that holds one. */
function payloadIn(answer: unknown): unknown {
  const { data, payload } = Object(answer) as { data?: { message?: { payload?: unknown } } & { payload?: unknown }; payload?: unknown };
  return payload ?? data?.payload ?? data?.message?.payload;
}

/** Where `unread` messages from others begin; null when there are none, or more than are loaded. */
function nthUnread(messages: readonly MessageView[], unread: number): string | null {
  let left = unread;
  for (let index = messages.length - 1; index >= 0 && left > 0; index--) {
    const message = messages[index]!;
    if (message.flow === "in" && isSpeech(message) && --left === 0) return message.id;
  }
  return null;
}

