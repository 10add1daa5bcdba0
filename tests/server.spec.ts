/** The server as a program: it starts, says where, stops when asked, and comes back at the same place. */
import { expect, test } from "./support/test.ts";

test("a server answers, stops when asked, and is back after a restart", async ({ server, request }) => {
  const health = `${server.url}/healthz`;
  expect((await request.get(health)).ok()).toBe(true);

  await server.stop();
  await expect(request.get(health)).rejects.toThrow("ECONNREFUSED");

  await server.restart();
  expect((await request.get(health)).ok()).toBe(true);

  await server.kill();
  await server.restart();
  expect((await request.get(health)).ok()).toBe(true);
});
