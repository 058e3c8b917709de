//! Services, functions and their hosts from outside.

mod calls;
mod functions;
mod really;
mod services;
