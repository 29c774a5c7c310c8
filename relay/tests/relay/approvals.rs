//! Logins that a second person must approve: who may ask, decide, take back and use, and that each approval opens one login
//! at most.

mod audit;
mod bad_requests;
mod deciding;
mod ended;
mod races;
mod using;
mod where_and_when;

use std::{
    ops::Deref,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};
use stagedoor_protocol::{CustomerEmail, PlatformId};
use stagedoor_relay::{
    config::{Config, EXAMPLE, Keys, PolicyRules},
    store::{RoleChange, RolesAnswer, Store},
};

use crate::support::{
    Answer, CUSTOMER, Profile, STAFF, TestApp,
    app::{login_body, new_id},
    http::problem,
};

const POLICY: &str = r#"
[[policy.grant]]
roles = ["support"]
platforms = "*"
reason = "required"
vip = true

[policy.deny]
domains = ["closed.example"]

[policy.vip]
addresses = ["jane.roe+fx@customers.example"]
domains = ["vip.example"]

[policy.canary]
addresses = ["canary@vip.example"]

[policy.approval]
roles = ["team-lead"]
vip = true
wait_minutes = 10
valid_minutes = 5
"#;

const LEAD: &str = "lead@broker.example";
const OTHER_LEAD: &str = "second.lead@broker.example";

fn rules(policy: &str) -> PolicyRules {
    let text = format!("{EXAMPLE}\n{policy}");
    Config::parse(&text, Keys::Lists).unwrap().policy
}

/// A relay with two platforms, a person who asks, and two who may approve.
struct Scene {
    app: TestApp,
    desk: Profile,
    lead: Profile,
    other_lead: Profile,
}

impl Deref for Scene {
    type Target = TestApp;

    fn deref(&self) -> &TestApp {
        &self.app
    }
}

impl Scene {
    async fn new() -> Self {
        Self::under(POLICY.to_owned()).await
    }

    async fn under(policy: String) -> Self {
        Self::changing(Arc::new(Mutex::new(policy))).await
    }

    /// Under a policy that may be another one at the next start.
    async fn changing(policy: Arc<Mutex<String>>) -> Self {
        let app = TestApp::start_with(move |config, _| {
            let mut practice = config.platforms[0].clone();
            practice.id = PlatformId::parse("practice").unwrap();
            config.platforms.push(practice);
            config.policy = rules(&policy.lock().unwrap());
        })
        .await;
        let scene = Self {
            desk: app.enrolled(STAFF).await,
            lead: app.enrolled(LEAD).await,
            other_lead: app.enrolled(OTHER_LEAD).await,
            app,
        };
        scene.give(STAFF, &["support"]).await;
        scene.give(LEAD, &["team-lead"]).await;
        scene.give(OTHER_LEAD, &["support", "team-lead"]).await;
        scene
    }

    async fn give(&self, email: &str, roles: &[&str]) {
        let roles = roles.iter().map(|role| role.parse().unwrap()).collect();
        let answer = self
            .store
            .change_roles(&CustomerEmail::parse(email).unwrap(), &RoleChange::Set(roles))
            .await
            .unwrap();
        assert!(matches!(answer, RolesAnswer::Are(_)), "{answer:?}");
    }

    async fn post(&self, who: &Profile, path: &str, body: &Value) -> Answer {
        self.send(&who.at(self).post(path, body)).await
    }

    async fn get(&self, who: &Profile, path: &str) -> Answer {
        self.send(&who.at(self).get(path)).await
    }

