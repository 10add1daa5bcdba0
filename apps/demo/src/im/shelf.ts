/**
 * How a person keeps their conversations: pinned, muted, starred, marked, hidden, in folders, with drafts; and rid of.
 *
 * **Comes in:** what the person wants. **Goes out:** calls; what follows comes back to every device as the new list of conversations.
 * **Never here:** the list itself, messages. Folders are what the API calls conversation groups, a word that people would mix up with groups.
 */
import { shallowRef, type ShallowRef } from "vue";
import type { Answer, Outcomes } from "./api";
import type { Hands } from "./hands";
import type { Problem } from "./problem";
import type { ConversationView } from "./views";

export type Mark = "star" | "unread" | "hide";

/** The room for what apps keep with a conversation. */
const CUSTOM_BYTES_MAX = 256;

export class Shelf {
  readonly folders: ShallowRef<readonly string[]> = shallowRef([]);

  constructor(private readonly hands: Hands) {}

  /** Without folders one still sees all conversations; every change of them brings the whole list. */
  async load(): Promise<void> {
    await this.hands
      .call((tim) => tim.getConversationGroupList())
      .then(({ data }) => (this.folders.value = data), () => undefined);
  }

  forget(): void {
    this.folders.value = [];
  }

  async pin({ id, pinned }: ConversationView): Promise<void> {
    await this.hands.call((tim) => tim.pinConversation({ conversationID: id, isPinned: !pinned }));
  }

  async mute({ kind, target, muted }: ConversationView): Promise<void> {
    const type = this.hands.sdk.TYPES[muted ? "MSG_REMIND_ACPT_AND_NOTE" : "MSG_REMIND_ACPT_NOT_NOTE"];
    const whose = kind === "group" ? { groupID: target } : { userIDList: [target] };
    await this.hands.call((tim) => tim.setMessageRemindType({ ...whose, messageRemindType: String(type) }));
  }

  async mark({ id }: ConversationView, mark: Mark, enableMark: boolean): Promise<void> {
    const names = { star: "CONV_MARK_TYPE_STAR", unread: "CONV_MARK_TYPE_UNREAD", hide: "CONV_MARK_TYPE_HIDE" } as const;
    const markType = Number(this.hands.sdk.TYPES[names[mark]]);
    await this.all((tim) => tim.markConversation({ conversationIDList: [id], markType, enableMark }));
  }

  /** Keeps a draft where one's other devices find it; one that is too long stays on this device. */
  async keepDraft(conversation: ConversationView, draft: string): Promise<void> {
    const customData = draft === "" ? "" : JSON.stringify({ draft });
    if (conversation.draft === draft || new TextEncoder().encode(customData).length > CUSTOM_BYTES_MAX) return;
    await this.hands
      .call((tim) => tim.setConversationCustomData({ conversationIDList: [conversation.id], customData }))
      // It is kept here all the same.
      .catch(() => undefined);
  }

  async clear(id: string): Promise<void> {
    await this.hands.call((tim) => tim.clearHistoryMessage(id));
  }

  async remove(id: string): Promise<void> {
    await this.hands.call((tim) => tim.deleteConversation(id));
  }

  async readAll(): Promise<void> {
    await this.hands.call((tim) => tim.setAllMessageRead({ scope: String(this.hands.sdk.TYPES.READ_ALL_MSG) }));
  }

  // ---- folders

  async createFolder(groupName: string, conversationIDList: string[]): Promise<void> {
    await this.all((tim) => tim.createConversationGroup({ groupName, conversationIDList }));
  }

  async renameFolder(oldName: string, newName: string): Promise<void> {
    await this.hands.call((tim) => tim.renameConversationGroup({ oldName, newName }));
  }

  async deleteFolder(name: string): Promise<void> {
    await this.hands.call((tim) => tim.deleteConversationGroup(name));
  }

  async putInFolder({ id }: ConversationView, groupName: string, isIn: boolean): Promise<void> {
    const options = { conversationIDList: [id], groupName };
    await this.all((tim) => (isIn ? tim.addConversationsToGroup(options) : tim.deleteConversationsFromGroup(options)));
  }

  /** A call about conversations succeeds as a whole even when it failed for one of them. */
  private async all(run: (tim: Parameters<Parameters<Hands["call"]>[0]>[0]) => Promise<Answer<Outcomes>>): Promise<void> {
    const { data } = await this.hands.call(run);
    const failed = data.failureConversationIDList?.[0];
    if (failed) throw { code: failed.code, message: failed.message } satisfies Problem;
  }
}
