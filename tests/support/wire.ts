/**
 * A client on a platform that no browser is: just enough of the wire to log in and to learn that it was kicked.
 *
 * Comes in: who logs in, and on what. Goes out: the answer's code, and the reason of a kick. Never here: anything else
 * of the protocol; the words are those of `crates/protocol/proto/hongyan/v1/`.
 */
import { randomBytes } from "node:crypto";

import { WebSocket } from "ws";

/** `Platform` of login.proto. */
export const PLATFORM = { android: 6, ios: 7 } as const;
/** `KickReason` of login.proto. */
export const KICK_REASON = { multipleAccount: 1, multipleDevice: 2 } as const;
/** `Close` of frame.proto. */
export const CLOSE_KICKED = 4003;

export interface RawLogin {
  readonly sdkAppID: number;
  readonly userID: string;
  readonly userSig: string;
  readonly platform: number;
}

/** Opens a socket to `server` and logs in on it. */
export async function rawLogin(server: string, login: RawLogin): Promise<RawClient> {
  const socket = new WebSocket(`${server.replace(/^http/, "ws")}/v1/ws`);
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  const client = new RawClient(socket);
  socket.send(packet(login));
  return client;
}

export class RawClient {
  /** The answer's code, once it came. */
  code: number | undefined;
  kickReason: number | undefined;
  closeCode: number | undefined;

  constructor(private readonly socket: WebSocket) {
    socket.on("message", (data: Buffer) => this.read(data));
    socket.on("close", (code) => (this.closeCode = code));
  }

  close(): void {
    this.socket.terminate();
  }

  /** Packet { 1: Frame { 2: Response { 2: code }, 3: Push { 3: Kicked { 1: reason } } } }. */
  private read(bytes: Buffer): void {
    for (const frame of fields(bytes)) {
      for (const kind of fields(frame.bytes)) {
        if (kind.number === 2) {
          const code = fields(kind.bytes).find((it) => it.number === 2)?.value ?? 0;
          this.code = (code >>> 1) ^ -(code & 1); // sint32
        } else if (kind.number === 3) {
          const kicked = fields(kind.bytes).find((it) => it.number === 3);
          if (kicked) this.kickReason = fields(kicked.bytes).find((it) => it.number === 1)?.value;
        }
      }
    }
  }
}

/** Packet { 1: Frame { 1: Request { 1: id, 10: Login { … } } } }. */
function packet(login: RawLogin): Buffer {
  const fields = Buffer.concat([
    number(1, login.sdkAppID),
    bytes(2, Buffer.from(login.userID)),
    bytes(3, Buffer.from(login.userSig)),
    number(4, login.platform),
    bytes(5, randomBytes(16)),
  ]);
  return bytes(1, bytes(1, Buffer.concat([number(1, 1), bytes(10, fields)])));
}

function number(field: number, value: number): Buffer {
  return Buffer.concat([varint(field << 3), varint(value)]);
}

function bytes(field: number, value: Buffer): Buffer {
  return Buffer.concat([varint((field << 3) | 2), varint(value.length), value]);
}

function varint(value: number): Buffer {
  const written: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...written, rest]);
    written.push((rest % 128) + 128);
  }
}

interface Field {
  readonly number: number;
  /** Of a number; large ones lose their last digits, which nobody reads here. */
  readonly value: number;
  /** Of a string, bytes or message. */
  readonly bytes: Buffer;
}

function fields(buffer: Buffer): Field[] {
  const found: Field[] = [];
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = buffer[at++] ?? 0;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  };
  while (at < buffer.length) {
    const tag = next();
    const field = Math.floor(tag / 8);
    if (tag % 8 === 0) found.push({ number: field, value: next(), bytes: Buffer.alloc(0) });
    else if (tag % 8 === 2) {
      const length = next();
      found.push({ number: field, value: 0, bytes: buffer.subarray(at, at + length) });
      at += length;
    } else throw new Error(`wire type ${tag % 8} is not used by the protocol's frames`);
  }
  return found;
}
