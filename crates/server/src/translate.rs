//! Texts in another language, by a provider that speaks LibreTranslate's API.
//!
//! **Comes in:** texts, languages, the app whose owner named a provider. **Goes out:** the translated texts. **Never here:** which
//! texts; whoever asks has them.
//!
//! The owner of the console names the address, and so may have the server ask any address that it reaches; nobody else can.
//! No redirect is followed, and nothing of an answer is shown but translated texts.
//!
//! Bounds: questions at the same time, the time of each, the size of an answer.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{Method, header};
use hongyan_fetch::{FetchError, Request, fetch};
use hongyan_protocol::code::Code;
use hongyan_protocol::id::SdkAppId;
use hongyan_storage::{Store, StoreError};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::refused::Refused;

/// Questions that a provider is asked at the same time; others wait.
const RUNNING_MAX: usize = 16;
/// Of an answer, and of the wait before.
const TIME_MAX: Duration = Duration::from_secs(6);
const ANSWER_BYTES_MAX: usize = 512 * 1024;
/// In one call.
const TEXTS_MAX: usize = 100;
const BYTES_MAX: usize = 32 * 1024;
const LANGUAGE_BYTES_MAX: usize = 32;

/// Who translates for an app.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    /// Where it is; `/translate` comes behind it.
    pub url: String,
    /// Its key; may be empty. Never logged, and never shown again.
    pub key: String,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Provider")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// The provider of an app; `None`: there is none.
pub async fn find_provider(store: &dyn Store, app: SdkAppId) -> Result<Option<Provider>, StoreError> {
    let kept = store.find_setting(&setting(app)).await?;
    Ok(kept
        .and_then(|it| serde_json::from_str(&it).ok())
        .filter(|it: &Provider| !it.url.is_empty()))
}

/// Names the provider of an app; an address that is empty takes it away.
pub async fn put_provider(store: &dyn Store, app: SdkAppId, provider: &Provider) -> Result<(), StoreError> {
    let text = serde_json::to_string(provider).unwrap_or_default();
    store.put_setting(&setting(app), text).await
}

fn setting(app: SdkAppId) -> String {
    format!("translate.{app}")
}

/// See the head of the file.
pub(crate) struct Translator {
    store: Arc<dyn Store>,
    running: Semaphore,
}

#[derive(Serialize)]
struct Question<'a> {
    q: &'a [String],
    source: &'a str,
    target: &'a str,
    format: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    api_key: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    translated_text: Texts,
}

/// Some providers answer one text to one text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Texts {
    One(String),
    Many(Vec<String>),
}

impl Translator {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            running: Semaphore::new(RUNNING_MAX),
        }
    }

    pub(crate) async fn translate(
        &self,
        app: SdkAppId,
        texts: &[String],
        source: &str,
        target: &str,
    ) -> Result<Vec<String>, Refused> {
        if texts.len() > TEXTS_MAX || texts.iter().map(String::len).sum::<usize>() > BYTES_MAX {
            return Err(failed("more than 100 texts, or more than 32 KB of them"));
        }
        if target.is_empty() || source.len().max(target.len()) > LANGUAGE_BYTES_MAX {
            return Err(failed("the language is none"));
        }
        if texts.is_empty() {
            return Ok(Vec::new());
        }
        let provider = match find_provider(&*self.store, app).await {
            Ok(Some(provider)) => provider,
            Ok(None) => {
                return Err(failed(
                    "translating is not enabled: the app has no provider for it",
                ));
            }
            Err(error) => {
                tracing::error!(%error, "the provider could not be looked up");
                return Err(failed(Code::TRANSLATE_FAILED.text()));
            }
        };
        let Ok(Ok(_one)) = timeout(TIME_MAX, self.running.acquire()).await else {
            return Err(Refused::new(Code::OVERLOADED, Code::OVERLOADED.text()));
        };
        let translated = ask(&provider, texts, source, target).await.map_err(|why| {
            tracing::warn!(app.id = app.0, why, "a provider did not translate");
            failed("the provider did not translate")
        })?;
        match translated.len() == texts.len() {
            true => Ok(translated),
            false => Err(failed("the provider translated another number of texts")),
        }
    }
}

async fn ask(
    provider: &Provider,
    texts: &[String],
    source: &str,
    target: &str,
) -> Result<Vec<String>, &'static str> {
    let question = Question {
        q: texts,
        source: if source.is_empty() { "auto" } else { source },
        target,
        format: "text",
        api_key: &provider.key,
    };
    let body = serde_json::to_vec(&question).map_err(|_| "the question cannot be written")?;
    let url = format!("{}/translate", provider.url.trim_end_matches('/'));
    let answer = fetch(Request {
        method: Method::POST,
        url: &url,
        headers: &[(header::CONTENT_TYPE, "application/json")],
        body: body.into(),
        time_max: TIME_MAX,
        answer_bytes_max: ANSWER_BYTES_MAX,
    })
    .await
    // What failed is told without the address, in which a key may stand.
    .map_err(|error| match error {
        FetchError::Invalid(why) => why,
        FetchError::TimedOut => "it does not answer in time",
        FetchError::TooLarge => "it answers too much",
        FetchError::Broken(_) => "it cannot be reached",
    })?;
    if answer.status != 200 {
        return Err("it refuses");
    }
    let answer: Answer = serde_json::from_slice(&answer.body).map_err(|_| "its answer cannot be read")?;
    Ok(match answer.translated_text {
        Texts::One(text) => vec![text],
        Texts::Many(texts) => texts,
    })
}

fn failed(text: &str) -> Refused {
    Refused::new(Code::TRANSLATE_FAILED, text)
}
