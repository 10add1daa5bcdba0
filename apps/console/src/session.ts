/**
 * Whether somebody is signed in, and the API client that notices when that ends.
 *
 * **Comes in:** what the server answers. **Goes out:** `session`, on which `app.vue` decides what is shown.
 * **Never here:** the password and the cookie; the browser keeps the latter out of reach of scripts.
 */
import { inject, provide, readonly, shallowRef, type InjectionKey } from "vue";
import { createApiClient, type ApiClient, type Fetch } from "./api/client";
import { asApiError, type ApiError } from "./api/error";

export type SessionState =
  | { kind: "asking" }
  | { kind: "unanswered"; error: ApiError }
  | { kind: "signed-out"; expired: boolean }
  | { kind: "signed-in"; version: string };

export function createSession(fetch: Fetch) {
  const state = shallowRef<SessionState>({ kind: "asking" });
  const api = createApiClient({
    fetch,
    onSignedOut: () => {
      if (state.value.kind === "signed-out") return;
      state.value = { kind: "signed-out", expired: state.value.kind === "signed-in" };
    },
  });
  return {
    api,
    state: readonly(state),
    async ask(): Promise<void> {
      try {
        state.value = { kind: "signed-in", version: (await api.session()).version };
      } catch (caught) {
        const error = asApiError(caught);
        // Being signed out was noticed above; anything else leaves the question open.
        if (error.kind !== "not-signed-in") state.value = { kind: "unanswered", error };
      }
    },
    async signIn(password: string): Promise<void> {
      await api.login(password);
      state.value = { kind: "signed-in", version: (await api.session()).version };
    },
    async signOut(): Promise<void> {
      try {
        await api.logout();
      } catch (caught) {
        // Whose session ended by itself is signed out already, and wanted to be.
        if (asApiError(caught).kind !== "not-signed-in") throw caught;
      }
      state.value = { kind: "signed-out", expired: false };
    },
  };
}
export type Session = ReturnType<typeof createSession>;

const key: InjectionKey<Session> = Symbol("session");

export function provideSession(session: Session): void {
  provide(key, session);
}

export function useSession(): Session {
  const session = inject(key);
  if (!session) throw new Error("no session was provided");
  return session;
}

export function useApi(): ApiClient {
  return useSession().api;
}
