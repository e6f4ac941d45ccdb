//! The simulator over real sockets: what a client of WeChat's sees, byte for byte.

mod api;
mod client;
mod component;
mod control;
mod domain;
mod faults;
mod gate;
mod handle;
mod listeners;
mod openapi;
mod pages;
mod qr;
mod replay;
mod snapshot;
mod world;
