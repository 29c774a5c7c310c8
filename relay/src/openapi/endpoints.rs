//! An endpoint: what it takes, what it answers, and by which codes it refuses.

mod table;

use stagedoor_protocol::{ApprovalId, ErrorCode, RequestId};
use utoipa::{
    ToSchema,
    openapi::{
        ContentBuilder, HttpMethod, Object, ObjectBuilder, Ref, RefOr, Required, ResponsesBuilder, Schema,
        link::LinkBuilder,
        path::{Operation, OperationBuilder, ParameterBuilder, ParameterIn},
        request_body::RequestBodyBuilder,
        schema::Type,
    },
};

use super::{answers, body::Body, signing};
pub use table::ENDPOINTS;
use table::EVERYWHERE;

/// One method of one path.
pub struct Endpoint {
    /// The method.
    pub method: HttpMethod,
    /// The path, as the router has it.
    pub path: &'static str,
    /// A name for tools.
    id: &'static str,
    tag: &'static str,
    summary: &'static str,
    signed: bool,
    takes: Option<Body>,
    status: u16,
    answer: &'static str,
    gives: Gives,
    /// What may be asked next: the operation, and where in the answer the `id` of its path is.
    then: Option<(&'static str, &'static str)>,
    /// Every code by which it refuses, beside those of [`EVERYWHERE`].
    codes: &'static [&'static [ErrorCode]],
}

#[derive(Clone, Copy)]
enum Gives {
    Nothing,
    Json(Body),
    Document,
    Html,
}

impl Endpoint {
    /// Every code that it may answer.
    pub fn codes(&self) -> Vec<ErrorCode> {
        let own = self.codes.iter().copied().flatten();
        own.chain(EVERYWHERE).copied().collect()
    }

    /// The status when it was done.
    pub fn status(&self) -> u16 {
        self.status
    }

    pub(super) fn bodies(&self) -> impl Iterator<Item = Body> {
        let gives = match self.gives {
            Gives::Json(body) => Some(body),
            Gives::Nothing | Gives::Document | Gives::Html => None,
        };
        self.takes.into_iter().chain(gives)
    }

    pub(super) fn operation(&self) -> Operation {
        let operation = OperationBuilder::new()
            .operation_id(Some(self.id))
            .tag(self.tag)
            .summary(Some(self.summary))
            .responses(answers::problems(self.done(), &self.codes()));
        let operation = self
            .parameters()
            .into_iter()
            .fold(operation, OperationBuilder::parameter);
        let operation = match self.takes {
            Some(body) => operation.request_body(Some(
                RequestBodyBuilder::new()
                    .required(Some(Required::True))
                    .content("application/json", body.content())
                    .build(),
            )),
            None => operation,
        };
        if self.signed {
            operation.security(signing::required()).build()
        } else {
            operation.build()
        }
    }

    fn done(&self) -> ResponsesBuilder {
        let response = answers::done(self.answer);
        let plain = |kind| {
            ContentBuilder::new()
                .schema(Some(Object::with_type(kind)))
                .build()
        };
        let response = match self.gives {
            Gives::Nothing => response,
            Gives::Json(body) => response.content("application/json", body.content()),
            Gives::Document => response.content("application/json", plain(Type::Object)),
            Gives::Html => response.content("text/html; charset=utf-8", plain(Type::String)),
        };
        let response = match self.then {
            Some((operation, id)) => {
                let link = LinkBuilder::new().operation_id(operation).parameter("id", id);
                response.link(operation, link.build())
            }
            None => response,
        };
        ResponsesBuilder::new().response(self.status.to_string(), response)
    }

    fn parameters(&self) -> Vec<ParameterBuilder> {
        let names = self
            .path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        names
            .map(|name| {
                ParameterBuilder::new()
                    .name(name)
                    .parameter_in(ParameterIn::Path)
                    .required(Required::True)
                    .schema(Some(self.parameter(name)))
            })
            .collect()
    }

    /// The schema of a part of the path.
    fn parameter(&self, name: &str) -> RefOr<Schema> {
        if name == "code" {
            let codes = ErrorCode::ALL.iter().map(|code| code.as_str());
            return ObjectBuilder::from(Object::with_type(Type::String))
                .enum_values(Some(codes))
                .into();
        }
        let id = if self.path.starts_with("/v1/approvals/") {
            ApprovalId::name()
        } else {
            RequestId::name()
        };
        Ref::from_schema_name(id).into()
    }
}
