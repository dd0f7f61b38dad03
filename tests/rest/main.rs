//! The REST surface over real sockets, against a server inside the test whose clock is moved by hand.

mod smoke;
