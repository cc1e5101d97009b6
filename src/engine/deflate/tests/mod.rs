mod codec;
mod negotiation;

use super::*;
