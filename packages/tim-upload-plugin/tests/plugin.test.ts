/** The plugin without a network: a transport that the test writes. */
import { writeFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import TIMUploadPlugin from "../src";
import { Plugin, receivedOf, type Answer, type Task } from "../src/plugin";
import { nodeFile } from "../src/transport/node";

/** A server that keeps what it is sent; `fault` makes something of an attempt. */
function server(fault: (attempt: number) => Answer | "cut" | "lost" | undefined = () => undefined) {
  const kept: number[] = [];
  let attempt = 0;
  const transport = {
    partBytesMax: 4,
    async put(url: string, bytes: Blob | Uint8Array, sent: (bytes: number) => void): Promise<Answer> {
      const said = fault(++attempt);
      if (said === "cut") throw new Error("cut");
      if (said && said !== "lost") return said;
      const offset = Number(new URL(url).searchParams.get("offset"));
      if (offset !== kept.length) return { status: 409, received: kept.length };
      const part = "byteLength" in bytes ? bytes : new Uint8Array(await bytes.arrayBuffer());
      sent(part.length / 2);
      kept.push(...part);
      if (said === "lost") throw new Error("the answer was lost");
      return { status: 200, received: kept.length };
    },
    get: async (): Promise<Answer> => ({ status: 200, received: kept.length }),
  };
  return { kept, transport, attempts: () => attempt };
}

function task(bytes: number[], progress: number[] = []): Task {
  const source = new Uint8Array(bytes);
  return { source, url: "http://s/v1/uploads/t", size: source.length, partBytes: 100, onProgress: (it) => progress.push(it) };
}

const TEN = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

describe("the plugin", () => {
  test("has a name and a version", () => {
    expect(TIMUploadPlugin.pluginName).toBe("tim-upload-plugin");
    expect(TIMUploadPlugin.version).toMatch(/^\d+\.\d+\.\d+$/);
  });

  test("brings a file in parts and tells how far it is, never less than before", async () => {
    const { kept, transport } = server();
    const progress: number[] = [];
    await new Plugin({ transport }).send(task(TEN, progress));
    expect(kept).toEqual(TEN);
    expect(progress).toEqual([0.2, 0.4, 0.6, 0.8, 0.9, 1]);
  });

  test("goes on where the server is, after a cut and after a lost answer", async () => {
    const { kept, transport } = server((attempt) => (["cut", "lost", undefined] as const)[(attempt - 1) % 3]);
    await new Plugin({ transport }).send(task(TEN));
    expect(kept).toEqual(TEN);
  });

  test("an address that is not good any more is told as gone, one that takes no more as a failure", async () => {
    const gone = server(() => ({ status: 404, received: undefined }));
    await expect(new Plugin(gone).send(task(TEN))).rejects.toMatchObject({ gone: true });
    const full = server(() => ({ status: 413, received: 4 }));
    await expect(new Plugin(full).send(task(TEN))).rejects.toMatchObject({ gone: false });
    expect([gone.attempts(), full.attempts()]).toEqual([1, 1]);
  });

  test("knows sizes of what it is given, and says that a page has no paths", async () => {
    const plugin = new Plugin(server());
    expect(await plugin.size(new Uint8Array(7))).toBe(7);
    expect(await plugin.size(new Blob(["four"]))).toBe(4);
    await expect(plugin.size({ path: "/x" })).rejects.toThrow("paths");
  });

  test("in Node reads a file by its path", async () => {
    const folder = await mkdtemp(join(tmpdir(), "plugin-"));
    const path = join(folder, "ten");
    await writeFile(path, new Uint8Array(TEN));
    const { kept, transport } = server();
    const plugin = new Plugin({ transport, files: nodeFile });
    expect(await plugin.size({ path })).toBe(10);
    await plugin.send({ ...task(TEN), source: { path } });
    expect(kept).toEqual(TEN);
    await rm(folder, { recursive: true });
  });

  test("reads an answer as text or as what a mini-program made of it, and no other", () => {
    expect(receivedOf('{"received":3}')).toBe(3);
    expect(receivedOf({ received: 3 })).toBe(3);
    for (const bad of ["", "<html>", "null", undefined, null, {}, { received: "3" }]) expect(receivedOf(bad)).toBeUndefined();
  });
});
