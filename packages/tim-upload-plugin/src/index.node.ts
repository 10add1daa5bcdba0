/** The upload plugin for Node, which also reads files by their path. */
import { Plugin } from "./plugin";
import { byFetch, nodeFile } from "./transport/node";

export default class TIMUploadPlugin extends Plugin {
  static readonly pluginName = "tim-upload-plugin";
  static readonly version = "0.1.0";

  constructor() {
    super({ transport: byFetch, files: nodeFile });
  }
}
