//! The table of endpoints: what each takes, what it answers, and by which codes it refuses.

use ErrorCode as E;
use stagedoor_protocol::{
    EnrolmentRequest, EnrolmentResponse, ErrorCode, LoginRequest, LoginResponse, OutcomeReport, RequestId,
    Session,
};
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
    /// Every code by which it refuses, beside those of [`EVERYWHERE`] and, for signed ones, of [`SIGNED`].
    own_codes: &'static [&'static [ErrorCode]],
}

#[derive(Clone, Copy)]
enum Gives {
    Nothing,
    Json(Body),
    Document,
    Html,
}

/// What the layers around every handler refuse.
const EVERYWHERE: &[ErrorCode] = &[E::OriginNotAllowed, E::Internal, E::Overloaded];

/// What is refused before it is known who signed.
const HEADERS: &[ErrorCode] = &[
    E::MalformedRequest,
    E::SignatureMissing,
    E::SignatureInvalid,
    E::SignatureStale,
    E::SignatureReplayed,
    E::RequestTimeout,
    E::BodyTooLarge,
    E::StoreUnavailable,
];

/// What is refused because of who signed.
const SIGNED: &[ErrorCode] = &[E::ProfileUnknown, E::StaffDisabled, E::SessionExpired];

/// What is refused because of a body.
const JSON: &[ErrorCode] = &[E::UnsupportedMediaType];

/// What the broker's side of a login refuses.
const BROKER: &[ErrorCode] = &[
    E::CustomerUnknown,
    E::BrokerKeyRefused,
    E::BrokerAccessDenied,
    E::BrokerRequestRefused,
    E::BrokerUnreachable,
    E::BrokerTlsFailed,
    E::BrokerFailed,
    E::BrokerAnswerUnusable,
    E::BrokerRateLimited,
    E::OutcomeUnknown,
];

/// Every endpoint of the public API.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint {
        method: HttpMethod::Post,
        path: "/v1/enrolments",
        id: "enrol",
        tag: "Profiles",
        summary: "Enrol the key that signs, against a single-use code",
        signed: true,
        takes: Some(Body::of::<EnrolmentRequest>()),
        status: 201,
        answer: "The key is enrolled.",
        gives: Gives::Json(Body::of::<EnrolmentResponse>()),
        then: None,
        own_codes: &[
            HEADERS,
            JSON,
            &[
                E::EnrolmentCodeRefused,
                E::ProfileAlreadyEnrolled,
                E::TooManyRequests,
            ],
        ],
    },
    Endpoint {
        method: HttpMethod::Get,
        path: "/v1/session",
        id: "session",
        tag: "Profiles",
        summary: "Who the caller is here, which platforms they may open, and by which rules",
        signed: true,
        takes: None,
        status: 200,
        answer: "The caller, the platforms, the rules.",
        gives: Gives::Json(Body::of::<Session>()),
        then: None,
        own_codes: &[HEADERS, SIGNED],
    },
    Endpoint {
        method: HttpMethod::Post,
        path: "/v1/logins",
        id: "createLogin",
        tag: "Logins",
        summary: "A one-time token for one customer on one platform. It is recorded, and never tried twice",
        signed: true,
        takes: Some(Body::of::<LoginRequest>()),
        status: 201,
        answer: "The token, which is good once and for seconds.",
        gives: Gives::Json(Body::of::<LoginResponse>()),
        then: Some(("reportOutcome", "$response.body#/requestId")),
        own_codes: &[
            HEADERS,
            SIGNED,
            JSON,
            &[
                E::CustomerEmailInvalid,
                E::CustomerNotAllowed,
                E::NotPermitted,
                E::PlatformUnknown,
                E::ReasonRequired,
                E::TicketRequired,
                E::CustomerClaimed,
                E::RequestRepeated,
            ],
            BROKER,
        ],
    },
    Endpoint {
        method: HttpMethod::Post,
        path: "/v1/logins/{id}/outcome",
        id: "reportOutcome",
        tag: "Logins",
        summary: "Add to a login's record what became of its token. Sending it again changes nothing",
        signed: true,
        takes: Some(Body::of::<OutcomeReport>()),
        status: 204,
        answer: "It is recorded.",
        gives: Gives::Nothing,
        then: None,
        own_codes: &[HEADERS, SIGNED, JSON, &[E::LoginUnknown, E::NotFound]],
    },
    Endpoint {
        method: HttpMethod::Get,
        path: "/problems/{code}",
        id: "problemPage",
        tag: "About",
        summary: "What a problem document's `type` leads to: cause and cure",
        signed: false,
        takes: None,
        status: 200,
        answer: "A page for people.",
        gives: Gives::Html,
        then: None,
        own_codes: &[&[E::NotFound]],
    },
    Endpoint {
        method: HttpMethod::Get,
        path: "/openapi.json",
        id: "openapi",
        tag: "About",
        summary: "This document",
        signed: false,
        takes: None,
        status: 200,
        answer: "An OpenAPI document.",
        gives: Gives::Document,
        then: None,
        own_codes: &[],
    },
];

impl Endpoint {
    /// Every code that it may answer.
    pub fn codes(&self) -> Vec<ErrorCode> {
        let own = self.own_codes.iter().copied().flatten();
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
                    .schema(Some(parameter(name)))
            })
            .collect()
    }
}

/// The schema of a part of a path.
fn parameter(name: &str) -> RefOr<Schema> {
    match name {
        "code" => {
            let codes = ErrorCode::ALL.iter().map(|code| code.as_str());
            ObjectBuilder::from(Object::with_type(Type::String))
                .enum_values(Some(codes))
                .into()
        }
        _ => Ref::from_schema_name(RequestId::name()).into(),
    }
}
