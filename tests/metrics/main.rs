//! What an operator's Prometheus is told, read as it reads it: from the text of an exporter.

mod dashboard;
mod exporter;
mod logins;
mod promised;
mod promql;
mod site;
