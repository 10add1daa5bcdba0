/**
 * The parts of a text: web addresses, so that they can be pressed; mentions; words that are searched for.
 *
 * Only http and https become links.
 */
export interface Part {
  readonly text: string;
  readonly href?: string;
  readonly mention?: boolean;
  readonly found?: boolean;
}

export interface Wanted {
  /** Whether what begins with @ is a mention. */
  readonly mentions?: boolean;
  /** Words to mark where they occur, in whatever case. */
  readonly words?: string;
}

export function partsOf(text: string, { mentions = false, words = "" }: Wanted): Part[] {
  let parts = linksOf(text);
  if (mentions) parts = split(parts, /@\S+/gu, "mention");
  const wanted = words.trim();
  if (wanted !== "") parts = split(parts, new RegExp(wanted.replace(/[.*+?^${}()|[\]\\]/gu, "\\$&"), "giu"), "found");
  return parts;
}

/** Cuts the parts where the pattern matches, and notes it on what matched. */
function split(parts: readonly Part[], pattern: RegExp, note: "mention" | "found"): Part[] {
  return parts.flatMap((part) => {
    if (part.href !== undefined && note === "mention") return [part];
    const cut: Part[] = [];
    let from = 0;
    for (const match of part.text.matchAll(pattern)) {
      if (match[0] === "") continue;
      if (match.index > from) cut.push({ ...part, text: part.text.slice(from, match.index) });
      cut.push({ ...part, text: match[0], [note]: true });
      from = match.index + match[0].length;
    }
    if (from < part.text.length || cut.length === 0) cut.push({ ...part, text: part.text.slice(from) });
    return cut;
  });
}

export function linksOf(text: string): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (const found of text.matchAll(/https?:\/\/[^\s<>"'“”‘’\u3000-\u303f\uff00-\uff0f\uff1a-\uff20]+/giu)) {
    // What ends a sentence does not belong to the address.
    const address = found[0].replace(/[.,!?;:)\]}]+$/u, "");
    if (found.index > from) parts.push({ text: text.slice(from, found.index) });
    parts.push({ text: address, href: address });
    from = found.index + address.length;
  }
  if (from < text.length || parts.length === 0) parts.push({ text: text.slice(from) });
  return parts;
}
