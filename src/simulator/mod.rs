//! WeChat's side of the login, to develop and test against.
