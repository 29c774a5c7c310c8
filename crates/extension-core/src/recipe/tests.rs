//! Which addresses have a recipe, and above all which have none.

use proptest::prelude::*;

use super::*;
use crate::testing::parse_url;

mod given;

fn frame(top: bool, url: &str) -> Frame {
    Frame {
        top,
        url: url.into(),
        ..Frame::default()
    }
}

fn found(url: &str) -> Option<(String, String)> {
    let mut frames = [frame(true, url)];
    assign(&mut frames, &Value::Null, parse_url);
    let [frame] = frames;
    frame.recipe.map(|recipe| (recipe.name, recipe.record))
}

#[test]
fn the_shapes_of_customer_pages_are_known() {
    for (url, name, record) in [
        (
            "https://app.hubspot.com/contacts/20418/record/0-1/501",
            "HubSpot",
            "501",
        ),
        (
            "https://app-eu1.hubspot.com/contacts/20418/record/0-1/501/?a=b#c",
            "HubSpot",
            "501",
        ),
        (
            "https://app-na2.hubspot.com/contacts/20418/contact/501",
            "HubSpot",
            "501",
        ),
        (
            "https://n.lightning.force.com/lightning/r/Contact/003Qy00000AAAAAIA4/view?ws=x",
            "Salesforce",
            "003Qy00000AAAAAIA4",
        ),
        (
            "https://n--uat.sandbox.lightning.force.com/lightning/r/Lead/00QQy00000AAAAF/view",
            "Salesforce",
            "00QQy00000AAAAF",
        ),
        (
            "https://n.develop.lightning.force.com/lightning/r/Account/001Qy00000AAAAE/view",
            "Salesforce",
            "001Qy00000AAAAE",
        ),
        (
            "https://crm.zoho.com.au/crm/org1/tab/Contacts/5001/canvas/7",
            "Zoho CRM",
            "5001",
        ),
        ("https://northfield.pipedrive.com/person/77", "Pipedrive", "77"),
        (
            "https://n.myfreshworks.com/crm/sales/contacts/18/view/4",
            "Freshsales",
            "18",
        ),
        (
            "https://n.crm4.dynamics.com/main.aspx?id=0-1&pagetype=entityrecord&etn=contact",
            "Dynamics 365",
            "0-1",
        ),
        (
            "https://n.bitrix24.com/crm/contact/details/31/?IFRAME=Y",
            "Bitrix24",
            "31",
        ),
    ] {
        assert_eq!(found(url), Some((name.into(), record.into())), "{url}");
    }
}

#[test]
fn hosts_fit_as_the_table_says_that_the_collector_is_held_to_too() {
    let table = include_str!("../../../../tests/fixtures/recipes/hosts.json");
    let table = Value::parse(table).unwrap();
    let cases = table.get("cases").list();
    assert!(cases.len() > 40);
    for case in cases {
        let [pattern, host] = ["pattern", "host"].map(|name| case.get(name).text().unwrap());
        assert_eq!(
            host_fits(pattern, host),
            case.get("fits").flag(),
            "{pattern} {host}"
        );
    }
}

