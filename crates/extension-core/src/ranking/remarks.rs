//! What is remarked on an address beside it: words for its state, or perhaps for whose it is.

use alloc::vec::Vec;

use super::words::{is_form, is_joined, is_salutation};
use crate::names::plain;

/// Words for the state of an address, or what can be done with it. What is not here may say whose it is.
const STATES: &str = "a add added address adresse adres adresi again ago cancel alternate alternative am and at backup been blocked bounc- by call change changed changes blacklisted check checked click clipboard contacted \
    code complained correct disposable do compose confirm- consent copied copy created day days default delete delivered deliverable double e edit email emails \
    expired failed favorite favourite format gdpr gmail hard has hidden hide home hour hours hotmail icloud id imported in inactive invalid is just last later link log logging login password risky unlisted \
    mail main marketing minute minutes mobile month months more new newsletter now office on opened opt opted optional \
    out outlook pending personal pm preferred primary private public quality reachable read remove required resend reset save score seen secondary \
    send sent show since sms soft spam subscri- synced the time times today type unconfirmed undeliverable unreachable unsubscri- \
    unverified update updated used valid validat- verif- via view waiting awaiting was week weeks work write year years yesterday your \
    yes ok active off \
    abbrechen abgemeldet aktiv aktualisiert erneut angemeldet arbeit bearbeiten bestätig- dienstlich entfernen geändert geprüft geschäftlich gesperrt \
    gültig inaktiv ja kopieren kopiert löschen primär privat seit senden standard ungeprüft ungültig unbestätigt unverifiziert \
    verifiziert vor wöchentlich zuhause zuletzt zugestellt ändern tag tagen uhr haupt hauptadresse \
    activ- casa confirm- correo en copiar días editar enviad- enviar cambiar hace laboral pendiente predeterminado principal \
    rebotado reenviar suscrito trabajo validado verificad- verificar válido día desde sí inactivo \
    aktywny aktualny anuluj ponownie nieaktywny domowy domyślny edytuj główny kopiuj niepotwierdzon- niezweryfikowan- oczekuje potwierdzenie dni od dnia poprawny potwierdzon- \
    praca prywatny służbowy temu wyślij zgoda zmień zweryfikowan- tak \
    abonné actif annuler attente copier depuis défaut désabonné envoyer envoyé inactif il y jours modifier oui par personnelle principale conferm- op kopyala \
    professionnelle rebond rebonds travail validée validé valide vérifi- domicile \
    attivo confermat- copia inattivo invia lavoro modifica predefinito valido attesa verificat- \
    ativo confirmado enviar há dias inativo pendente actief bevestigd bewerken geldig geverifieerd kopiëren primair standaard \
    thuis werk \
    активен активна изменить копировать отправить основной ожидает подтвержд- проверен- рабочий личный домашний \
    підтвердж- перевірено doğrulan- onaylan- aktif ověřen- neověřen- potvrzen- overený verificat megerősít- xác nhận thực đã \
    chưa terverifikasi bekräfta- verifiera- bekreft- vahvistettu επιβεβαιωμέν- \
    مؤكد موثق نشط نسخ إرسال تعديل أساسي رئيسي تأكيد- تأكيده تم التحقق التأكيد منه منذ انتظار في شخصي العمل البريد الإلكتروني";

/// Words between those; beside a name they may say whose it is.
const LINKS: &str = "to for de di du à na";

/// Likewise in scripts without blanks.
const UNSPACED: &str = "已验证 未验证 已驗證 未驗證 已确认 已確認 未确认 主要 默认 复制 复製 複製 編集 编辑 认证 認証 済み 未認証 確認 확인됨 인증됨 미인증 复 \
    제 個人 私用 工作";

/// Words that turn those round.
const NEGATIONS: &str = "not no non never ej nicht noch nie nog niet não sin kein pas ne не غير لم يتم nem belum değil yet aún encore";

/// Names of months, and words that stand with numbers; some are names of people, too.
const MONTHS: &str = "jan feb mar apr may jun jul aug sep sept oct nov dec january february march april june july august september october \
    november december januar februar märz mai juni juli oktober dezember enero febrero marzo abril mayo junio julio agosto septiembre \
    octubre noviembre diciembre stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia \
    janvier février mars avril juin juillet août septembre octobre novembre décembre x el um";

