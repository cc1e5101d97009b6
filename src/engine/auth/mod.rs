//! Who may connect: tokens, origins, addresses.
