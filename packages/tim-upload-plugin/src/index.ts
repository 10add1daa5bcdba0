/**
 * The upload plugin, under the name by which apps register it: for web pages and mini-programs.
 *
 * **Comes in:** a file and the address that the SDK was given for it. **Goes out:** its bytes, and how far they are. **Never
 * here:** what a message is; modules of Node, for which `index.node.ts` is.
 */
import { Plugin } from "./plugin";
import { byXhr } from "./transport/xhr";
import { byWx, isMiniProgram, wxFile } from "./transport/wx";

export default class TIMUploadPlugin extends Plugin {
  static readonly pluginName = "tim-upload-plugin";
  static readonly version = "0.1.0";

  constructor() {
    super(isMiniProgram() ? { transport: byWx, files: wxFile } : { transport: byXhr });
  }
}
