//! The client core for JavaScript.
//!
//! **Comes in:** calls and what the environment brings, in JavaScript's values. **Goes out:** outputs, in JavaScript's values.
//! **Never here:** logic. `args` reads, `to_js` writes, the core decides; it calls nobody, so nothing is ever re-entered.

mod args;
mod download_key;
mod links;
mod object;
mod to_js;

use std::collections::VecDeque;

use bytes::Bytes;
use hongyan_protocol::id::{SdkAppId, Timestamp};
use hongyan_protocol::message::MessageKey;
use hongyan_protocol::platform::Platform;
use hongyan_sdk::core::{self, Config, Failure, Input, Output, State};
use wasm_bindgen::prelude::*;

/// One SDK object's core. After every input `nextOutput` is read until it is `undefined`.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Core {
    core: core::Core,
    /// Calls whose arguments could not be read; told like any other failure.
    misread: VecDeque<(u32, Failure)>,
}

#[wasm_bindgen]
impl Core {
    /// `platform` is "web" or "mini-program"; `seed` holds 32 random bytes.
    #[wasm_bindgen(constructor)]
    pub fn new(
        #[wasm_bindgen(js_name = sdkAppID)] sdk_app_id: u32,
        platform: &str,
        #[wasm_bindgen(js_name = sdkVersion)] sdk_version: String,
        seed: &[u8],
    ) -> Self {
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(seed) {
            *to = *from;
        }
        let config = Config {
            sdk_app_id: SdkAppId(sdk_app_id),
            platform: Platform::from_name(platform).unwrap_or(Platform::Web),
            sdk_version,
        };
        Self {
            core: core::Core::new(config, bytes),
            misread: VecDeque::new(),
        }
    }

    /// The app calls a function of the public API; an answer or a failure with the same number follows.
    pub fn call(
        &mut self,
        #[wasm_bindgen(js_name = nowMs)] now_ms: f64,
        call: u32,
        method: &str,
        args: &JsValue,
    ) {
        links::begin_at(self.core.files_url());
        let refusal = args::gate(method).and_then(|gate| self.core.refusal(gate));
        match (refusal, args::call(method, args)) {
            (_, Ok(it)) => self.core.handle(at(now_ms), Input::Call { id: call, call: it }),
            // Not being logged in goes before wrong arguments.
            (Some(refusal), Err(_)) => self.misread.push_back((call, refusal)),
            (None, Err(failure)) => self.misread.push_back((call, failure)),
        }
    }

    /// Where the server is reached over HTTP, without a slash at the end.
    #[wasm_bindgen(js_name = setServer)]
    pub fn set_server(&mut self, url: &str) {
        self.core.set_server(url);
    }

    /// The socket that an output asked for is open.
    #[wasm_bindgen(js_name = socketOpened)]
    pub fn socket_opened(&mut self, #[wasm_bindgen(js_name = nowMs)] now_ms: f64) {
        self.core.handle(at(now_ms), Input::SocketOpened);
    }

    /// The socket is gone, by whatever cause but an output.
    #[wasm_bindgen(js_name = socketClosed)]
    pub fn socket_closed(&mut self, #[wasm_bindgen(js_name = nowMs)] now_ms: f64, code: u16, reason: String) {
        self.core.handle(at(now_ms), Input::SocketClosed { code, reason });
    }

    /// A message came.
    #[wasm_bindgen(js_name = socketMessage)]
    pub fn socket_message(&mut self, #[wasm_bindgen(js_name = nowMs)] now_ms: f64, bytes: Vec<u8>) {
        self.core
            .handle(at(now_ms), Input::SocketMessage(Bytes::from(bytes)));
    }

    /// The time that `wakeAt` named has come.
    pub fn wake(&mut self, #[wasm_bindgen(js_name = nowMs)] now_ms: f64) {
        self.core.handle(at(now_ms), Input::Wake);
    }

    /// The environment's hint about the network.
    pub fn network(&mut self, #[wasm_bindgen(js_name = nowMs)] now_ms: f64, online: bool) {
        self.core.handle(at(now_ms), Input::Network { online });
    }

    /// 0 verbose, 1 release, 2 warnings, 3 errors, 4 silent.
    #[wasm_bindgen(js_name = setLogLevel)]
    pub fn set_log_level(&mut self, level: u8) {
        self.core.set_log_level(level);
    }

    /// What is to be done next.
    #[wasm_bindgen(js_name = nextOutput)]
    pub fn next_output(&mut self) -> JsValue {
        if let Some((call, failure)) = self.misread.pop_front() {
            return to_js::output(Output::Failure { call, failure });
        }
        links::begin_at(self.core.files_url());
        self.core.next_output().map_or(JsValue::UNDEFINED, to_js::output)
    }

    /// "loggedOut", "loggingIn", "syncing" or "ready".
    pub fn state(&self) -> String {
        let state = match self.core.state() {
            State::LoggedOut => "loggedOut",
            State::LoggingIn => "loggingIn",
            State::Syncing => "syncing",
            State::Ready => "ready",
        };
        String::from(state)
    }

    /// Why a function would be refused now; undefined when it would not.
    pub fn refusal(&self, method: &str) -> JsValue {
        let refusal = args::gate(method).and_then(|gate| self.core.refusal(gate));
        refusal.map_or(JsValue::UNDEFINED, |it| to_js::failure(&it))
    }

    /// Who is logged in; empty when nobody is.
    #[wasm_bindgen(js_name = userID)]
    pub fn user_id(&self) -> String {
        String::from(self.core.user_id())
    }

    /// The sum of unread counts.
    #[wasm_bindgen(js_name = totalUnreadCount)]
    pub fn total_unread_count(&self) -> f64 {
        self.core.total_unread_count() as f64
    }

    /// A message that is held, by its ID.
    #[wasm_bindgen(js_name = findMessage)]
    pub fn find_message(&self, id: &str) -> JsValue {
        links::begin_at(self.core.files_url());
        let message = MessageKey::parse(id).and_then(|it| self.core.find_message(it));
        message.map_or(JsValue::UNDEFINED, |it| to_js::message(&it))
    }

    /// Makes a message. Throws `{code, message}`.
    #[wasm_bindgen(js_name = createMessage)]
    pub fn create_message(
        &mut self,
        #[wasm_bindgen(js_name = nowMs)] now_ms: f64,
        r#type: &str,
        options: &JsValue,
    ) -> Result<JsValue, JsValue> {
        links::begin_at(self.core.files_url());
        let made =
            args::draft(&self.core, r#type, options).and_then(|it| self.core.create_message(at(now_ms), it));
        match made {
            Ok(message) => Ok(to_js::message(&message)),
            Err(failure) => Err(to_js::failure(&failure)),
        }
    }
}

const fn at(now_ms: f64) -> Timestamp {
    Timestamp(now_ms as u64)
}