    /// Asks for approval of the usual login; its id.
    async fn ask(&self) -> String {
        let answer = self.post(&self.desk, "/v1/approvals", &request()).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    async fn approved(&self) -> String {
        let id = self.ask().await;
        let answer = self
            .decide(&self.lead, &id, &json!({"decision": "approve"}))
            .await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        id
    }

    async fn decide(&self, who: &Profile, id: &str, body: &Value) -> Answer {
        self.post(who, &format!("/v1/approvals/{id}/decision"), body)
            .await
    }

    /// How it stands, as the requester is told.
    async fn state(&self, id: &str) -> Value {
        self.get(&self.desk, &format!("/v1/approvals/{id}")).await.json()
    }

    async fn withdraw(&self, who: &Profile, id: &str) -> Answer {
        let mut draft = who.at(self).get(&format!("/v1/approvals/{id}/withdrawal"));
        draft.method = "POST";
        self.send(&draft.signed()).await
    }

    /// The usual login by an approval, changed.
    async fn login_by(&self, approval: &str, change: impl FnOnce(&mut Value)) -> (Answer, String) {
        let id = new_id();
        let mut body = login_body(&id);
        body["approval"] = json!(approval);
        change(&mut body);
        (self.post(&self.desk, "/v1/logins", &body).await, id)
    }

    /// Ids of the requests that a person is shown.
    async fn waiting(&self, who: &Profile) -> Vec<String> {
        let answer = self.get(who, "/v1/approvals").await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let answer = answer.json();
        let requests = answer["requests"].as_array().unwrap().iter();
        requests
            .map(|request| request["id"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// What is asked for the usual login.
fn request() -> Value {
    let mut body = login_body(&new_id());
    let members = body.as_object_mut().unwrap();
    members.remove("requestId");
    members.remove("extensionVersion");
    body
}

fn unchanged(_: &mut Value) {}

#[tokio::test]
async fn a_login_that_needs_approval_is_refused_before_anything_is_recorded() {
    let scene = Scene::new().await;
    let (draft, id) = scene.desk.login();
    let answer = scene.send(&draft).await;
    assert_eq!(answer.outcome(), problem(403, "approval_required"));
    let told = answer.json();
    assert_eq!(told["approverRoles"], json!(["team-lead"]));
    assert_eq!(told["rule"], "policy.approval");
    assert_eq!(told["requestId"], id);
    assert!(
        told["detail"].as_str().unwrap().contains("role team-lead"),
        "{told}"
    );
    assert_eq!((scene.records.login(&id).await, scene.mints()), (None, 0));
    // Sent again it is a replay, as after every refusal.
    assert_eq!(
        scene.send(&draft).await.outcome(),
        problem(401, "signature_replayed")
    );
    // Whoever may approve needs approval like everybody else.
    let (draft, _) = scene.other_lead.login();
    assert_eq!(
        scene.send(&draft).await.outcome(),
        problem(403, "approval_required")
    );
    // Others need none.
    let mut body = login_body(&new_id());
    body["customerEmail"] = json!("plain@customers.example");
    scene.sim.add_account("plain@customers.example", "Plain");
    assert_eq!(scene.post(&scene.desk, "/v1/logins", &body).await.status, 201);
}

#[tokio::test]
async fn asked_for_approved_and_opened() {
    let scene = Scene::new().await;
    let answer = scene.post(&scene.desk, "/v1/approvals", &request()).await;
    assert_eq!(answer.status, 201);
    let asked = answer.json();
    let id = asked["id"].as_str().unwrap();
    let waiting = json!({"id": id, "state": "waiting", "remainingSeconds": 600});
    assert_eq!(asked, waiting);
    assert_eq!(scene.state(id).await, waiting);
    scene.clock.advance(60);
    let shown = scene.get(&scene.lead, "/v1/approvals").await.json();
    assert_eq!(
        shown,
        json!({"requests": [{
            "id": id,
            "requestedBy": "Support desk",
            "customerEmail": CUSTOMER,
            "platform": "main",
            "platformName": "Main",
            "environment": "live",
            "reason": "Cannot find the withdrawal form",
            "ticket": "SUP-1042",
            "page": {"origin": "https://crm.example", "recordId": "c-1001"},
            "remainingSeconds": 540,
        }]})
    );
    let (early, _) = scene.login_by(id, unchanged).await;
    assert_eq!(early.outcome(), problem(403, "approval_missing"));

    let decided = scene
        .decide(&scene.lead, id, &json!({"decision": "approve", "word": "Once"}))
        .await;
    let approved = json!({"id": id, "state": "approved", "remainingSeconds": 300, "decidedBy": "Support desk", "word": "Once"});
    assert_eq!((decided.status, decided.json()), (200, approved.clone()));
    assert_eq!(scene.state(id).await, approved);
    assert!(scene.waiting(&scene.lead).await.is_empty());

    let (opened, login) = scene.login_by(id, unchanged).await;
    assert_eq!(opened.status, 201, "{}", opened.body);
    assert!(!opened.token().is_empty());
    assert_eq!(scene.state(id).await["state"], "used");
    let intent = scene.records.intent(&login).await;
    assert_eq!(intent["record"]["approval"], id);
    assert_eq!(intent["record"]["approved"], "2023-11-14T22:14:20.000Z");
    assert_eq!(intent["record"]["grants"], "policy.grant[0]");
    assert_eq!(intent["staff"]["roles"], "support");
    assert_eq!(intent["staff"]["approver"], 2);
    assert_eq!(intent["staff"]["approverEmail"], LEAD);
    assert_eq!(intent["staff"]["approverKey"], scene.lead.key_id().as_str());
    assert_eq!(intent["staff"]["approverName"], "Support desk");
    assert!(!intent["record"].to_string().contains(LEAD));
}

#[tokio::test]
async fn the_session_tells_who_may_approve() {
    let scene = Scene::new().await;
    for (who, may) in [
        (&scene.desk, Value::Null),
        (&scene.lead, true.into()),
        (&scene.other_lead, true.into()),
    ] {
        assert_eq!(scene.get(who, "/v1/session").await.json()["mayApprove"], may);
    }
    let without = TestApp::start().await;
    let desk = without.enrolled(STAFF).await;
    assert_eq!(
        without.send(&desk.get("/v1/session")).await.json()["mayApprove"],
        Value::Null
    );
}

#[tokio::test]
async fn what_could_not_be_opened_cannot_be_asked_for() {
    let scene = Scene::new().await;
    let ask = async |who: &Profile, key: &str, value: Value| {
        let mut body = request();
        body[key] = value;
        scene.post(who, "/v1/approvals", &body).await.outcome()
    };
    let mail = "customerEmail";
    for (key, value, expected) in [
        (
            mail,
            json!("left@closed.example"),
            problem(403, "customer_not_allowed"),
        ),
        (
            mail,
            json!("someone@broker.example"),
            problem(403, "customer_not_allowed"),
        ),
        ("platform", json!("nowhere"), problem(422, "platform_unknown")),
        ("reason", json!(" "), problem(422, "reason_required")),
    ] {
        assert_eq!(
            ask(&scene.desk, key, value.clone()).await,
            expected,
            "{key} {value}"
        );
    }
    // Whoever may open nobody may ask for nobody.
    assert_eq!(
        ask(&scene.lead, mail, json!(CUSTOMER)).await,
        problem(403, "not_permitted")
    );
    // A staff member outside the firm's domains, whom only the store knows.
    scene.invite("freelancer@elsewhere.example").await;
    let freelancer = json!("Freelancer@elsewhere.example");
    assert_eq!(
        ask(&scene.desk, mail, freelancer).await,
        problem(403, "customer_not_allowed")
    );
    assert_eq!(scene.records.count("approvals").await, 0);

    let without = TestApp::start().await;
    let desk = without.enrolled(STAFF).await;
    let answer = without.send(&desk.post("/v1/approvals", &request())).await;
    assert_eq!(answer.outcome(), problem(403, "not_permitted"));
    assert!(answer.body.contains("has no [policy.approval]"));
    let answer = without.send(&desk.get("/v1/approvals")).await;
    assert_eq!(answer.outcome(), problem(403, "not_permitted"));
}

#[tokio::test]
async fn a_person_has_few_requests_waiting_and_one_for_each_customer_and_platform() {
    let scene = Scene::new().await;
    let ask = async |number: usize| {
        let mut body = request();
        body["customerEmail"] = json!(format!("c{number}@vip.example"));
        scene.post(&scene.desk, "/v1/approvals", &body).await
    };
    let mut ids = Vec::new();
    for number in 0..10 {
        let answer = ask(number).await;
        assert_eq!(answer.status, 201, "{number}: {}", answer.body);
        ids.push(answer.json()["id"].as_str().unwrap().to_owned());
    }
    let refused = ask(10).await;
    assert_eq!(refused.outcome(), problem(429, "too_many_requests"));
    assert!(refused.body.contains("You have 10 requests"), "{}", refused.body);
    // Asking again takes the earlier one's place, in whatever spelling.
    let mut body = request();
    body["customerEmail"] = json!("C3@VIP.example");
    let again = scene.post(&scene.desk, "/v1/approvals", &body).await;
    assert_eq!(again.status, 201, "{}", again.body);
    assert_eq!(scene.state(&ids[3]).await["code"], "approval_unknown");
    assert_eq!(scene.waiting(&scene.lead).await.len(), 10);
    // On another platform it is another login.
    body["platform"] = json!("practice");
    let other = scene.post(&scene.desk, "/v1/approvals", &body).await;
    assert_eq!(other.outcome(), problem(429, "too_many_requests"));
    // Others may still ask, and who is decided on waits no more.
    let answer = scene.post(&scene.other_lead, "/v1/approvals", &request()).await;
    assert_eq!(answer.status, 201);
    let approve = json!({"decision": "approve"});
    assert_eq!(scene.decide(&scene.lead, &ids[0], &approve).await.status, 200);
    assert_eq!(ask(10).await.status, 201);
    // Nor does one whose time is over.
    scene.clock.advance(601);
    assert_eq!(ask(11).await.status, 201);
}

/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(60);