/// Words for whom the page is about: with one that turns it round, it is somebody else.
const CLIENTS: &str = "client clients customer hers his kund- cliente klient- клиент- العميل";

/// Words for whoever else an address may belong to.
const KIN: &str = "wife husband spouse partner mother father mum mom dad son daughter brother sister uncle aunt cousin \
    nephew niece parent parents child relative accountant lawyer attorney assistant secretary guardian friend colleague manager agent broker \
    advisor adviser trustee executor beneficiary guarantor nominee neighbour \
    ehefrau ehemann mutter vater sohn tochter bruder schwester onkel tante eltern steuerberater anwalt betreuer berater \
    bevollmächtigt- vormund \
    esposa esposo marido mujer madre padre hijo hija hermano hermana contable abogado gestor asesor tutor apoderado cónyuge \
    żona żony mąż męża matka matki ojciec ojca syn syna córka córki brat brata siostra siostry księgow- pełnomocnik opiekun doradca \
    femme mari époux épouse mère père fils fille frère sœur soeur comptable avocat conseiller tuteur conjoint mandataire \
    moglie marito madre padre figlio figlia fratello sorella жена муж мать отец сын дочь брат сестра бухгалтер \
    vrouw echtgeno- moeder vader zoon dochter broer zus boekhouder eşi annesi babası oğlu kızı kardeşi muhasebeci- manžel- otec dcera \
    bratr sestra účetní mãe pai filho filha irmão irmã contador contabilista \
    زوجة زوج والدة والد أم أب ابن ابنة أخ أخت محاسب وكيل المحاسب الزوجة الزوج 妻 夫 父 母";

/// Whether a remark in the field of an address says nothing of whose it is: it has only words for its state, the customer's name
/// with its first word, and parts of the address itself.
pub(super) fn is_harmless(remark: &str, name: &str, folded: &str) -> bool {
    let (local, domain) = folded.split_once('@').unwrap_or_default();
    // "c/o", "w/o".
    if remark.as_bytes().windows(2).any(|pair| pair == b"/o") {
        return false;
    }
    // "Minh" alone is a name.
    let said = remark
        .replace(domain, " ")
        .replace(local, " ")
        .replace("xác minh", " ");
    let called = is_called(&said, name);
    let pieces: Vec<&str> = said.split_whitespace().collect();
    let dated = |place: usize| {
        let near = [place.wrapping_sub(1), place, place + 1];
        near.iter()
            .any(|near| pieces.get(*near).is_some_and(|piece| is_of_date(piece)))
    };
    let (mut open, mut denied, mut named, mut linked) = (false, false, false, false);
    for (place, piece) in pieces.iter().enumerate() {
        for word in words_in(piece) {
            let state = has(STATES, word) || has(MONTHS, word) && dated(place) || is_unspaced(word);
            let (negation, link) = (has(NEGATIONS, word), has(LINKS, word));
            let own = called && (is_in(name, word) || is_salutation(word));
            if !(state || negation || link || own) {
                return false;
            }
            denied |= negation;
            named |= own && !state;
            linked |= link && !state;
            // "Not", and nothing behind it.
            open = negation;
        }
    }
    !(open || named && (linked || denied))
}

/// Whether a text has a word for somebody else than the customer.
pub(super) fn names_kin(remark: &str, name: &str) -> bool {
    let called = is_called(remark, name);
    let any = |list| words_in(remark).any(|word| has(list, word) && !(called && is_in(name, word)));
    any(KIN) || any(NEGATIONS) && any(CLIENTS)
}

/// Whether a text has the first word of a name.
fn is_called(text: &str, name: &str) -> bool {
    let first = name.split_whitespace().next();
    first.is_some_and(|first| is_in(&plain(text), first))
}

fn is_in(name: &str, word: &str) -> bool {
    let word = plain(word);
    name.split_whitespace().any(|part| part == word.trim())
}

/// Whether something has a day or a year in it, and no longer number.
fn is_of_date(piece: &str) -> bool {
    matches!(piece.chars().filter(char::is_ascii_digit).count(), 1 | 2 | 4)
}

fn words_in(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphabetic() && !is_joined(c))
        .filter(|word| !word.is_empty())
}

fn has(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|known| is_form(word, known))
}

fn is_unspaced(word: &str) -> bool {
    word.is_empty()
        || UNSPACED
            .split_whitespace()
            .any(|known| word.strip_prefix(known).is_some_and(is_unspaced))
}
