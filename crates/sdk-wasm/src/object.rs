//! Building and reading plain JavaScript objects.
//!
//! **Comes in:** names and values. **Goes out:** objects and values. **Never here:** which names an object has.

use js_sys::{Array, Reflect};
use wasm_bindgen::JsValue;

/// An object being built.
pub(crate) struct Object(js_sys::Object);

impl Object {
    pub(crate) fn new() -> Self {
        Self(js_sys::Object::new())
    }

    pub(crate) fn value(self, name: &str, value: &JsValue) -> Self {
        // Setting a property of a plain object cannot fail.
        let _ = Reflect::set(&self.0, &JsValue::from_str(name), value);
        self
    }

    pub(crate) fn text(self, name: &str, text: &str) -> Self {
        self.value(name, &JsValue::from_str(text))
    }

    pub(crate) fn number(self, name: &str, number: f64) -> Self {
        self.value(name, &JsValue::from_f64(number))
    }

    pub(crate) fn flag(self, name: &str, flag: bool) -> Self {
        self.value(name, &JsValue::from_bool(flag))
    }

    pub(crate) fn list(self, name: &str, list: Array) -> Self {
        self.value(name, &list.into())
    }

    pub(crate) fn build(self) -> JsValue {
        self.0.into()
    }
}

/// A property; `undefined` when there is none.
pub(crate) fn get(object: &JsValue, name: &str) -> JsValue {
    Reflect::get(object, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// A text, if the property is one.
pub(crate) fn text(object: &JsValue, name: &str) -> Option<String> {
    get(object, name).as_string()
}

/// A text; empty when the property is none.
pub(crate) fn text_or_empty(object: &JsValue, name: &str) -> String {
    text(object, name).unwrap_or_default()
}

/// A number, or a text that is one.
pub(crate) fn number(object: &JsValue, name: &str) -> Option<f64> {
    let value = get(object, name);
    // By JavaScript's own reading: Rust's takes several KB of code.
    let read = || Some(js_sys::parse_float(&value.as_string()?)).filter(|it| !it.is_nan());
    value.as_f64().or_else(read)
}

pub(crate) fn flag(object: &JsValue, name: &str) -> bool {
    get(object, name).as_bool().unwrap_or(false)
}

/// The items of a list; none when the property is no list.
pub(crate) fn items(object: &JsValue, name: &str) -> Vec<JsValue> {
    let value = get(object, name);
    if Array::is_array(&value) {
        Array::from(&value).to_vec()
    } else {
        Vec::new()
    }
}

pub(crate) fn texts(object: &JsValue, name: &str) -> Vec<String> {
    items(object, name)
        .iter()
        .filter_map(JsValue::as_string)
        .collect()
}
