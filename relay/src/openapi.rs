//! The OpenAPI document of the public API, made from the types that go over the wire and from one table of endpoints.
//!
//! It is public: it says what any reader of the sources knows, and nothing of one relay's configuration.

mod answers;
mod body;
mod endpoints;
mod signing;

use std::sync::LazyLock;

use serde_json::Value;
use stagedoor_protocol::Problem;
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Paths, Server, Tag, tag::TagBuilder,
};

use body::Body;
pub use endpoints::{ENDPOINTS, Endpoint};

/// The version of the API, which stands in its paths too; that of the relay is nobody's business who has not signed.
const API_VERSION: &str = "1";

/// The document as JSON.
pub fn json() -> &'static str {
    static JSON: LazyLock<String> = LazyLock::new(|| {
        let mut document =
            serde_json::to_value(document()).expect("texts, numbers and lists always make JSON");
        spell_links(&mut document);
        document.to_string()
    });
    &JSON
}

/// utoipa spells the names in links as Rust does.
fn spell_links(document: &mut Value) {
    match document {
        Value::Object(fields) => {
            if let Some(id) = fields.remove("operation_id") {
                fields.insert("operationId".to_owned(), id);
            }
            fields.values_mut().for_each(spell_links);
        }
        Value::Array(items) => items.iter_mut().for_each(spell_links),
        _ => {}
    }
}

fn document() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Stagedoor relay")
        .version(API_VERSION)
        .description(Some(
            "What the Stagedoor extension asks of its relay. Faults are problem documents (RFC 9457), each with a stable `code` \
             that its `type` leads to an explanation of. Answers are not to be stored (`Cache-Control: no-store`). Browsers may \
             read them from the extension's origins only (CORS); any other `Origin` is refused.",
        ))
        .build();
    let bodies = ENDPOINTS.iter().flat_map(Endpoint::bodies);
    let components = bodies
        .chain([Body::of::<Problem>()])
        .fold(ComponentsBuilder::new(), |components, body| {
            components.schemas_from_iter(body.schemas())
        });
    let components = signing::add_schemes(components);
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([Server::new("/")]))
        .paths(paths())
        .components(Some(components.build()))
        .tags(Some(tags()))
        .build()
}

fn paths() -> Paths {
    let mut paths = Paths::new();
    for endpoint in ENDPOINTS {
        paths.add_path_operation(endpoint.path, vec![endpoint.method.clone()], endpoint.operation());
    }
    paths
}

fn tags() -> Vec<Tag> {
    [
        ("Profiles", "How a browser profile's key becomes a person's."),
        ("Logins", "One-time tokens for customers' platforms."),
        ("Approvals", "Logins that a second person must approve."),
        ("About", "For people, and for tools."),
    ]
    .map(|(name, description)| {
        TagBuilder::new()
            .name(name)
            .description(Some(description))
            .build()
    })
    .to_vec()
}

#[cfg(test)]
mod tests;
