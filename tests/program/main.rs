//! The real program as a child process: start, command line, crashes, HTTP as clients really send it.

mod start;
