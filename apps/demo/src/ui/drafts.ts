/** What was written and not sent, per conversation, until the tab closes. */
import { shallowReactive } from "vue";

export const drafts = shallowReactive(new Map<string, string>());
