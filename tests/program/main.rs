//! The real program as a child process: start, stop, command line, crashes, HTTP as clients really
//! send it.
#![cfg(test)]

mod command_line;
mod crash;
mod operations;
mod refusals;
mod rtm;
mod settings;
mod site;
mod start;
mod stop;
mod wire;
