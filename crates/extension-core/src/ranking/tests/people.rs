//! Whom a page is about, by its first heading or the first name on it, and which addresses show that name.

use super::{
    names::headed,
    titles::{NAMED, OWN, field, is_clear},
    *,
};

#[test]
fn an_address_that_does_not_show_the_pages_name_is_left_to_the_person() {
    for (heading, address, clear) in [
        ("Anna Kowalska", "maria.kowalska@example.com", false),
        ("Anna Kowalska", "ben.ito@example.com", false),
        ("Anna Kowalska", "kasia99@example.com", false),
        ("Anna Kowalska", "kowalska@example.com", false),
        ("Anna Kowalska", "anna.1980@example.com", false),
        ("Anna Kowalska", "a.k@example.com", false),
        // In any form that shows it.
        ("Anna Kowalska", "anna.kowalska@example.com", true),
        ("Anna Kowalska", "kowalska_anna88@example.com", true),
        ("Anna Kowalska", "annakowalska@example.com", true),
        ("Anna Kowalska", "a.kowalska@example.com", true),
        ("Anna Kowalska", "akowalska@example.com", true),
        ("Anna Kowalska", "anna.k@example.com", true),
        // Of her name, and not of her second one alone.
        ("Anna Maria Kowalska", "anna.kowalska@example.com", true),
        ("Anna Maria Kowalska", "maria.kowalska@example.com", false),
        ("Kowalska Anna Maria", "maria.kowalska@example.com", false),
        ("Kowalska, Anna Maria", "maria.kowalska@example.com", false),
        ("Kowalska, Anna Maria", "anna.kowalska@example.com", true),
        ("Kowalska Anna Maria", "anna.kowalska@example.com", false),
        ("Kowalska Anna Maria", "annamaria.kowalska@example.com", true),
        ("Kowalska Anna", "anna.kowalska@example.com", true),
        ("Anna Maria Kowalska", "am.kowalska@example.com", false),
        ("Anna Maria Kowalska", "annamaria.kowalska@example.com", true),
        ("Anna Maria Kowalska", "anna.maria.kowalska@example.com", true),
        ("Anna Maria Kowalska", "kowalska.anna@example.com", false),
        ("Anna-Maria Kowalska", "annamaria.kowalska@example.com", true),
        ("Anna Kowalska-Nagy", "annakowalska@example.com", true),
        ("Anna van der Berg", "a.vandenberg@example.com", false),
        ("Anna van der Berg", "a.vanderberg@example.com", true),
        ("Anna van der Berg", "anna.berg@example.com", true),
        ("Anna van der Berg", "vanderberg.anna@example.com", true),
        ("Prof. Dr. Anna Kowalska", "akowalska@example.com", true),
        ("A. Kowalska", "anna.kowalska@example.com", false),
        ("Eva van der Meer", "eva.van.der.meer@example.com", true),
        ("Li Wei", "li.wei@example.com", true),
        // Letters with marks are written in two ways.
        ("Jörg Müller", "jorgmuller@example.com", true),
        ("Jörg Müller", "j.mueller@example.com", true),
        ("Søren Kjær", "soerenkjaer@example.com", true),
        // An initial behind a given name may make another one of it.
        ("Paul Adams", "paula@example.com", false),
        ("Paul Adams", "paula.1985@example.com", false),
        ("Emil Young", "emily@example.com", false),
        ("Andrea Schmidt", "andreas77@example.com", false),
        ("Ursula Rad", "radu@example.com", false),
        ("Anton Petrov", "petrova@example.com", false),
        ("Anton Petrov", "petrova.1985@example.com", false),
        // Nor do further words, however they are put together.
        ("Paul A. Smith", "paula.smith@example.com", false),
        ("Paul Andrew Smith", "paula.smith@example.com", false),
        ("Juan Andrés García", "juana.garcia@example.com", false),
        ("Anna Lisa Berg", "alisa.berg@example.com", false),
        ("Eva Dorota Nowak", "ed.nowak@example.com", false),
        ("António da Silva", "ada.silva@example.com", false),
        ("Antonio de la Cruz", "adela.cruz@example.com", false),
        ("Iris van Dijk", "ivan.dijk@example.com", false),
        ("Anna van der Berg", "a.van.b@example.com", false),
        ("Andrei Viktorovich Ivanov", "v.ivanova@example.com", false),
        ("Payer, Ben Ito", "ben.ito@example.com", false),
        ("António da Silva", "a.dasilva@example.com", true),
        ("António da Silva", "asilva@example.com", true),
        ("Paul Adams", "paul.a@example.com", true),
        ("Paul Adams", "padams@example.com", true),
        // What comes before the given name is none, and its initial is nobody's.
        ("Mag. Anna Huber", "m.huber@example.com", false),
        ("Mag. Anna Huber", "anna.huber@example.com", true),
        ("Dr. med. Anna Müller", "m.mueller@example.com", false),
        ("Dr. med. Anna Müller", "anna.mueller@example.com", true),
        ("Sig.ra Anna Rossi", "r.rossi@example.com", false),
        ("Doña María García", "d.garcia@example.com", false),
        ("Chief Emeka Okafor", "c.okafor@example.com", false),
        ("Müller, Dr. Anna", "d.mueller@example.com", false),
        ("Müller, Dr. Anna", "anna.mueller@example.com", true),
        ("Smith, Mrs Jane", "m.smith@example.com", false),
        ("Nguyen, Thi Mai", "t.nguyen@example.com", false),
        ("Nguyen, Thi Mai", "mai.nguyen@example.com", true),
        (
            "Withdrawal request by Anna Schmidt",
            "b.schmidt@example.com",
            false,
        ),
        ("Complaint from María López", "f.lopez@example.com", false),
        ("Meeting with John Smith", "m.smith@example.com", false),
        ("Gold account – Anna Schmidt", "g.schmidt@example.com", false),
        ("Client: Anna Schmidt", "a.schmidt@example.com", true),
        ("Anna Schmidt (4711) – withdrawal", "a.schmidt@example.com", true),
        // Which of two surnames and a town is which is not told.
        ("García López, Juan", "g.lopez@example.com", false),
        ("Lucía García López", "l.garcialopez@example.com", true),
        ("Lucía García López", "l.garcia.lopez@example.com", true),
        ("Lucía García López", "lgarcialopez@example.com", false),
        ("Anna Lisa Berg", "alisaberg@example.com", false),
        ("Helga Anna Schmidt", "hannaschmidt@example.com", false),
        ("António da Silva Costa", "adasilvacosta@example.com", false),
        ("António da Silva", "adasilva@example.com", false),
        ("Iris van Dijk", "ivandijk@example.com", false),
        ("Lucía García López", "lucia.garcialopez@example.com", true),
        ("Lucía García López", "lopezgarcia.l@example.com", false),
        ("Lucía García López", "lucia.lopez@example.com", true),
        ("Lucía García López", "garcia.lopez@example.com", false),
        ("Nguyễn Thị Minh Châu", "minhchau.nguyen@example.com", true),
        ("Nguyễn Thị Minh Châu", "chau.nguyen@example.com", false),
        // The second one may be the father's name, or a second given name.
        ("José María García López", "mariajose@example.com", false),
        ("Ahmed Mohammed Hassan", "mohammed.ahmed@example.com", false),
        ("Paul John Smith", "john.paul@example.com", false),
        // Relatives have the whole name and one more.
        ("Ali Hassan", "mohammed.ali.hassan@example.com", false),
        ("John Smith", "john.smith.jr@example.com", false),
        // Particles.
        ("Khalid Al Mansoori", "alkhalid@example.com", false),
        ("Khalid Al Mansoori", "khalid.almansoori@example.com", true),
        ("Khalid Al-Mansoori", "k.almansoori@example.com", true),
        ("Jan van den Berg", "jan.d@example.com", false),
        ("Jan van den Berg", "jan.vandenberg@example.com", true),
        ("Maria de Fátima Silva", "maria.fatima.silva@example.com", true),
        ("Kim Min Jun", "minjun.kim@example.com", true),
        ("Anh Do", "anhdo@example.com", true),
        ("Xu Bo", "xu.bo88@example.com", true),
        ("Li Na", "lina@example.com", false),
        ("Jae Lee", "jlee@example.com", true),
        ("Al Amin Hassan", "amin.hassan@example.com", false),
        ("Al Amin Hassan", "alamin.hassan@example.com", true),
        (
            "María del Carmen García",
            "mariadelcarmen.garcia@example.com",
            true,
        ),
        ("Ahmed Mohammed Hassan", "mohammed.hassan.a@example.com", false),
        ("Anna Kowalska – To Do", "annado@example.com", false),
        // What else a heading says, and how.
        ("Sean O'Brien", "sobrien@example.com", true),
        ("O’Brien, Sean", "s.obrien@example.com", true),
        ("dr Anna Kowalska", "akowalska@example.com", true),
        ("Dr.Anna Müller", "a.mueller@example.com", true),
        ("Dr.med. Anna Müller", "m.mueller@example.com", false),
        ("Anna Kowalska – history", "akowalska@example.com", true),
        ("Anna Kowalska | VIP", "kowalska.anna@example.com", true),
        // An initial before a given name makes another one of it.
        ("Amir Saleh", "samir@example.com", false),
        ("Anna Hughes", "hanna88@example.com", false),
        ("Anna Hughes", "h.anna@example.com", true),
        ("Suharto, 55012", "ben.ito@example.com", false),
        // One word is not enough.
        ("A. Kowalska", "kowalska@example.com", false),
        ("Mr. Kowalska", "kowalska@example.com", false),
        ("Suharto", "suharto@example.com", false),
        ("Anna K.", "anna77@example.com", false),
        // Names that are words of titles, too.
        ("Kovács Edit", "peter.kovacs@example.com", false),
        ("Loan Tran", "minh.tran@example.com", false),
        ("Van Nguyen", "van.nguyen@example.com", true),
        // Called after two.
        ("Anna Kowalska for Ben Ito", "anna.kowalska@example.com", false),
        (
            "Anna Kowalska, on behalf of Ben Ito",
            "akowalska@example.com",
            false,
        ),
        ("Anna Kowalska / Ben Ito", "akowalska@example.com", false),
        ("Anna Kowalska & Ben Ito", "ben.ito@example.com", false),
        (
            "Transfer: Anna Kowalska \u{2192} Ben Ito",
            "anna.kowalska@example.com",
            false,
        ),
        ("Clients / Anna Kowalska", "akowalska@example.com", true),
        // Called after nobody.
        ("Customer 4711", "ben.ito@example.com", false),
        ("Contact details", "ben.ito@example.com", false),
        ("Opening request", "kasia99@example.com", false),
        ("Opening Request", "kasia99@example.com", false),
        ("Анна Ковальская", "anna.kowalska@example.com", false),
    ] {
        assert_eq!(is_clear(heading, field(address)), clear, "{heading} {address}");
    }
}

