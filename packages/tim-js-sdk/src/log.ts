/**
 * The log: what the developer of an app sees on the console.
 *
 * **Comes in:** sentences with a level, from the core and from here. **Goes out:** those that the level lets through.
 * **Never here:** a UserSig; should one be in a text after all, it is blotted out.
 */

/** `setLogLevel`: everything, what matters in production, warnings, errors, nothing. */
export const LEVEL = { VERBOSE: 0, RELEASE: 1, WARNING: 2, ERROR: 3, SILENT: 4 } as const;

const PREFIX = "[hongyan]";

export class Log {
  #level: number = LEVEL.RELEASE;
  readonly #secrets = new Set<string>();

  get level(): number {
    return this.#level;
  }

  /** False when there is no such level; then the old one stays. */
  setLevel(level: unknown): level is number {
    const isLevel = Number.isInteger(level) && (level as number) >= LEVEL.VERBOSE && (level as number) <= LEVEL.SILENT;
    if (isLevel) this.#level = level as number;
    return isLevel;
  }

  /** This text is never to be seen. */
  hide(secret: string): void {
    // A short text is no ticket, and would blot out half of every sentence.
    if (secret.length >= 8) this.#secrets.add(secret);
  }

  write(level: number, text: string): void {
    if (level < this.#level || this.#level === LEVEL.SILENT) return;
    const line = `${PREFIX} ${this.#blotted(text)}`;
    if (level >= LEVEL.ERROR) console.error(line);
    else if (level >= LEVEL.WARNING) console.warn(line);
    else if (level >= LEVEL.RELEASE) console.info(line);
    else console.log(line);
  }

  #blotted(text: string): string {
    let shown = text;
    for (const secret of this.#secrets) shown = shown.split(secret).join("***");
    return shown;
  }
}
