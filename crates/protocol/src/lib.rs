pub mod wire { include!("generated/hongyan.v1.rs"); }