#[test]
fn a_page_called_after_nobody_is_about_the_first_name_on_it() {
    let page = |heading: &str, people: &[&str], fact: Fact| {
        let [page] = headed(heading, vec![fact]);
        let people = people.iter().map(|name| in_field(name)).collect();
        [Frame { people, ..page }]
    };
    for (heading, people, address, clear) in [
        ("Client 4711", &["anna kowalska"][..], NAMED, true),
        ("Client 4711", &["anna kowalska", "ben ito"], NAMED, true),
        ("Client 4711", &["ben ito", "anna kowalska"], NAMED, false),
        ("Client 4711", &[], NAMED, false),
        ("Client 4711", &["anna kowalska"], OWN, true),
        // Only by the name.
        ("Client 4711", &["anna kowalska"], "kasia99@example.com", false),
        ("Client 4711", &["anna kowalska"], "kowalska@example.com", false),
        // A heading that may have a name comes first, whatever else it says.
        (
            "Complaint by Anna Kowalska",
            &["ben ito"],
            "ben.ito@example.com",
            false,
        ),
        ("anna kowalska", &["ben ito"], "ben.ito@example.com", false),
        ("Ben Ito", &["anna kowalska"], NAMED, false),
        // Names of which one word is that of titles, too.
        ("Kowalska Edit", &["anna kowalska"], NAMED, false),
        ("Loan Kowalska", &["anna kowalska"], NAMED, false),
        ("Van Kowalska", &["anna kowalska"], NAMED, false),
        ("Suharto", &["anna kowalska"], NAMED, false),
        ("Vertragsakte 4711", &["anna kowalska"], NAMED, true),
        ("Vertragsakte (4711)", &["anna kowalska"], NAMED, true),
        ("Kowalska Edit (4711)", &["anna kowalska"], NAMED, false),
        // The address may be of somebody else who is named there, with the same initial.
        ("John Smith", &["jane smith"], "jsmith@example.com", false),
        (
            "John Smith",
            &["john smith", "jane smith"],
            "j.smith@example.com",
            false,
        ),
        ("John Smith", &["jane smith"], "john.smith@example.com", true),
        (
            "John Smith",
            &["john a. smith", "ben ito"],
            "jsmith@example.com",
            true,
        ),
        (
            "Client 4711",
            &["john smith", "jack smith"],
            "jsmith@example.com",
            false,
        ),
        // Of somebody who is named before, a part alone is known.
        ("Client 4711", &["", "anna kowalska"], NAMED, false),
        ("Noor Haddad", &["anna kowalska"], OWN, false),
    ] {
        let ranking = rank(&page(heading, people, field(address)), &session());
        assert_eq!(ranking.clear, clear, "{heading} {people:?} {address}");
    }
    let beside = Fact {
        region: Some(Region::Beside),
        ..field(NAMED)
    };
    // What stands beside the main part may be about anybody.
    assert!(!rank(&page("Client 4711", &["anna kowalska"], beside), &session()).clear);
}

#[test]
fn a_name_is_two_words_that_say_nothing_else() {
    for name in [
        "anna kowalska",
        "mrs anna kowalska",
        "a. kowalska",
        "kowalska, anna",
        "анна ковальская",
        "王小明",
        "chidi oduya verified",
        "anna kowalska (4711)",
    ] {
        assert!(is_person(name), "{name}");
    }
    for title in [
        "",
        "anna",
        "a. b.",
        "client 4711",
        "opening request",
        "persönliche übersicht",
        "données générales",
        "osobní údaje",
        "客户信息",
        "loan anna kowalska",
    ] {
        assert!(!is_person(title), "{title}");
    }
}
