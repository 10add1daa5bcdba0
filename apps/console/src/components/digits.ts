/** Reads a field that takes whole numbers: what is no digit never stays. **Goes out:** the number; NaN when empty. */
export function readDigits(event: Event): number {
  const field = event.target as HTMLInputElement;
  const digits = field.value.replace(/\D/g, "");
  if (digits !== field.value) field.value = digits;
  return digits === "" ? Number.NaN : Number(digits);
}
