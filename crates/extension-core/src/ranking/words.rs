//! Words of titles over the customer's own data.

/// Beginnings of such words. What is not here may be somebody else's: no list of those is ever complete.
const OWN: &str = "account accounts holder client customer contact lead person personal profile detail info information data \
    general basic main primary overview summary about identity identification registr sign login logins access credentials kyc \
    verification questionnaire application communication channels channel email emails mail address addresses phone phones key \
    field properties property attributes attribute user trader investor member edit view current own individual demographic \
    highlights record number numbers status security portal \
    kunde kunden kundin kundendat kundenprofil kontakt persönlich stammdaten daten angaben angabe allgemein übersicht profil konto kontodaten \
    kontoinhaber anmeld zugang zugangsdaten adresse adressen benutzer interessent mandant kommunikation telefon e \
    cliente contacto datos perfil detalle información informacion cuenta titular registro usuario ficha resumen identidad \
    comunicación acceso correo electrónico teléfono teléfonos dirección \
    klient klienta kontaktowe dane osobowe szczegół informacj ogólne konta kontakty rejestracj użytkownik podstawowe podsumowanie \
    tożsamość komunikacja adres \
    coordonnée données donnée profil détail renseignements général compte titulaire inscription utilisat fiche résumé identité connexion \
    messagerie électronique téléphone téléphones \
    العميل عميل الزبون بيانات البيانات معلومات المعلومات شخصية الشخصية الشخصي الاتصال اتصال التواصل تواصل ملف الملف الحساب حساب تفاصيل التفاصيل عامة \
    العامة عام أساسية الأساسية صاحب التسجيل المستخدم الهوية البريد بريد الإلكتروني العنوان الهاتف \
    клиент контакт данные личные личная персональн профиль сведения информаци общая общие общее основн аккаунт счет счёт \
    счета счёта регистрац пользовател карточка анкета лид связи связь почта адрес телефон \
    contato contatos contactos dados pessoais pessoal detalhe informaç geral gerais conta cadastr registo utilizador usuário resumo \
    contatti contatto recapiti dati personali profilo dettagli dettaglio informazioni generali generale anagrafic conto registrazione utente \
    müşteri iletişim kişisel bilgi profil detay genel hesap kayıt kullanıcı temel \
    kontakty osobní údaje podrobnosti informace obecné účet účtu registrace uživatel zákazník základní \
    клієнт дані особист відомості інформаці загальн рахунок реєстраці користувач контакти \
    klant contactgegevens gegevens persoonlijk profiel algemeen rekening gebruiker overzicht \
    yhteystiedot asiakas kunduppgifter uppgifter kontaktuppgifter ügyfél adatok elérhetőség személyes date contul \
    informasi kontak pelanggan pribadi profil khách hàng thông tin liên hệ";

/// Words between those.
const SMALL: &str = "a an and at by de del della di do du da dos des der die das el en for i in la las le les los my na o of on or our \
    the this to und von y und im zu et d l your";

/// Scripts that put no blanks between words.
const UNSPACED: &str = "客户 客戶 联系 聯絡 联络 聯繫 信息 資訊 资料 資料 基本 个人 個人 详情 详细 詳細 账户 帐户 帳戶 概览 概要 注册 \
    方式 人 顧客 お客様 連絡先 情報 アカウント プロフィール の 登録";

/// Whether a title is one of the customer's own data: all its words are known for that, or are those of a name.
pub(super) fn is_own(title: &str, name: &str) -> bool {
    let mut words = title.split(|c: char| !c.is_alphabetic() && !is_joined(c));
    words.all(|word| {
        word.is_empty()
            || word.chars().nth(1).is_none()
            || OWN.split_whitespace().any(|own| is_form(word, own))
            || SMALL.split_whitespace().any(|small| small == word)
            || name.split_whitespace().any(|part| part == word)
            || is_unspaced(word)
    })
}

/// Marks that stand on letters.
fn is_joined(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}' | '\u{E31}' | '\u{E34}'..='\u{E4E}' | '\u{900}'..='\u{94F}')
}

/// Long words may have endings: of two letters, or three.
fn is_form(word: &str, own: &str) -> bool {
    word.strip_prefix(own).is_some_and(|ending| {
        ending.is_empty() || own.chars().count() > 4 && ending.chars().count() < 4
    })
}

fn is_unspaced(word: &str) -> bool {
    word.is_empty()
        || UNSPACED
            .split_whitespace()
            .any(|own| word.strip_prefix(own).is_some_and(is_unspaced))
}
