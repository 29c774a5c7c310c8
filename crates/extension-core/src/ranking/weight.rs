//! How much one sighting of an address says.

use alloc::vec::Vec;

use crate::{
    address::is_lone,
    facts::{Fact, Frame, Kind, Region},
};

/// What a sighting is worth.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Weight {
    /// Summed up over the kinds of source.
    pub(super) points: u32,
    /// Whether it stands where a customer's address stands, for all to see.
    pub(super) proposable: bool,
    /// Whether it stands there at all, and nothing says whose else it is: then it may be the customer's.
    pub(super) open: bool,
    /// Whether it would stand there if what is beside the main part were one.
    pub(super) beside: bool,
    /// Whether it stands there, and a label or heading says who else it belongs to.
    pub(super) others: bool,
}

/// Points go by kind, and are halved again and again for what speaks against the sighting.
pub(super) fn of(frame: &Frame, fact: &Fact) -> Weight {
    let base: u32 = match fact.kind {
        // More than all others together.
        Kind::Recipe => 1000,
        Kind::Labelled | Kind::Input => 40,
        Kind::Mailto | Kind::Microdata | Kind::Jsonld | Kind::Selection => 30,
        Kind::Text => 10,
    };
    let aside = match fact.region {
        None | Some(Region::Doubtful) => 0,
        Some(Region::Margin | Region::Beside) => 2,
        Some(Region::Signature) => 3,
        Some(Region::Conversation | Region::Ignored) => 4,
    };
    let label = fact
        .folded
        .as_deref()
        .or(fact.label.as_deref())
        .unwrap_or_default();
    let under = fact.under.as_deref().unwrap_or_default();
    let within = fact.within.as_deref().unwrap_or_default();
    let identity = [label, under, within].iter().any(|text| names(text, IDENTITIES));
    let owner = names(label, OWNERS) || names(under, OWNERS);
    let happening = names(under, HAPPENINGS);
    let remark = names(label, HAPPENINGS) || is_directed(label);
    let other_person = if identity || owner || happening || remark {
        2
    } else {
        0
    };
    // "E-mail (modified 3 days ago)" is a remark on what may be the customer's own field, and "Modified by" is not.
    let own = owner || remark && label.to_ascii_lowercase().contains("mail");
    let elses = identity || happening || other_person > 0 && !own;
    let heads_conversation = names_conversation(under) || names_conversation(within);
    let aside = if heads_conversation { aside.max(4) } else { aside };
    let inner_frame = u32::from(!frame.top);
    let fitting = other_person == 0
        && fact.kind != Kind::Jsonld
        && fact.region != Some(Region::Doubtful)
        && (fact.kind != Kind::Input || is_lone(&fact.value));
    Weight {
        points: (base * 64) >> (aside + other_person + inner_frame),
        open: aside == 0 && !elses && fact.kind != Kind::Jsonld,
        others: aside == 0 && identity,
        beside: fact.region == Some(Region::Beside) && aside == 2 && fitting,
        // A JSON-LD block is nothing that a person can see, so it supports an address but never proposes one.
        proposable: aside == 0 && fitting,
    }
}

/// Beginnings of words for somebody else than the customer, in labels of fields and headings of sections.
const IDENTITIES: &str = "manager agent assigned assignee advisor adviser introduc referr affiliate partner ib spouse lawyer \
    betreuer kundenbetreuer kundenberat berater vermittler vertreter bevollm ehepartner ehefrau ehemann wife husband \
    guardian attorney benefici nominee trustee executor opiekun doradc małżon współmałżon pełnomocn gestor asesor cónyug \
    esposo esposa apoderad gestionnaire conseill chargé conjoint épou mandataire parrain менеджер ответственн партнер партнёр представител מנהל gestore gerente accountbeheerder makléř obchodník müdür \
    temsilcisi مدير المدير وكيل الوكيل مستشار المستشار مسؤول المسؤول زوج الزوج شريك الشريك وسيط الوسيط";

/// Likewise for what happened, or by whom something was done: also in remarks on the customer's own field.
const HAPPENINGS: &str = "created modified updated sales support sender from cc bcc reply former previous absender nadawc \
    remitente expéditeur";

