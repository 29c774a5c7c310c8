//! Words of titles over the customer's own data.

/// Such words. What is not here may be somebody else's: no list of those is ever complete.
const OWN: &str = "kontaktoplysninger kapcsolati στοιχεία επικοινωνίας account accounts holder client clients customer customers contact contacts lead leads personal profile \
    detail details info information data general basic basics main primary overview summary about identity identification \
    register registered registration login logins access credentials kyc verification questionnaire application communication \
    channel channels email emails e mail address addresses phone phones key field fields property properties attribute attributes \
    user users trader traders investor member applicant business edit view current own individual demographics highlights record number numbers \
    status security crm dashboard trading private sheet form page panel section content required optional verified active vip id settings preferences password name names item items log options modifier \
    kontaktinformationen kundeninformationen kontoinhaber überblick adresa adresă адреса kunde kunden kundin kundendaten kundenprofil kontakt kontakte kontaktdaten persönlich- stammdaten antragsteller privat geschäftlich dienstlich daten angaben angabe \
    allgemein- übersicht profil konto kontodaten anmeldung anmeldedaten zugang zugangsdaten adresse adressen \
    benutzer benutzerdaten interessent mandant bearbeiten kommunikation telefon registrierung \
    cliente clientes contacto contactos datos perfil detalle- personales información informacion cuenta cuentas titular solicitante particular laboral registro usuario ficha resumen \
    identidad comunicación acceso correo electrónico electrónica teléfono teléfonos dirección direcciones nombre \
    klient klienta wnioskodawca prywatn- służbow- kontaktowe dane osobowe osobiste szczegół- informacj- ogólne konta kontakty rejestracj- użytkownik- podstawowe \
    podsumowanie karta przegląd tożsamość komunikacj- adres nazwa imię \
    coordonnées données donnée détail- renseignement- informations général- compte titulaire demandeur privé professionnel inscription utilisateur fiche résumé \
    identité connexion messagerie courriel électronique téléphone téléphones nom personnel- \
    العميل عميل الزبون بيانات البيانات معلومات المعلومات شخصية الشخصية الشخصي الاتصال اتصال التواصل تواصل ملف الملف الحساب حساب تفاصيل \
    التفاصيل عامة العامة عام أساسية الأساسية نظرة ملخص صاحب التسجيل المستخدم الهوية البريد بريد الإلكتروني العنوان الهاتف \
    клиент- контакт- данные лич- персональн- профил- сведения информаци- общ- основн- аккаунт- счет счёт счета счёта регистраци- \
    пользовател- карточка анкета лид связи связь почта адрес телефон- \
    contato contatos dados pessoa- detalhe- informaç- geral gerais conta cadastr- registo utilizador usuário resumo \
    contatti contatto recapiti dati personali personale profilo dettagli dettaglio informazioni generali generale anagrafic- conto \
    registrazione utente müşteri iletişim kişisel bilgi- detay- genel önemli alanlar alanı hesap hesabı kayıt kullanıcı temel \
    kontaktní osobní údaje podrobnosti informace obecné účet účtu registrace uživatel- zákazník- základní \
    клієнт- дані особист- відомості інформаці- загальн- рахунок реєстраці- користувач- \
    klant klantgegevens contactgegevens gegevens persoonlijk- profiel algemeen rekening gebruiker overzicht \
    yhteystiedot asiakas uppgifter kontaktuppgifter ügyfél adatok adatai elérhetőség- személyes cím contul לקוח פרטי פרטים קשר חשבון אישיים \
    informasi kontak pelanggan pribadi khách hàng thông tin liên hệ";

/// Words of what pages and fields are called after, and no person is, in small letters.
const KINDS: &str = "markets group capital forex fx broker brokers brokerage securities investments finance ltd limited llc gmbh plc nota notiz admin approval assistant balance bank birth call card case center centre change city claim complaint console country currency \
    dashboard date deposit desk dispute document documents equity estate home inbox invoice language leverage level list loan log mail \
    back contract deal deposits history management margin merge message messages new office onboarding open opening opportunity order orders panel payment payments payout policy portal positions queue report request \
    requests results review risk search service statement support system task tasks terminal ticket tickets trade trades transaction transactions transfer update \
    wallet withdrawal withdrawals workspace \
    antrag auftrag auszahlung einzahlung vorgang überweisung beschwerde solicitud retiro pago caso orden demande retrait \
    dossier virement wniosek wypłata sprawa zlecenie richiesta pratica pedido saque заявка запрос обращение вывод طلب";

/// Words between those.
const SMALL: &str = "a an and at de del della di do du da dos des der die das el en i in la las le les los my na o of on or \
    the this to und van von y im zu et d l your";

/// Words that stand between others in names alone.
const PARTICLES: &str = "al bin bint ibn den ten ter het thi";

/// What comes before a name.
const SALUTATIONS: &str = "mr mrs ms miss dr dra prof sir herr frau mag ing mgr eng engr mme mlle sr sra srta don dona pan pani mevr \
    dhr sig dott chief alhaji smt shri";

/// A line without what comes before a name, if there are two words behind it.
pub(super) fn without_salutation(line: &str) -> &str {
    let line = line.trim_start();
    match line.split_once(|c: char| !c.is_alphabetic()) {
        Some((first, rest))
            if is_salutation(first)
                && rest
                    .split_whitespace()
                    .filter(|word| word.chars().nth(1).is_some())
                    .count()
                    > 1 =>
        {
            without_salutation(rest)
        }
        _ => line,
    }
}

