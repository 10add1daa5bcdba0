/** The plugin can be registered, and pretends nothing. */
import { expect, test } from "vitest";
import TIMUploadPlugin from "../src";

test("the plugin has a name and a version", () => {
  expect(TIMUploadPlugin.pluginName).toBe("tim-upload-plugin");
  expect(TIMUploadPlugin.version).toMatch(/^\d+\.\d+\.\d+$/);
});

test("an upload is refused in words, not feigned", async () => {
  await expect(new TIMUploadPlugin().upload()).rejects.toMatchObject({ code: 3122, data: {} });
});
