use super::*;

#[test]
fn failed_call_says_what_it_means_at_that_call() {
    use Reason::{Busy, LoginRequired, MalformedAnswer, Misconfigured, TimedOut, Unreachable};
    let table = [
        (Call::Exchange, Fault::Errcode(40001), Misconfigured),
        (Call::Exchange, Fault::Errcode(40014), MalformedAnswer),
        (Call::Exchange, Fault::Errcode(40029), LoginRequired),
        (Call::Exchange, Fault::Errcode(42002), MalformedAnswer),
        (Call::Profile, Fault::Errcode(40001), LoginRequired),
        (Call::Profile, Fault::Errcode(42002), MalformedAnswer),
        // The visitor's tokens are worth nothing any more.
        (Call::Refresh, Fault::Errcode(40030), LoginRequired),
        (Call::Refresh, Fault::Errcode(42002), LoginRequired),
        (Call::Refresh, Fault::Errcode(42007), LoginRequired),
        (Call::Refresh, Fault::Errcode(41003), Misconfigured),
        (Call::Refresh, Fault::Errcode(-1), Busy),
        (Call::Refresh, Fault::Unconnected, Unreachable),
        (Call::Check, Fault::Broken, Unreachable),
        (Call::Exchange, Fault::Unanswered, Unreachable),
        (Call::Check, Fault::TimedOut, TimedOut),
        (Call::Check, Fault::Errcode(99999), MalformedAnswer),
    ];
    for (call, fault, reason) in table {
        let err = CallError::new(call, fault);
        assert_eq!(err.reason(), reason, "{err:?}");
        assert_eq!(err.to_string(), reason.to_string());
        let errcode = match fault {
            Fault::Errcode(errcode) => Some(errcode),
            _ => None,
        };
        assert_eq!((err.errcode(), err.rid()), (errcode, None), "{err:?}");
        // All but a connection that was never made may have taken the code along.
        assert_eq!(err.sent, fault != Fault::Unconnected, "{err:?}");
        let at_host = err.clone().at("api.weixin.qq.com");
        assert_eq!(at_host.host.as_deref(), Some("api.weixin.qq.com"));
        assert_eq!(at_host.to_string(), err.to_string());
    }
}