/// Whether a text in small letters, of which each word had a capital, is somebody's name: two words or more, with one whole word
/// among them, that say nothing else. In scripts without blanks it is one.
pub(crate) fn is_person(text: &str) -> bool {
    let (mut words, mut initials, mut last) = (0, 0, false);
    for piece in without_salutation(text).split_whitespace() {
        initials += u32::from(piece.chars().nth(2).is_none() && piece.ends_with('.'));
        for word in piece.split(|c: char| !c.is_alphabetic() && !is_joined(c)) {
            if word.chars().nth(1).is_none() {
                continue;
            }
            // "Das" and "Le" are names, too.
            last = is_small(word);
            if last || is_own(word, "") {
                continue;
            }
            if is_kind(word) {
                return false;
            }
            let unspaced = word.starts_with(|c| ('\u{3040}'..='\u{D7AF}').contains(&c));
            words += 1 + u32::from(unspaced);
        }
    }
    words > 0 && words + initials + u32::from(last) > 1
}

/// Scripts that put no blanks between words.
const UNSPACED: &str = "客户 客戶 联系 聯絡 联络 聯繫 信息 資訊 资料 資料 基本 个人 個人 详情 详细 詳細 账户 帐户 帳戶 概览 概要 注册 \
    方式 人 顧客 お客様 連絡先 情報 アカウント プロフィール の 登録 契約者 申込者 会員 本人 について 編集 已认证 已驗證";

/// Words that stand before or behind a name, and that fields for one are called by, beside those of the customer's own data.
const NAMES: &str = "relatie particulier since seit gold silver platinum base ago min pessoa física nível tunnistettu live demo completed pending approved rejected open closed retail professional online offline bearbeiten home accueil inicio startseite posiadacz rachunku владелец счёта счета intestatario conto vor full first last given family surname legal display preferred vorname nachname familienname vollständiger voller kundenname \
    completo completa apellidos apellido complet prénom prénoms nazwisko imiona nome cognome sobrenome apelido naam voornaam achternaam \
    jméno příjmení név ügyfélnév ad adı soyad soyadı adsoyad фио имя фамилия отчество имени прізвище namn navn nimi nume prenume \
    الاسم اسم الكامل 氏名 名前 お名前 姓名 名称 성명 이름 고객 고객명 tên họ nama";

/// Words of labels that leave no doubt.
const CUSTOMERS: &str = "client clients customer customers kund- cliente klient- клиент- клієнт- العميل klant ügyfél müşteri 客户 顧客 お客様";

/// Whether a label says that whom it introduces is the customer.
pub(crate) fn is_customers(label: &str) -> bool {
    let mut words = label.split(|c: char| !c.is_alphabetic() && !is_joined(c));
    words.any(|word| !word.is_empty() && CUSTOMERS.split(' ').any(|own| is_form(word, own)))
}

/// Whether what is said of a name is no more than that it is the customer's, or a name. "Payer" may be anybody.
pub(super) fn introduces_customer(said: &str) -> bool {
    let mut words = said.split(|c: char| !c.is_alphanumeric() && !is_joined(c));
    words.all(|word| {
        let is_number = word.starts_with(|c: char| c.is_numeric());
        is_number
            || is_own(word, "")
            || is_salutation(word)
            || NAMES.split_whitespace().any(|name| name == word)
    })
}

/// Whether a label is that of the second of several, such as the holders of an account.
pub(super) fn is_of_another(label: &str) -> bool {
    let mut words = label.split(|c: char| !c.is_alphanumeric());
    words.any(|word| matches!(word.as_bytes(), [b'2'..=b'9']))
}

/// Whether a title is one of the customer's own data: all its words are known for that, or are those of a name.
pub(super) fn is_own(title: &str, name: &str) -> bool {
    let mut words = without_salutation(title).split(|c: char| !c.is_alphabetic() && !is_joined(c));
    words.all(|word| {
        word.is_empty()
            || word.chars().nth(1).is_none()
            || OWN.split_whitespace().any(|own| is_form(word, own))
            || is_small(word)
            || name.split_whitespace().any(|part| part == word)
            || is_unspaced(word)
    })
}

/// Whether a word is one that pages or fields are called after.
pub(super) fn is_kind(word: &str) -> bool {
    KINDS.split_whitespace().any(|kind| kind == word)
}

/// Whether a word stands between others, also in names.
pub(super) fn is_small(word: &str) -> bool {
    SMALL.split_whitespace().any(|small| small == word)
}

/// Whether a word stands before others in names.
pub(super) fn is_particle(word: &str) -> bool {
    is_small(word) || PARTICLES.split(' ').any(|particle| particle == word)
}

/// Whether a word stands before a name, and is none.
pub(super) fn is_salutation(word: &str) -> bool {
    SALUTATIONS
        .split_whitespace()
        .any(|salutation| salutation == word)
}

/// Marks that stand on letters.
pub(super) fn is_joined(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}' | '\u{e30}'..='\u{e4e}' | '\u{900}'..='\u{94F}')
}

/// What ends in a hyphen is the beginning of words.
pub(super) fn is_form(word: &str, own: &str) -> bool {
    match own.strip_suffix('-') {
        Some(stem) => word.starts_with(stem),
        None => word == own,
    }
}

fn is_unspaced(word: &str) -> bool {
    word.is_empty()
        || UNSPACED
            .split_whitespace()
            .any(|own| word.strip_prefix(own).is_some_and(is_unspaced))
}
