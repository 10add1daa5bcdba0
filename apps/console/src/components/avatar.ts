/** What an avatar shows. **Comes in:** names and addresses. **Goes out:** a letter, a hue, or a picture that is safe. */

export function letterOf(name: string): string {
  const [first = "?"] = new Intl.Segmenter().segment(name.trim());
  return typeof first === "string" ? first : first.segment.toUpperCase();
}

/** The same account has the same colour everywhere. */
export function hueOf(userID: string): number {
  let hash = 0;
  for (const character of userID) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 3600;
  return hash % 360;
}

/** The picture's address when it lies on this server, else nothing. */
export function sameOriginPicture(picture: string, pageHref: string): string | undefined {
  if (picture === "" || !URL.canParse(picture, pageHref)) return undefined;
  const url = new URL(picture, pageHref);
  return url.origin === new URL(pageHref).origin ? url.href : undefined;
}
