/** Short news at the edge of the screen: errors with their public code, confirmations. */
import { shallowRef } from "vue";
import type { Problem } from "../im/problem";

export type Toast = { readonly id: number } & (
  | { readonly kind: "problem"; readonly problem: Problem }
  | { readonly kind: "news"; readonly text: string }
);

const SHOWN_MS = 6000;
/** More than this at once helps nobody; the oldest makes room. */
const TOASTS_MAX = 3;

export const toasts = shallowRef<readonly Toast[]>([]);

let lastID = 0;

export function showProblem(problem: Problem): void {
  // The same trouble again only renews what is shown: a lost line fails many calls at once.
  const others = toasts.value.filter((toast) => toast.kind !== "problem" || toast.problem.code !== problem.code);
  show({ kind: "problem", problem, id: ++lastID }, others);
}

export function showNews(text: string): void {
  show({ kind: "news", text, id: ++lastID }, toasts.value);
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

function show(toast: Toast, others: readonly Toast[]): void {
  toasts.value = [...others, toast].slice(-TOASTS_MAX);
  setTimeout(() => dismiss(toast.id), SHOWN_MS);
}
