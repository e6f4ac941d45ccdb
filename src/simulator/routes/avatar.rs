//! Pictures of people, drawn here so that they show without the internet.

use actix_web::{HttpResponse, web};

use crate::simulator::world::World;

/// `/mmopen/vi_32/{id}/{size}`: the shape of WeChat's own addresses, size 0 being the original of 640.
pub(crate) async fn avatar(
    world: web::Data<World>,
    path: web::Path<(String, String)>,
) -> HttpResponse {
    let (id, size) = path.into_inner();
    let size = match size.as_str() {
        "0" => 640,
        "46" => 46,
        "64" => 64,
        "96" => 96,
        "132" => 132,
        _ => return HttpResponse::NotFound().finish(),
    };
    let person = world.person(&id);
    let letter = person
        .as_ref()
        .and_then(|person| person.name().chars().find(|char| char.is_alphanumeric()));
    let mixed = id.bytes().fold(7u32, |mixed, byte| {
        mixed.wrapping_mul(31).wrapping_add(byte.into())
    });
    let hue = mixed % 360;
    // An alphanumeric character needs no escaping.
    let letter = letter.map(String::from).unwrap_or_default();
    HttpResponse::Ok()
        .content_type("image/svg+xml")
        .insert_header(("Cache-Control", "max-age=86400"))
        .body(format!(
            "<svg xmlns='http://www.w3.org/2000/svg' width='{size}' height='{size}' viewBox='0 0 64 64'>\
             <rect width='64' height='64' fill='hsl({hue},45%,55%)'/>\
             <text x='32' y='43' font-family='sans-serif' font-size='32' fill='#fff' text-anchor='middle'>{letter}</text></svg>"
        ))
}
