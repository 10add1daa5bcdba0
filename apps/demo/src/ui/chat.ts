/** What one is about to do in the open conversation: answering, editing, choosing messages, searching. Gone when it closes. */
import { inject, provide, ref, shallowRef, type InjectionKey, type Ref, type ShallowRef } from "vue";
import type { MessageView } from "../im/views";

export interface ChatState {
  readonly quoting: ShallowRef<MessageView | null>;
  readonly editing: ShallowRef<MessageView | null>;
  /** IDs of the chosen messages; null while one is not choosing. */
  readonly selected: ShallowRef<ReadonlySet<string> | null>;
  readonly isFinding: Ref<boolean>;
  /** What is searched for, marked where it occurs. */
  readonly words: Ref<string>;
}

const key: InjectionKey<ChatState> = Symbol("chat");

export function provideChat(): ChatState {
  const state: ChatState = {
    quoting: shallowRef(null),
    editing: shallowRef(null),
    selected: shallowRef(null),
    isFinding: ref(false),
    words: ref(""),
  };
  provide(key, state);
  return state;
}

export function useChat(): ChatState {
  const state = inject(key);
  if (!state) throw new Error("no conversation is open around this");
  return state;
}
