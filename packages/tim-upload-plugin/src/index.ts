/**
 * The upload plugin, under the name by which apps register it.
 *
 * **Comes in:** nothing yet. **Goes out:** a plugin that `registerPlugin` accepts and keeps. Uploads themselves are not built:
 * who asks for one is told so, and nothing pretends to have been sent.
 */

const NOT_AVAILABLE = 3122;

export default class TIMUploadPlugin {
  static readonly pluginName = "tim-upload-plugin";
  static readonly version = "0.1.0";

  /** Rejects: the server has no uploads yet. */
  upload(): Promise<never> {
    const error = new Error("uploads are not available yet on this server");
    return Promise.reject(Object.assign(error, { code: NOT_AVAILABLE, data: {} }));
  }
}
