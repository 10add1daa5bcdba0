/** Finds web addresses in a text, so that they can be pressed. Only http and https: nothing else is made a link. */
export interface Part {
  readonly text: string;
  readonly href?: string;
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