/// Likewise for whoever has a record or an account: one of the staff, or the customer.
const OWNERS: &str = "owner besitzer inhaber właściciel propietario propriétaire";

/// Words in headings of sections, and in labels of what is around a field, for what people wrote or what happened, and for
/// customers beside the one whose page it is.
const CONVERSATIONS: &str = "similar duplicate duplicates recent recently related linked suggested mails \
    Ähnliche ähnliche dubletten zuletzt verknüpfte similares duplicados recientes relacionados correos podobni \
    duplikaty ostatnio powiązani maile similaires doublons récemment liés courriels مشابهون مكررة مرتبطة \
    activity activities timeline notes note comments messages conversation history emails tickets \
    notifications log notiz notizen aktivitäten verlauf kommentare nachrichten nota notas actividad \
    actividades comentarios mensajes historial notatka notatki aktywność aktywności komentarze wiadomości \
    historia activité activités commentaires remarques historique ملاحظة ملاحظات الملاحظات نشاط النشاط الأنشطة \
    تعليقات التعليقات رسائل الرسائل سجل السجل";

/// Local parts of addresses that belong to a function rather than a person.
const ROLES: &str = "abuse accounts admin administrator backoffice billing bounce bounces careers compliance contact \
    enquiries feedback finance git hello help helpdesk hostmaster hr info jobs kontakt kyc legal mail mailer-daemon \
    marketing media news newsletter notification notifications office postmaster press privacy root sales security \
    service support system team trading webmaster";

/// Likewise for what somebody logs in with.
const LOGINS: &str = "login username benutzername anmeldename usuario identifiant логин";

/// Whether a label is one of what somebody logs in with.
pub(super) fn names_login(label: &str) -> bool {
    names(label, LOGINS)
}

/// Whether a label is one of somebody else's data.
pub(super) fn names_other(label: &str) -> bool {
    names(label, IDENTITIES)
}

/// Whether a label before another one is for somebody else's name.
pub(super) fn introduces_other(label: &str) -> bool {
    names_other(label) || is_directed(label)
}

/// Whether a label or heading has one of these words in it.
fn names(text: &str, stems: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let mut words = text.split(|c: char| !c.is_alphabetic());
    words.any(|word| stems.split(' ').any(|stem| is_form_of(word, stem)))
}

/// Whether a label is about whom something goes to or comes from, as "E-mail to" is. "To" alone heads a message, perhaps one
/// to the customer.
fn is_directed(label: &str) -> bool {
    let label = label.to_ascii_lowercase();
    let mut words = label
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
        .rev();
    let last = words.next().unwrap_or_default();
    ["to", "by"].contains(&last) && words.next().is_some()
}

fn names_conversation(heading: &str) -> bool {
    let heading = heading.to_ascii_lowercase();
    // What one logs in with is no log.
    let heading = heading.replace("log in", "");
    let mut words = heading.split(|c: char| !c.is_alphabetic());
    words.any(|word| CONVERSATIONS.split(' ').any(|other| other == word))
}

/// Short stems stand for the whole word only, or `cc` would be found in `account`.
fn is_form_of(word: &str, stem: &str) -> bool {
    match word.strip_prefix(stem) {
        Some(ending) => ending.is_empty() || stem.len() > 4,
        None => false,
    }
}

/// Whether an address belongs to a function rather than a person. Such a one can be chosen but is never proposed.
pub(super) fn is_role(folded: &str) -> bool {
    let local = folded.split('@').next().unwrap_or_default();
    let name = local.split('+').next().unwrap_or_default();
    ROLES.split(' ').any(|role| role == name) || is_no_reply(name)
}

/// `noreply`, `no-reply`, `do_not_reply`, `crm.donotreply` and the like: "no" or "not" and then "reply", whatever
/// stands between the words.
fn is_no_reply(name: &str) -> bool {
    let letters: Vec<u8> = name.bytes().filter(u8::is_ascii_alphabetic).collect();
    letters.windows(7).any(|part| part == b"noreply") || letters.windows(8).any(|part| part == b"notreply")
}
