//! The HTTP client against servers of this process.

mod answers;
mod failures;
mod limits;
mod origin;
mod proxies;
mod redirects;
mod tls;

use bytes::Bytes;
use ferry::engine::http::{Client, ClientOptions, HttpError, Request, RequestOptions, Response};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use self::origin::{Origin, Seen};
use crate::harness::{PATIENCE, fixture};

/// Times that no test runs into by accident.
fn options() -> ClientOptions {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(fixture("ca.pem")).unwrap())
        .unwrap();
    ClientOptions {
        connect_timeout: PATIENCE,
        request: request_options(),
        roots,
        ..ClientOptions::default()
    }
}

fn request_options() -> RequestOptions {
    RequestOptions {
        timeout: Some(PATIENCE),
        ..RequestOptions::default()
    }
}

fn client() -> Client {
    Client::new(options()).unwrap()
}

fn request(client: &Client, method: &str, url: &str, fields: &[(&str, &str)], body: &str) -> Request {
    let fields = fields.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
    let body = Bytes::copy_from_slice(body.as_bytes());
    let options = client.options();
    Request::new(
        options,
        method.as_bytes(),
        url.as_bytes(),
        fields,
        body,
        options.request.clone(),
    )
    .unwrap()
}

async fn get(client: &Client, url: &str) -> Result<(Response, Bytes), HttpError> {
    client.fetch(request(client, "GET", url, &[], "")).await
}
