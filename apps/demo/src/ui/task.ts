/** One thing that a form does: whether it runs, and what went wrong. */
import { ref, shallowRef, type Ref, type ShallowRef } from "vue";
import { problemOf, type Problem } from "../im/problem";

export interface Task {
  readonly busy: Ref<boolean>;
  readonly problem: ShallowRef<Problem | null>;
  /** Resolves to whether it succeeded; a second press meanwhile does nothing. */
  run(work: () => Promise<unknown>): Promise<boolean>;
}

export function useTask(): Task {
  const busy = ref(false);
  const problem = shallowRef<Problem | null>(null);
  return {
    busy,
    problem,
    async run(work) {
      if (busy.value) return false;
      busy.value = true;
      problem.value = null;
      try {
        await work();
        return true;
      } catch (thrown) {
        problem.value = problemOf(thrown);
        return false;
      } finally {
        busy.value = false;
      }
    },
  };
}
