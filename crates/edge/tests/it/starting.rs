//! What keeps an edge from starting, and the words for it.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use edge::{Error, Options};
use exec::Launcher;

fn options(data: &Path, system: &str, product: &str) -> Options {
    Options {
        data: data.to_owned(),
        system_listen: system.parse().unwrap(),
        product_listen: product.parse().unwrap(),
        behind_proxy: Vec::new(),
        launcher: Launcher::beside_tests(),
    }
}

/// What an extension opens belongs to the one edge of a folder: none is made for an edge that does not come up.
fn never() -> Result<Arc<dyn edge::Extension>, Box<dyn std::error::Error + Send + Sync>> {
    panic!("an extension was made for an edge that does not come up")
}

#[tokio::test]
async fn tokens_do_not_cross_a_network_in_clear_text() {
    let data = tempfile::tempdir().unwrap();
    let refused = edge::serve(options(data.path(), "0.0.0.0:0", "127.0.0.1:0"), never).await.unwrap_err();
    assert!(matches!(refused, Error::PlainSystemAddress { .. }), "{refused}");
}

#[tokio::test]
async fn an_address_that_is_taken_is_named_with_its_flag() {
    let data = tempfile::tempdir().unwrap();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken: SocketAddr = other.local_addr().unwrap();
    let refused =
        edge::serve(options(data.path(), "127.0.0.1:0", &taken.to_string()), never).await.unwrap_err().to_string();
    let expected = format!(
        "product address {taken} is in use by another program; stop that program or choose another address with --product-listen"
    );
    assert_eq!(refused, expected);
}

#[tokio::test]
async fn state_that_cannot_be_read_is_not_guessed() {
    let data = tempfile::tempdir().unwrap();
    let state = data.path().join("edge/state.json");
    std::fs::create_dir(data.path().join("edge")).unwrap();
    let newer = r#"{"format":2,"system_address":"127.0.0.1:1","product_address":"127.0.0.1:2","routes":{"generation":1,"services":[]}}"#;
    for (text, expected) in [("{", "damaged"), (newer, "newer release")] {
        std::fs::write(&state, text).unwrap();
        let refused =
            edge::serve(options(data.path(), "127.0.0.1:0", "127.0.0.1:0"), never).await.unwrap_err().to_string();
        assert!(refused.contains(expected) && refused.contains("state.json"), "{refused}");
        assert_eq!(std::fs::read_to_string(&state).unwrap(), text, "it is left for a person to look at");
    }
}