#[test]
fn other_pages_and_look_alikes_have_none() {
    for url in [
        "http://app.hubspot.com/contacts/20418/record/0-1/501",
        "https://app.hubspot.com:8443/contacts/20418/record/0-1/501",
        "https://app.hubspot.com.crm.example/contacts/20418/record/0-1/501",
        "https://crm.example/app.hubspot.com/contacts/20418/record/0-1/501",
        "https://crm.example/#https://app.hubspot.com/contacts/20418/record/0-1/501",
        "https://app.hubspot.com@crm.example/contacts/20418/record/0-1/501",
        "https://xapp.hubspot.com/contacts/20418/record/0-1/501",
        "https://app-x.y.hubspot.com/contacts/20418/record/0-1/501",
        "https://app.hubspot.com/contacts/20418/record/0-2/501",
        "https://app.hubspot.com/contacts/20418/objects/0-1/views/all/list",
        "https://app.hubspot.com/contacts/20418/record/0-1/",
        "https://app.hubspot.com/contacts/20418/record/0-1/5%2F01",
        "https://lightning.force.com/lightning/r/Contact/003Qy00000AAAAA/view",
        "https://n.lightning.force.com/lightning/r/Case/500Qy00000AAAAA/view",
        "https://n.lightning.force.com/lightning/r/Contact/003Qy00000AAAAA/edit",
        "https://crm.zoho.com/crm/org1/tab/Contacts/custom-view/12/list",
        "https://pipedrive.com/person/77",
        "https://n.pipedrive.com/person/list",
        "https://n.crm4.dynamics.com/main.aspx?pagetype=entitylist&etn=contact&id=0-1",
        "https://n.crm4.dynamics.com/main.aspx?pagetype=entityrecord&etn=systemuser&id=0-1",
        "https://n.crm4.dynamics.com/main.aspx?pagetype=entityrecord&etn=contact&id=0-1&id=0-2",
        "https://n.crm.example.dynamics.com.example/main.aspx?pagetype=entityrecord&etn=contact&id=0-1",
        "https://n.bitrix24.com/crm/contact/list/",
        "https://bitrix24.example/crm/contact/details/31/",
        "about:blank",
        "",
    ] {
        assert_eq!(found(url), None, "{url}");
    }
}

#[test]
fn frames_of_the_pages_origin_count_and_no_others() {
    let details = "https://n.bitrix24.com/crm/contact/details/31/";
    let read = |top: &str| {
        let mut frames = [frame(false, details), frame(true, top)];
        assign(&mut frames, &Value::Null, parse_url);
        record(&frames)
    };
    assert_eq!(
        read("https://n.bitrix24.com/crm/contact/list/").as_deref(),
        Some("31")
    );
    assert_eq!(read("https://other.bitrix24.com/crm/contact/list/"), None);
    assert_eq!(read("https://crm.example/"), None);
}

#[test]
fn several_records_on_one_page_are_none() {
    let mut frames = [
        frame(true, "https://n.bitrix24.com/crm/contact/details/31/"),
        frame(false, "https://n.bitrix24.com/crm/contact/details/32/"),
    ];
    assign(&mut frames, &Value::Null, parse_url);
    assert_eq!(record(&frames), None);
    assert_eq!(record(&frames[..1]).as_deref(), Some("31"));
}

#[test]
fn every_recipe_names_hosts_of_a_vendor_and_a_shape() {
    let recipes = Value::parse(RECIPES).unwrap();
    assert_eq!(recipes.get("version").number(), Some(1));
    for recipe in recipes.get("recipes").list() {
        let name = recipe.get("name").text().unwrap();
        let hosts = recipe.get("hosts").list();
        assert!(!hosts.is_empty(), "{name}");
        for host in hosts {
            let host = host.text().unwrap();
            // Two labels at least are the vendor's own, or a stranger could have the host.
            let fixed = host.rsplit('.').take_while(|label| !label.contains('*')).count();
            assert!(
                fixed >= 2 && host.rsplit('.').skip(fixed).count() <= 2,
                "{name}: {host}"
            );
            let whole = host.split('.').skip(1).any(|label| label == "*");
            assert!(
                !whole,
                "{name}: {host}: only the first label can stand for several"
            );
        }
        let paths = recipe.get("paths").list();
        assert!(
            paths.is_empty() != recipe.get("query").get("id").list().is_empty(),
            "{name}"
        );
        for path in paths {
            assert_eq!(path.text().unwrap().matches("{}").count(), 1, "{name}");
        }
        assert!(
            !recipe.get("only").flag() || !recipe.get("at").list().is_empty(),
            "{name}"
        );
    }
}

proptest! {
    #[test]
    fn no_host_but_a_vendors_fits(host in "[a-z0-9.-]{1,30}\\.example", path in "[a-z0-9/.-]{0,30}") {
        let url = format!("https://{host}/contacts/20418/record/0-1/{path}");
        prop_assert_eq!(found(&url), None);
    }
}
