//! Who goes where: paths, hosts, shares, cookies, and what instances are told.

use edge::{PersonSource, Routes, ServiceRoute};

use crate::bench::{Bench, shop};
use crate::http::Http;

#[tokio::test]
async fn paths_and_hosts_choose_the_service() {
    let bench = Bench::new().await;
    for (id, deployment) in [("shop-1-1", 1), ("api-2-1", 2), ("docs-3-1", 3)] {
        bench.run(id, deployment).await;
    }
    let route = |service: &str, path: &str, host: Option<&str>, arm| ServiceRoute {
        service: service.into(),
        path: path.into(),
        host: host.map(Into::into),
        ..shop(&[arm])
    };
    let services = vec![
        route("shop", "/", None, (1, "shop-1-1", 100)),
        route("api", "/api", None, (2, "api-2-1", 100)),
        route("docs", "/", Some("docs.example"), (3, "docs-3-1", 100)),
    ];
    bench.client.put_routes(&Routes { generation: 1, services }).await.unwrap();
    assert_eq!(bench.http.get("/apix?a=b").await.name(), "shop-1-1");
    let api = bench.http.get("/api/orders?a=b").await;
    assert_eq!((api.name().as_str(), api.json()["uri"].as_str()), ("api-2-1", Some("/api/orders?a=b")));
    assert_eq!(bench.http.get_with("/api", &[("host", "docs.example:80")]).await.name(), "docs-3-1");
}

#[tokio::test]
async fn before_anything_is_live_it_says_so() {
    let bench = Bench::new().await;
    let reply = bench.http.get("/").await;
    assert_eq!((reply.status.as_u16(), reply.header("content-type")), (503, "application/problem+json"));
    assert_eq!(reply.json()["title"], "Nothing is live here yet");
    let page = bench.http.get_with("/", &[("accept", "text/html,*/*")]).await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (503, "text/html; charset=utf-8"));
    bench.route(1, &[(1, "shop-1-1", 100)]).await;
    let away = bench.http.get("/").await;
    assert_eq!((away.status.as_u16(), away.header("retry-after")), (503, "2"));
    assert_eq!(bench.http.get("/_trunkline/x").await.status, 404);
}

#[tokio::test]
async fn the_first_request_has_a_person_and_the_cookie_brings_it_back() {
    let bench = Bench::new().await;
    bench.run_and_route().await;
    let first = bench.http.get("/").await;
    let (person, cookie) = (first.seen("trunkline-person").unwrap(), first.cookie().unwrap());
    assert_eq!(first.seen("trunkline-release").as_deref(), Some("1"));
    assert!(cookie.starts_with(&format!("trunkline_id={person}.")), "{cookie}");
    let forged = [("trunkline-person", "root"), ("trunkline-release", "9"), ("cookie", cookie.as_str())];
    let second = bench.http.get_with("/", &forged).await;
    assert_eq!((second.seen("trunkline-person"), second.cookie()), (Some(person.clone()), None));
    assert_eq!(second.seen("trunkline-release").as_deref(), Some("1"));
    let unsigned = format!("trunkline_id={person}");
    let stranger = bench.http.get_with("/", &[("cookie", unsigned.as_str())]).await;
    assert_ne!(stranger.seen("trunkline-person"), Some(person));
    assert!(stranger.cookie().is_some());
    let counts = &bench.client.state().await.unwrap().counts[0].total;
    assert_eq!((counts.requests, counts.persons, counts.failures), (3, 1, 0), "only who came back is a person");
}

#[tokio::test]
async fn the_split_is_the_pinned_one_and_a_visitor_stays() {
    let bench = Bench::new().await;
    bench.run("old", 1).await;
    bench.run("new", 2).await;
    bench.route(1, &[(1, "old", 80), (2, "new", 20)]).await;
    let mut visitors = Vec::new();
    for _ in 0..200 {
        let reply = bench.http.get("/").await;
        let person = reply.seen("trunkline-person").unwrap();
        let expected = if kernel::split::bucket("47", &person) < 2_000 { "new" } else { "old" };
        assert_eq!(reply.name(), expected, "{person}");
        visitors.push((reply.cookie().unwrap(), reply.name()));
    }
    let new = visitors.iter().filter(|(_, name)| name == "new").count();
    assert!((15..80).contains(&new), "{new} of 200 in a fifth");
    for (cookie, name) in visitors.iter().take(40) {
        assert_eq!(&bench.http.get_with("/", &[("cookie", cookie)]).await.name(), name);
    }
    bench.route(2, &[(1, "old", 50), (2, "new", 50)]).await;
    for (cookie, name) in visitors.iter().filter(|(_, name)| name == "new").take(20) {
        assert_eq!(&bench.http.get_with("/", &[("cookie", cookie)]).await.name(), name, "nobody moves back");
    }
}

