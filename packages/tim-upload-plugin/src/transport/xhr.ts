/** How bytes travel from a web page: by XMLHttpRequest, the one way that tells how far they are. */
import { receivedOf, type Answer, type Transport } from "../plugin";

/** Longer without a byte on its way, it is as good as cut. */
const SILENCE_MS_MAX = 30_000;

export const byXhr: Transport = {
  partBytesMax: Infinity,
  put: (url, bytes, sent) => ask("PUT", url, bytes, sent),
  get: (url) => ask("GET", url, null, () => {}),
};

function ask(method: string, url: string, body: Blob | Uint8Array<ArrayBuffer> | null, sent: (bytes: number) => void): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let silence: ReturnType<typeof setTimeout>;
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => request.abort(), SILENCE_MS_MAX);
    };
    const ended = (then: () => void) => () => {
      clearTimeout(silence);
      then();
    };
    request.open(method, url);
    request.upload.onprogress = ({ loaded }) => {
      heard();
      sent(loaded);
    };
    request.onload = ended(() => resolve({ status: request.status, received: receivedOf(request.responseText) }));
    request.onerror = request.onabort = ended(() => reject(new Error("the network failed")));
    if (body) request.setRequestHeader("content-type", "application/octet-stream");
    heard();
    request.send(body);
  });
}
