//! Header lists whose members carry weights, like `Accept` and `Accept-Language`
//! (RFC 9110, 12.4.2).

/// The members of a list like `a;q=0.5, b`, each with what follows its name.
pub(crate) fn weighted(list: &str) -> impl Iterator<Item = (&str, &str)> {
    list.split(',').map(|member| {
        let (name, parameters) = member.split_once(';').unwrap_or((member, ""));
        (name.trim(), parameters)
    })
}

/// The quality among a member's parameters, 1 where none is said, and at most 1.
pub(crate) fn weight(parameters: &str) -> f32 {
    parameters
        .split(';')
        .map(str::trim)
        .find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")))
        .map_or(1.0_f32, |quality| quality.trim().parse().unwrap_or(0.0))
        .clamp(0.0, 1.0)
}
