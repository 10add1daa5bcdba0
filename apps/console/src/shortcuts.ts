/**
 * `/` puts the cursor into the page's search field, as on the sites that engineers know.
 *
 * **Comes in:** the field. **Never here:** keys pressed while somebody types or a dialog is open.
 */
import { onMounted, onUnmounted, type Ref } from "vue";

export function useSlashToSearch(field: Ref<HTMLInputElement | null>): void {
  function onKey(event: KeyboardEvent): void {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target;
    if (target instanceof HTMLElement && target.closest("input, textarea, select, dialog")) return;
    if (!field.value) return;
    event.preventDefault();
    field.value.focus();
    field.value.select();
  }
  onMounted(() => addEventListener("keydown", onKey));
  onUnmounted(() => removeEventListener("keydown", onKey));
}
