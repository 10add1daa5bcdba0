/** What the client sends, and what it makes of each kind of answer. */
import { describe, expect, it } from "vitest";
import { createApiClient } from "./client";
import { ApiError, apiErrorKinds, asApiError, errorFromAnswer } from "./error";

interface Sent {
  path: string;
  init: RequestInit;
}

function clientThatHears(status: number, body: string) {
  const sent: Sent[] = [];
  let signedOut = 0;
  const api = createApiClient({
    fetch: async (path, init) => {
      sent.push({ path, init });
      return new Response(body, { status });
    },
    onSignedOut: () => signedOut++,
  });
  return { api, sent, signedOutTimes: () => signedOut };
}

async function errorOf(promise: Promise<unknown>): Promise<ApiError> {
  const caught = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(caught instanceof ApiError)) throw new Error(`expected an ApiError, got ${String(caught)}`);
  return caught;
}

describe("requests", () => {
  it("everything but GET carries a JSON body and its content type", async () => {
    const { api, sent } = clientThatHears(200, "{}");
    await api.login("secret words");
    await api.logout();
    await api.changePassword("old", "a new password");
    await api.rotateKey(1400000001);
    await api.changeApp(1400000001, { name: "Chat", settings: { webInstances: 2 } });
    expect(sent.map(({ path, init }) => [init.method, path, init.body])).toEqual([
      ["POST", "/console/api/login", '{"password":"secret words"}'],
      ["POST", "/console/api/logout", "{}"],
      ["POST", "/console/api/password", '{"current":"old","new":"a new password"}'],
      ["POST", "/console/api/apps/1400000001/rotate-key", "{}"],
      ["PATCH", "/console/api/apps/1400000001", '{"name":"Chat","settings":{"webInstances":2}}'],
    ]);
    for (const { init } of sent) {
      expect(init.headers).toEqual({ "content-type": "application/json" });
      expect(init.credentials).toBe("same-origin");
    }
  });

  it("a search is escaped into the address", async () => {
    const { api, sent } = clientThatHears(200, '{"accounts":[],"next":""}');
    await api.listAccounts(7, { query: "a&b 鸿", after: "x=y", limit: 50 });
    const url = new URL(sent[0]?.path ?? "", "http://server");
    expect(url.pathname).toBe("/console/api/apps/7/accounts");
    expect(Object.fromEntries(url.searchParams)).toEqual({ query: "a&b 鸿", after: "x=y", limit: "50" });
    expect(sent[0]?.init.body).toBeUndefined();
  });

  it("wrapped answers are unwrapped", async () => {
    expect(await clientThatHears(200, '{"apps":[]}').api.listApps()).toEqual([]);
    expect(await clientThatHears(200, '{"kicked":3}').api.kick(1, "alice")).toBe(3);
  });
});

describe("errors", () => {
  const contract = [
    [401, "not-signed-in"],
    [403, "wrong-password"],
    [403, "cross-site"],
    [404, "not-found"],
    [409, "conflict"],
    [422, "invalid"],
    [429, "too-many-attempts"],
  ] as const;

  it.each(contract)("%i %s keeps its code and the server's words", async (status, code) => {
    const { api } = clientThatHears(status, JSON.stringify({ code, message: "because" }));
    const error = await errorOf(api.overview());
    expect([error.kind, error.detail, error.status]).toEqual([code, "because", status]);
  });

  it.each([
    [401, "not-signed-in"],
    [403, "unexpected"],
    [404, "not-found"],
    [429, "too-many-attempts"],
    [500, "unexpected"],
    [502, "unreachable"],
  ])("%i from something in between reads as %s", async (status, kind) => {
    const { api } = clientThatHears(status, "<html>from a proxy</html>");
    expect((await errorOf(api.overview())).kind).toBe(kind);
  });

  it("a code that is not in the contract is unexpected and keeps the server's words", () => {
    const error = errorFromAnswer(418, { code: "teapot", message: "short and stout" });
    expect([error.kind, error.detail]).toEqual(["unexpected", "short and stout"]);
  });

  it("a body of the wrong shape does no harm", () => {
    for (const body of [undefined, null, 1, "text", [], { code: 1, message: {} }]) {
      expect(errorFromAnswer(500, body).kind).toBe("unexpected");
    }
  });

  it("no answer at all is unreachable", async () => {
    const api = createApiClient({
      fetch: () => Promise.reject(new TypeError("Failed to fetch")),
      onSignedOut: () => {},
    });
    expect((await errorOf(api.session())).kind).toBe("unreachable");
  });

  it("a success without JSON is unexpected", async () => {
    expect((await errorOf(clientThatHears(200, "<html>").api.overview())).kind).toBe("unexpected");
  });

  it("only 401 tells that the session ended", async () => {
    const ended = clientThatHears(401, '{"code":"not-signed-in","message":""}');
    await errorOf(ended.api.overview());
    expect(ended.signedOutTimes()).toBe(1);
    const wrong = clientThatHears(403, '{"code":"wrong-password","message":""}');
    await errorOf(wrong.api.login("x"));
    expect(wrong.signedOutTimes()).toBe(0);
  });

  it("whatever was thrown becomes one of the known kinds", () => {
    expect(apiErrorKinds).toContain(asApiError("a string").kind);
    const known = new ApiError("conflict", "", 409);
    expect(asApiError(known)).toBe(known);
  });
});