#[tokio::test]
async fn clients_without_cookies_are_known_by_the_sticky_header_and_products_by_their_own_ids() {
    let bench = Bench::new().await;
    bench.run("old", 1).await;
    bench.run("new", 2).await;
    let arms = [(1, "old", 50), (2, "new", 50)];
    let route = ServiceRoute {
        sticky_header: Some("x-device".into()),
        person: Some(PersonSource::Cookie("uid".into())),
        pageviews: true,
        ..shop(&arms)
    };
    bench.client.put_routes(&Routes { generation: 1, services: vec![route] }).await.unwrap();
    for device in ["a", "b", "c", "d", "e", "f"] {
        let first = bench.http.get_with("/", &[("x-device", device)]).await;
        let again = bench.http.get_with("/", &[("x-device", device)]).await;
        assert_eq!((first.name(), first.seen("trunkline-person")), (again.name(), again.seen("trunkline-person")));
        assert_eq!(first.cookie(), None);
        assert_ne!(first.seen("trunkline-person").as_deref(), Some(device), "a device's name is not passed on");
    }
    let own = bench.http.get_with("/", &[("cookie", "uid=ann")]).await;
    assert_eq!(own.seen("trunkline-person").as_deref(), Some("ann"));
    let both = format!("uid=ann; {}", own.cookie().unwrap());
    assert_eq!(bench.http.get_with("/", &[("cookie", &both)]).await.name(), own.name(), "the cookie keeps the side");
}

#[tokio::test]
async fn instances_learn_who_asked_and_clients_cannot_invent_it() {
    let bench = Bench::new().await;
    bench.run_and_route().await;
    let said = [("x-forwarded-for", "9.9.9.9"), ("x-forwarded-proto", "https"), ("forwarded", "for=9.9.9.9")];
    let reply = bench.http.get_with("/", &[&said[..], &[("host", "shop.example")]].concat()).await;
    let seen = |name| reply.seen(name).unwrap_or_default();
    assert_eq!((seen("host").as_str(), seen("x-forwarded-host").as_str()), ("shop.example", "shop.example"));
    assert_eq!((seen("x-forwarded-for").as_str(), seen("x-forwarded-proto").as_str()), ("127.0.0.1", "http"));
    assert_eq!(seen("forwarded"), "");
}

#[tokio::test]
async fn a_named_proxy_is_believed() {
    let bench = Bench::behind_proxy().await;
    bench.run_and_route().await;
    let said = [("x-forwarded-for", "6.6.6.6, 9.9.9.9"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "shop")];
    let reply = bench.http.get_with("/", &said).await;
    let seen = |name| reply.seen(name).unwrap_or_default();
    assert_eq!(
        (seen("x-forwarded-for").as_str(), seen("x-real-ip").as_str()),
        ("6.6.6.6, 9.9.9.9, 127.0.0.1", "9.9.9.9")
    );
    assert_eq!((seen("x-forwarded-proto").as_str(), seen("x-forwarded-host").as_str()), ("https", "shop"));
    assert!(reply.header("set-cookie").ends_with("; Secure"));
}

#[tokio::test]
async fn http_2_with_prior_knowledge() {
    let bench = Bench::new().await;
    bench.run_and_route().await;
    let http = Http::two(bench.http.address);
    let replies = futures_util::future::join_all((0..20).map(|_| http.get("/slow/50"))).await;
    assert!(replies.iter().all(|reply| reply.status == 200 && reply.name() == "shop-1-1"));
    assert_eq!(replies[0].seen("host"), Some(bench.http.address.to_string()));
    assert_eq!(http.send("POST", "/echo", &[], "hello").await.unwrap().text(), "hello");
}
