//! What the repository shows is true: its READMEs, its examples, and the list of what is public.

mod an_apps_logins;
mod an_apps_own;
mod api;
mod examples;
mod guide;
mod readme;
mod rooms;
mod traits;
