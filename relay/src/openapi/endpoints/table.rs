//! The table of endpoints.

use ErrorCode as E;
use stagedoor_protocol::{
    Approval, ApprovalDecision, ApprovalRequest, EnrolmentRequest, EnrolmentResponse, ErrorCode,
    LoginRequest, LoginResponse, OutcomeReport, Preview, PreviewRequest, SessionAnswer, SignInOffer,
    SignInRequest, SignInResponse, WaitingApprovals,
};
use utoipa::openapi::HttpMethod;

use super::{Body, Endpoint, Gives};

/// What the layers around every handler refuse.
pub(super) const EVERYWHERE: &[ErrorCode] = &[E::OriginNotAllowed, E::Internal, E::Overloaded];

/// What is refused of what is signed, whoever signed it.
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

/// Whom and where the policy refuses, and what it cannot be asked about.
const CUSTOMER: &[ErrorCode] = &[
    E::CustomerEmailInvalid,
    E::CustomerNotAllowed,
    E::NotPermitted,
    E::PlatformUnknown,
];

/// What the policy wants to be told.
const WHY: &[ErrorCode] = &[E::ReasonRequired, E::TicketRequired];

/// What is refused because a second person must approve.
const USED_APPROVAL: &[ErrorCode] = &[
    E::ApprovalRequired,
    E::ApprovalUnknown,
    E::ApprovalMismatch,
    E::ApprovalMissing,
    E::ApprovalEnded,
];

/// What comes of asking the broker for something that changes nothing there.
const LOOK_UP: &[ErrorCode] = &[
    E::CustomerUnknown,
    E::BrokerKeyRefused,
    E::BrokerAccessDenied,
    E::BrokerRequestRefused,
    E::BrokerUnreachable,
    E::BrokerTlsFailed,
    E::BrokerFailed,
    E::BrokerAnswerUnusable,
    E::BrokerRateLimited,
];

/// What else comes of asking it for a token.
const MINT: &[ErrorCode] = &[E::OutcomeUnknown];

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
        codes: &[
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
        path: "/v1/sign-in",
        id: "signInOffer",
        tag: "Profiles",
        summary: "Where the firm's people sign in",
        signed: false,
        takes: None,
        status: 200,
        answer: "The provider.",
        gives: Gives::Json(Body::of::<SignInOffer>()),
        then: None,
        codes: &[&[E::SignInNotOffered, E::SignInFailed]],
    },
    Endpoint {
        method: HttpMethod::Post,
        path: "/v1/sign-ins",
        id: "signIn",
        tag: "Profiles",
        summary: "Sign in the key that signs, with a code of the provider",
        signed: true,
        takes: Some(Body::of::<SignInRequest>()),
        status: 201,
        answer: "The key is signed in, for a while.",
        gives: Gives::Json(Body::of::<SignInResponse>()),
        then: None,
        codes: &[
            HEADERS,
            JSON,
            &[
                E::SignInNotOffered,
                E::SignInRefused,
                E::SignInFailed,
                E::StaffDisabled,
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
        gives: Gives::Json(Body::of::<SessionAnswer>()),
        then: None,
        codes: &[HEADERS, SIGNED],
    },
    Endpoint {
        method: HttpMethod::Post,
        path: "/v1/sign-out",
        id: "signOut",
        tag: "Profiles",
        summary: "Give up the key that signs: its profile is revoked",
        signed: true,
        takes: None,
        status: 204,
        answer: "The key is good for nothing any more.",
        gives: Gives::Nothing,
        then: None,
        codes: &[HEADERS, &[E::ProfileUnknown]],
    },
    Endpoint {
        method: HttpMethod::Post,
        path: "/v1/previews",
        id: "preview",
        tag: "Logins",
        summary: "What the broker says of a customer, before anything is opened. Nothing of it is kept",
        signed: true,
        takes: Some(Body::of::<PreviewRequest>()),
        status: 200,
        answer: "What is shown of the account.",
        gives: Gives::Json(Body::of::<Preview>()),
        then: None,
        codes: &[HEADERS, SIGNED, JSON, CUSTOMER, LOOK_UP, &[E::TooManyRequests]],
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
        codes: &[
            HEADERS,
            SIGNED,
            JSON,
            CUSTOMER,
            WHY,
            USED_APPROVAL,
            LOOK_UP,
            MINT,
            &[E::CustomerClaimed, E::RequestRepeated, E::TooManyRequests],
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
        codes: &[HEADERS, SIGNED, JSON, &[E::LoginUnknown, E::NotFound]],
    },
    Endpoint {
        method: HttpMethod::Post,
        path: "/v1/approvals",
        id: "askApproval",
        tag: "Approvals",
        summary: "Ask a second person to approve a login",
        signed: true,
        takes: Some(Body::of::<ApprovalRequest>()),
        status: 201,
        answer: "It waits.",
        gives: Gives::Json(Body::of::<Approval>()),
        then: Some(("showApproval", "$response.body#/id")),
        codes: &[HEADERS, SIGNED, JSON, CUSTOMER, WHY, &[E::TooManyRequests]],
    },
    Endpoint {
        method: HttpMethod::Get,
        path: "/v1/approvals",
        id: "waitingApprovals",
        tag: "Approvals",
        summary: "The requests that wait for the caller",
        signed: true,
        takes: None,
        status: 200,
        answer: "The requests, oldest first.",
        gives: Gives::Json(Body::of::<WaitingApprovals>()),
        then: None,
        codes: &[HEADERS, SIGNED, &[E::NotPermitted]],
    },
    Endpoint {
        method: HttpMethod::Get,
        path: "/v1/approvals/{id}",
        id: "showApproval",
        tag: "Approvals",
        summary: "How it stands with a request of one's own",
        signed: true,
        takes: None,
        status: 200,
        answer: "How it stands.",
        gives: Gives::Json(Body::of::<Approval>()),
        then: None,
        codes: &[HEADERS, SIGNED, &[E::ApprovalUnknown, E::NotFound]],
    },
    Endpoint {
        method: HttpMethod::Post,
        path: "/v1/approvals/{id}/decision",
        id: "decideApproval",
        tag: "Approvals",
        summary: "Approve or decline. The first decision stands",
        signed: true,
        takes: Some(Body::of::<ApprovalDecision>()),
        status: 200,
        answer: "How it stands now.",
        gives: Gives::Json(Body::of::<Approval>()),
        then: None,
        codes: &[
            HEADERS,
            SIGNED,
            JSON,
            &[
                E::WordRequired,
                E::NotPermitted,
                E::ApprovalUnknown,
                E::ApprovalDecided,
                E::NotFound,
            ],
        ],
    },
    Endpoint {
        method: HttpMethod::Post,
        path: "/v1/approvals/{id}/withdrawal",
        id: "withdrawApproval",
        tag: "Approvals",
        summary: "Take one's own request back, with the approval if there is one",
        signed: true,
        takes: None,
        status: 204,
        answer: "It is gone.",
        gives: Gives::Nothing,
        then: None,
        codes: &[
            HEADERS,
            SIGNED,
            &[E::ApprovalUnknown, E::ApprovalEnded, E::NotFound],
        ],
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
        codes: &[&[E::NotFound]],
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
        codes: &[],
    },
];
