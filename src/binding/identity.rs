//! The class `Ferry\Identity`.
#![allow(non_snake_case, reason = "arguments have the names that PHP shows")]

use ext_php_rs::convert::{FromZval, IntoZval};
use ext_php_rs::exception::PhpResult;
use ext_php_rs::ffi::zend_execute_data;
use ext_php_rs::flags::{ClassFlags, DataType};
use ext_php_rs::prelude::*;
use ext_php_rs::types::{ZendClassObject, ZendHashTable, Zval};

use crate::engine::auth::jwt::VerifiedToken;
use crate::engine::auth::secret::REDACTED;

use super::args::Options;
use super::convert::{self, ArrayValue, StringValue};
use super::{exception, object, zend};

/// Who a connection belongs to: identifiers only, never entities.
#[php_class]
#[php(name = "Ferry\\Identity")]
#[php(flags = ClassFlags::Final)]
pub struct Identity {
    user: Zval,
    roles: Zval,
    claims: Zval,
    token: Option<String>,
    expires_at: Option<i64>,
    /// When the connection closes: the expiry with the verifier's leeway.
    valid_until: Option<i64>,
}

#[php_impl]
impl Identity {
    #[php(defaults(roles = (), claims = ()))]
    pub fn __construct(
        userIdentifier: String,
        roles: Options<'_>,
        claims: Options<'_>,
        token: Option<String>,
        expiresAt: Option<i64>,
    ) -> PhpResult<Self> {
        let list = roles.0.map_or_else(Zval::new_array, Zval::shallow_clone);
        for role in list.array().into_iter().flat_map(ZendHashTable::values) {
            if !role.dereference().is_string() {
                let given = convert::type_name(role);
                return Err(exception::invalid_argument(format!(
                    "Argument $roles must hold strings, {given} given"
                )));
            }
        }
        Ok(Self {
            user: convert::string(userIdentifier),
            roles: list,
            claims: claims.0.map_or_else(Zval::new_array, Zval::shallow_clone),
            token,
            expires_at: expiresAt,
            valid_until: expiresAt,
        })
    }

    #[php(getter, name = "userIdentifier")]
    pub fn get_user_identifier(&self) -> StringValue {
        StringValue(self.user.shallow_clone())
    }

    #[php(getter, name = "roles")]
    pub fn get_roles(&self) -> ArrayValue {
        ArrayValue(self.roles.shallow_clone())
    }

    #[php(getter, name = "claims")]
    pub fn get_claims(&self) -> ArrayValue {
        ArrayValue(self.claims.shallow_clone())
    }

    #[php(getter, name = "token")]
    pub fn get_token(&self) -> Option<String> {
        self.token.clone()
    }

    #[php(getter, name = "expiresAt")]
    pub fn get_expires_at(&self) -> Option<i64> {
        self.expires_at
    }

    #[php(name = "__debugInfo")]
    pub fn debug_info(&self) -> PhpResult<ArrayValue> {
        let mut table = ZendHashTable::new();
        table.insert("userIdentifier", self.user.shallow_clone())?;
        table.insert("roles", self.roles.shallow_clone())?;
        table.insert("claims", self.claims.shallow_clone())?;
        table.insert("token", self.token.as_ref().map(|_| REDACTED))?;
        table.insert("expiresAt", self.expires_at)?;
        Ok(ArrayValue(convert::array(table)))
    }
}

impl object::Redacted for Identity {
    fn redacted(&self) -> PhpResult<Zval> {
        self.debug_info().map(|table| table.0)
    }
}

impl Identity {
    /// The identity a verified token gives.
    pub fn from_token(verified: &VerifiedToken, token: Option<String>) -> PhpResult<Self> {
        let mut roles = ZendHashTable::new();
        for role in &verified.roles {
            roles.push(role.as_str())?;
        }
        Ok(Self {
            user: convert::string(verified.user_identifier.as_deref().unwrap_or_default()),
            roles: convert::array(roles),
            claims: convert::json_object(&verified.claims)?,
            token,
            expires_at: verified.expires_at,
            valid_until: verified.valid_until,
        })
    }

    pub fn into_value(self) -> PhpResult<Zval> {
        let mut value = Zval::new();
        ZendClassObject::new(self).set_zval(&mut value, false)?;
        Ok(value)
    }
}

/// An existing identity object on its way to PHP.
pub struct IdentityObject(pub Zval);

/// The same, or null.
pub struct IdentityOrNull(pub Zval);

impl IntoZval for IdentityObject {
    const TYPE: DataType = DataType::object("Ferry\\Identity");
    const NULLABLE: bool = false;

    fn set_zval(self, value: &mut Zval, _: bool) -> ext_php_rs::error::Result<()> {
        *value = self.0;
        Ok(())
    }
}

impl IntoZval for IdentityOrNull {
    const TYPE: DataType = DataType::object("Ferry\\Identity");
    const NULLABLE: bool = true;

    fn set_zval(self, value: &mut Zval, _: bool) -> ext_php_rs::error::Result<()> {
        *value = self.0;
        Ok(())
    }
}

/// The object behind a value, if it is an identity.
pub fn of(value: &Zval) -> Option<&Identity> {
    <&ZendClassObject<Identity>>::from_zval(value).map(|object| &**object)
}

/// When a connection with this identity must close.
pub fn expiry(value: &Zval) -> Option<i64> {
    of(value).and_then(|identity| identity.valid_until)
}

/// Whose connection it is; an empty identifier names nobody.
pub fn user(value: &Zval) -> Option<Box<str>> {
    let user = of(value)?.user.str()?;
    (!user.is_empty()).then(|| user.into())
}

pub fn claims(value: &Zval) -> Option<Zval> {
    of(value).map(|identity| identity.claims.shallow_clone())
}

/// The collector must see the arrays: an application may put a cycle into the claims.
pub unsafe extern "C" fn get_gc(
    object: *mut ext_php_rs::types::ZendObject,
    table: *mut *mut Zval,
    n: *mut std::ffi::c_int,
) -> *mut ZendHashTable {
    // SAFETY: called by the collector for an object of this class.
    unsafe {
        let identity = ZendClassObject::<Identity>::from_zend_obj(&*object);
        zend::collect(object, table, n, |buffer| {
            if let Some(identity) = identity {
                buffer.add(&identity.roles);
                buffer.add(&identity.claims);
            }
        })
    }
}

static CONSTRUCTOR: std::sync::OnceLock<object::Handler> = std::sync::OnceLock::new();

unsafe extern "C" fn construct(frame: *mut zend_execute_data, result: *mut Zval) {
    // SAFETY: called by the engine as the constructor of this class.
    unsafe { object::construct::<Identity>(&CONSTRUCTOR, frame, result) };
}

/// Before any object exists.
pub fn construct_once() {
    object::construct_once::<Identity>(&CONSTRUCTOR, construct);
}
