//! Nothing is forgotten: no route, no code, no schema that is referred to.

use std::collections::BTreeSet;

use serde_json::Value;
use stagedoor_protocol::ErrorCode;

use super::*;

fn parsed() -> Value {
    serde_json::from_str(json()).unwrap()
}

/// The router's source, because a router does not tell its routes.
const ROUTER: &str = include_str!("../router.rs");

/// Method and path of each `.route(...)` of the public API.
fn routes() -> BTreeSet<(String, String)> {
    let api = ROUTER.split("pub(crate) fn api").nth(1).unwrap();
    let api = api.split("\n}\n").next().unwrap();
    let calls = api.split(".route(").skip(1);
    calls
        .flat_map(|call| {
            let mut depth = 1;
            let end = call.find(|c| {
                depth += i32::from(c == '(') - i32::from(c == ')');
                depth == 0
            });
            let call = call.get(..end.unwrap()).unwrap();
            let path = call.split('"').nth(1).unwrap().to_owned();
            let methods = ["get", "post", "put", "patch", "delete"];
            let used = methods.into_iter().filter(|method| {
                let starts = |(at, _): (usize, _)| {
                    !call
                        .get(..at)
                        .unwrap()
                        .ends_with(|c: char| c.is_alphanumeric() || c == '_')
                };
                call.match_indices(&format!("{method}(")).any(starts)
            });
            let used = used
                .map(|method| (method.to_owned(), path.clone()))
                .collect::<Vec<_>>();
            assert!(!used.is_empty(), "no method is seen in {call}");
            used
        })
        .collect()
}

#[test]
fn every_route_is_documented_and_none_else() {
    let document = parsed();
    let paths = document["paths"].as_object().unwrap();
    let documented = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().keys();
        methods.map(move |method| (method.clone(), path.clone()))
    });
    let documented = documented.collect::<BTreeSet<_>>();
    assert_eq!(documented, routes());
    assert_eq!(documented.len(), ENDPOINTS.len(), "no endpoint stands twice");
}

#[test]
fn every_code_is_documented() {
    let documented = ENDPOINTS.iter().flat_map(Endpoint::codes).collect::<Vec<_>>();
    // A path that there is not, and a method that it does not take, are no endpoints.
    let elsewhere = [ErrorCode::MethodNotAllowed];
    for code in ErrorCode::ALL {
        assert_ne!(
            documented.contains(code),
            elsewhere.contains(code),
            "{code} belongs to an endpoint"
        );
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = parsed();
    let mut references = BTreeSet::new();
    let mut rest = vec![&document];
    while let Some(value) = rest.pop() {
        match value {
            Value::Object(fields) => {
                references.extend(fields.get("$ref").and_then(Value::as_str));
                rest.extend(fields.values());
            }
            Value::Array(items) => rest.extend(items),
            _ => {}
        }
    }
    assert!(references.len() > 15, "{references:?}");
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    assert_eq!(document["openapi"], "3.1.0");
}

#[test]
fn every_link_leads_to_an_operation() {
    let document = parsed();
    let operations = document["paths"].as_object().unwrap().values();
    let operations = operations.flat_map(|item| item.as_object().unwrap().values());
    let operations = operations.collect::<Vec<_>>();
    let ids = operations
        .iter()
        .map(|operation| operation["operationId"].as_str().unwrap());
    let ids = ids.collect::<BTreeSet<_>>();
    assert_eq!(ids.len(), operations.len(), "each has a name of its own");
    let answers = operations
        .iter()
        .flat_map(|operation| operation["responses"].as_object().unwrap().values());
    let links = answers.filter_map(|answer| answer["links"].as_object());
    let links = links.flat_map(|links| links.values()).collect::<Vec<_>>();
    assert!(!links.is_empty());
    for link in links {
        assert!(ids.contains(link["operationId"].as_str().unwrap()), "{link}");
    }
}

#[test]
fn neither_versions_nor_names_of_the_inside_are_told() {
    let text = json();
    for inside in [
        env!("CARGO_PKG_VERSION"),
        "stagedoor_protocol",
        "crate::",
        "utoipa",
    ] {
        assert!(!text.contains(inside), "{inside}");
    }
}
