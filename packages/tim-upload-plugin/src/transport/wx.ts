/**
 * How bytes travel from a mini-program, and the files that its choosers and recorders name.
 *
 * `wx.uploadFile` sends a file whole or not at all; so parts are read and sent by `wx.request`, and a cut costs one of them. The
 * server's domain has to be among the request domains of the mini-program's console.
 */
import { receivedOf, UploadError, type Answer, type Files, type Transport } from "../plugin";

interface Failed {
  errMsg?: string;
}

interface Wx {
  request(options: {
    url: string;
    method: string;
    data?: ArrayBuffer;
    header?: Record<string, string>;
    timeout: number;
    success(result: { statusCode: number; data: unknown }): void;
    fail(result: Failed): void;
  }): void;
  getFileSystemManager(): {
    readFile(options: {
      filePath: string;
      position: number;
      length: number;
      success(result: { data: ArrayBuffer }): void;
      fail(result: Failed): void;
    }): void;
    getFileInfo(options: { filePath: string; success(result: { size: number }): void; fail(result: Failed): void }): void;
  };
}

declare const wx: Wx | undefined;

const PART_BYTES = 512 * 1024;
const TIME_MS_MAX = 60_000;

/** A page of another kind may have a `wx` too: WeChat's browser gives it to pages. */
export function isMiniProgram(): boolean {
  return typeof wx !== "undefined" && typeof wx.request === "function" && typeof wx.getFileSystemManager === "function";
}

function world(): Wx {
  if (typeof wx === "undefined") throw new UploadError("this is no mini-program");
  return wx;
}

export const byWx: Transport = {
  partBytesMax: PART_BYTES,
  async put(url, bytes) {
    if (!("byteLength" in bytes)) throw new UploadError("a mini-program has no Blob");
    // Just these bytes: a view may be a window onto more.
    return ask("PUT", url, bytes.slice().buffer);
  },
  get: (url) => ask("GET", url),
};

function ask(method: string, url: string, data?: ArrayBuffer): Promise<Answer> {
  return new Promise((resolve, reject) =>
    world().request({
      url,
      method,
      ...(data && { data, header: { "content-type": "application/octet-stream" } }),
      timeout: TIME_MS_MAX,
      success: (result) => resolve({ status: result.statusCode, received: receivedOf(result.data) }),
      fail: ({ errMsg }) => reject(new Error(errMsg)),
    }),
  );
}

export const wxFile: Files = {
  size: (filePath) =>
    new Promise((resolve, reject) =>
      world()
        .getFileSystemManager()
        .getFileInfo({ filePath, success: ({ size }) => resolve(size), fail: ({ errMsg }) => reject(new UploadError(`the file cannot be read: ${errMsg}`)) }),
    ),
  read: (filePath, from, to) =>
    new Promise((resolve, reject) =>
      world()
        .getFileSystemManager()
        .readFile({
          filePath,
          position: from,
          length: to - from,
          success: ({ data }) => resolve(new Uint8Array(data)),
          fail: ({ errMsg }) => reject(new UploadError(`the file cannot be read: ${errMsg}`)),
        }),
    ),
};
